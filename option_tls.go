package jsonrpc

import (
	"crypto/tls"
	"crypto/x509"
	"os"
)

// WithTLSConfig uses a copy of config for TLS. Options after it change the copy.
func WithTLSConfig(config *tls.Config) DialOption {
	return dialOnly(func(d *dialSettings) { d.tlsConfig = config.Clone() })
}

// WithCAFile trusts the certificate authorities in a PEM file, and no others.
func WithCAFile(path string) DialOption {
	return dialOnly(func(d *dialSettings) {
		pem, err := os.ReadFile(path)
		if err != nil {
			d.fail("cannot read the CA file: %v", err)
			return
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			d.fail("the CA file %s holds no certificate in PEM form", path)
			return
		}
		d.tls().RootCAs = pool
	})
}

// WithCAPool trusts the certificate authorities in pool, and no others.
func WithCAPool(pool *x509.CertPool) DialOption {
	return dialOnly(func(d *dialSettings) { d.tls().RootCAs = pool })
}

// WithClientCert shows the certificate in a PEM file to the server, with the key
// in another, or in the same.
func WithClientCert(certFile, keyFile string) DialOption {
	return dialOnly(func(d *dialSettings) {
		cert, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			d.fail("cannot load the client certificate: %v", err)
			return
		}
		d.tls().Certificates = []tls.Certificate{cert}
	})
}

// WithClientCertificate shows the certificate to the server.
func WithClientCertificate(cert tls.Certificate) DialOption {
	return dialOnly(func(d *dialSettings) { d.tls().Certificates = []tls.Certificate{cert} })
}

// WithServerName expects the server's certificate to be for name, whatever the
// host in the URL.
func WithServerName(name string) DialOption {
	return dialOnly(func(d *dialSettings) { d.tls().ServerName = name })
}

// WithInsecureSkipVerify accepts any certificate of the server's: anybody on the
// way can read and change everything. It is for tests.
func WithInsecureSkipVerify() DialOption {
	return dialOnly(func(d *dialSettings) { d.tls().InsecureSkipVerify = true })
}

// tls returns the TLS configuration to be changed.
func (d *dialSettings) tls() *tls.Config {
	if d.tlsConfig == nil {
		d.tlsConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return d.tlsConfig
}
