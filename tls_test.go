package jsonrpc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// An authority is a certificate authority of the test's own.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	made := a.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	a.cert, a.key = made.Leaf, made.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

// issue signs a certificate: by itself if the authority has none yet.
func (a *authority) issue(template *x509.Certificate) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// server returns a certificate for a server with the given names.
func (a *authority) server(names ...string) tls.Certificate {
	template := &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	return a.issue(template)
}

// client returns a certificate for a client.
func (a *authority) client(name string) tls.Certificate {
	return a.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

// writePEM writes certificate and key to a file.
func writePEM(t *testing.T, cert tls.Certificate) string {
	t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	path := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func serveTLS(t *testing.T, config *tls.Config) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			who = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		answer(w, r, `"`+who+`"`)
	}))
	s.TLS = config
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail on purpose
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestTLS(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	server := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.server("127.0.0.1")}})
	elsewhere := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.server("pets.example")}})
	guarded := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.server("127.0.0.1")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool()})
	old := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.server("127.0.0.1")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool(), MaxVersion: tls.VersionTLS12})
	plain := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, r, "1") })
	mallory := writePEM(t, ca.client("mallory"))

	type opts = []jsonrpc.DialOption
	tests := map[string]struct {
		url  string
		opts opts
		want string // a part of the error, or the name the server saw
	}{
		"a CA from a file":          {server.URL, opts{jsonrpc.WithCAFile(writePEM(t, tls.Certificate{Certificate: [][]byte{ca.cert.Raw}, PrivateKey: ca.key}))}, "=nobody"},
		"a CA pool":                 {server.URL, opts{jsonrpc.WithCAPool(ca.pool())}, "=nobody"},
		"a configuration":           {server.URL, opts{jsonrpc.WithTLSConfig(&tls.Config{RootCAs: ca.pool()})}, "=nobody"},
		"insecure on purpose":       {elsewhere.URL, opts{jsonrpc.WithInsecureSkipVerify()}, "=nobody"},
		"the system's CAs":          {server.URL, nil, "certificate signed by unknown authority"},
		"another CA":                {server.URL, opts{jsonrpc.WithCAPool(other.pool())}, "certificate signed by unknown authority"},
		"another name":              {elsewhere.URL, opts{jsonrpc.WithCAPool(ca.pool())}, "x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs"},
		"the name expected":         {elsewhere.URL, opts{jsonrpc.WithCAPool(ca.pool()), jsonrpc.WithServerName("pets.example")}, "=nobody"},
		"a name not expected":       {server.URL, opts{jsonrpc.WithCAPool(ca.pool()), jsonrpc.WithServerName("pets.example")}, "x509: certificate is not valid for any names, but wanted to match pets.example"},
		"a client certificate":      {guarded.URL, opts{jsonrpc.WithCAPool(ca.pool()), jsonrpc.WithClientCertificate(ca.client("alice"))}, "=alice"},
		"one from a file":           {guarded.URL, opts{jsonrpc.WithCAPool(ca.pool()), jsonrpc.WithClientCert(mallory, mallory)}, "=mallory"},
		"none":                      {guarded.URL, opts{jsonrpc.WithCAPool(ca.pool())}, "connect: remote error: tls: certificate required"},
		"one of another CA":         {guarded.URL, opts{jsonrpc.WithCAPool(ca.pool()), jsonrpc.WithClientCertificate(other.client("eve"))}, "connect: remote error: tls: "},
		"none with TLS 1.2":         {old.URL, opts{jsonrpc.WithCAPool(ca.pool())}, "connect: remote error: tls: "},
		"https to a plain server":   {strings.Replace(plain.URL, "http:", "https:", 1), nil, "connect: "},
		"plain to an https server":  {strings.Replace(server.URL, "https:", "http:", 1), nil, "the server answered 400 Bad Request: Client sent an HTTP request to an HTTPS server."},
		"a version that is too old": {old.URL, opts{jsonrpc.WithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS13, RootCAs: ca.pool()})}, "connect: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client := dial(t, test.url, test.opts...)
			for range 2 { // a refusal stays one
				who, err := jsonrpc.Call[string](t.Context(), client, "whoami", nil)
				if want, ok := strings.CutPrefix(test.want, "="); ok {
					if err != nil || who != want {
						t.Errorf("%q, %v", who, err)
					}
					continue
				}
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("%v\nwant %s", err, test.want)
				}
				if strings.HasPrefix(test.url, "https:") && as[*transport.Error](t, err).Op != "connect" {
					t.Errorf("%v", err)
				}
			}
		})
	}
}

func TestOptionsDoNotChangeTheUsersTLSConfig(t *testing.T) {
	config := &tls.Config{}
	dial(t, "https://localhost", jsonrpc.WithTLSConfig(config), jsonrpc.WithInsecureSkipVerify(), jsonrpc.WithServerName("a"))
	if config.InsecureSkipVerify || config.ServerName != "" {
		t.Errorf("changed: %v %q", config.InsecureSkipVerify, config.ServerName)
	}
}
