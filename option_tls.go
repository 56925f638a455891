package jsonrpc

import (
	"crypto/tls"
	"crypto/x509"
)

// WithTLSConfig uses a copy of config for TLS. Options after it change the copy.
func WithTLSConfig(config *tls.Config) DialOption {
	return dialOnly(func(d *dialSettings) { d.tlsConfig, d.files = config.Clone(), certificateFiles{} })
}

// WithCAFile trusts the certificate authorities in a PEM file, and no others. A
// file that changes is read again, for the connections made from then on.
func WithCAFile(path string) DialOption {
	return dialOnly(func(d *dialSettings) {
		pool, err := loadCA(path)
		if err != nil {
			d.fail("%v", err)
			return
		}
		d.tls().RootCAs, d.files.ca = pool, path
	})
}

// WithCAPool trusts the certificate authorities in pool, and no others.
func WithCAPool(pool *x509.CertPool) DialOption {
	return dialOnly(func(d *dialSettings) { d.tls().RootCAs, d.files.ca = pool, "" })
}

// WithClientCert shows the certificate in a PEM file to the server, with the key
// in another, or in the same. Files that change are read again, for the
// connections made from then on, so that certificates may be short-lived.
func WithClientCert(certFile, keyFile string) DialOption {
	return dialOnly(func(d *dialSettings) {
		cert, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			d.fail("cannot load the client certificate: %v", err)
			return
		}
		d.tls().Certificates, d.files.cert, d.files.key = []tls.Certificate{cert}, certFile, keyFile
	})
}

// WithClientCertificate shows the certificate to the server.
func WithClientCertificate(cert tls.Certificate) DialOption {
	return dialOnly(func(d *dialSettings) {
		d.tls().Certificates, d.files.cert, d.files.key = []tls.Certificate{cert}, "", ""
	})
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
