package jsonrpc_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// rotation is a pair of files, for the CA and for the client's certificate, and
// what a server must show and see while they are there.
type rotation struct {
	t        *testing.T
	ca, cert string
	server   atomic.Pointer[tls.Config]
}

func newRotation(t *testing.T) *rotation {
	dir := t.TempDir()
	r := &rotation{t: t, ca: filepath.Join(dir, "ca.pem"), cert: filepath.Join(dir, "client.pem")}
	r.rotate()
	return r
}

// rotate has another authority from now on.
func (r *rotation) rotate() {
	r.t.Helper()
	a := newAuthority(r.t)
	r.write(r.ca, tls.Certificate{Certificate: [][]byte{a.cert.Raw}, PrivateKey: a.key})
	r.write(r.cert, a.client("me"))
	r.server.Store(&tls.Config{
		Certificates: []tls.Certificate{a.server("127.0.0.1")},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: a.pool(),
	})
}

func (r *rotation) write(path string, cert tls.Certificate) {
	r.t.Helper()
	text, err := os.ReadFile(writePEM(r.t, cert))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rotation) config() *tls.Config {
	return &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return r.server.Load(), nil }}
}

// Certificates live for hours where a mesh issues them: a client that lives for
// weeks reads the files again.
func TestCertificateFilesAreReadAgain(t *testing.T) {
	handlers := jsonrpctest.Handlers{"ping": jsonrpctest.Func(func() string { return "pong" })}
	for _, wrap := range []bool{false, true} {
		r := newRotation(t)
		server := httptest.NewUnstartedServer(jsonrpctest.NewServer(handlers))
		server.TLS = r.config()
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		t.Cleanup(server.Close)
		options := []jsonrpc.DialOption{jsonrpc.WithCAFile(r.ca), jsonrpc.WithClientCert(r.cert, r.cert)}
		wrapped := 0
		if wrap {
			options = append(options, jsonrpc.WithHTTPWrap(func(rt http.RoundTripper) http.RoundTripper {
				wrapped++
				return rt
			}))
		}
		client := dial(t, server.URL, options...)
		ping := func() error { return client.Call(t.Context(), "ping", nil, nil) }
		again := func(when string) { // one call may meet the end of the old connection
			if ping() == nil {
				return
			}
			if err := ping(); err != nil {
				t.Errorf("wrapped %v, %s: %v", wrap, when, err)
			}
		}
		if err := ping(); err != nil {
			t.Fatal(err)
		}
		r.rotate()
		server.CloseClientConnections()
		again("with new files")
		if err := os.WriteFile(r.ca, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		server.CloseClientConnections()
		again("with a file that is half written")
		if want := map[bool]int{true: 1}[wrap]; wrapped != want {
			t.Errorf("wrapped %d times, want %d", wrapped, want)
		}
	}
}

func TestCertificateFilesOfAStreamAreReadAgain(t *testing.T) {
	r := newRotation(t)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", r.config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for lines := bufio.NewScanner(conn); lines.Scan() && !strings.Contains(lines.Text(), "bye"); {
					_, _ = io.WriteString(conn, response(lines.Text(), `"pong"`)+"\n")
				}
			}()
		}
	}()
	client := dial(t, "tls://"+listener.Addr().String(), jsonrpc.WithCAFile(r.ca), jsonrpc.WithClientCert(r.cert, r.cert))
	for range 3 {
		if got, err := jsonrpc.Call[string](t.Context(), client, "ping", nil); got != "pong" || err != nil {
			t.Fatal(got, err)
		}
		r.rotate()
		if err := client.Call(t.Context(), "bye", nil, nil); err == nil {
			t.Fatal("the connection was to end")
		}
	}
}

func TestHTTPOptionsOnOtherTransports(t *testing.T) {
	wrap := jsonrpc.WithHTTPWrap(func(rt http.RoundTripper) http.RoundTripper { return rt })
	for _, url := range []string{"tcp://127.0.0.1:1", "unix:///nothing", "exec:true"} {
		for name, option := range map[string]jsonrpc.DialOption{"wrap": wrap, "client": jsonrpc.WithHTTPTransport(http.DefaultTransport)} {
			if _, err := jsonrpc.Dial(t.Context(), url, option); err == nil || !strings.Contains(err.Error(), "no effect") {
				t.Errorf("%s with %s: %v", url, name, err)
			}
		}
	}
}
