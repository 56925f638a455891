package cli

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/jsonrpc/jsonrpctest/demo"
)

// arrivals holds, for each script that runs, a channel that gets a value for each
// request that its newest server gets.
var arrivals sync.Map // *testscript.TestScript → chan struct{}

// silent drops what servers log, of refused certificates above all.
var silent = log.New(io.Discard, "", 0)

// await waits until the newest server has got a request.
func await(ts *testscript.TestScript, _ bool, _ []string) {
	requests, ok := arrivals.Load(ts)
	if !ok {
		ts.Fatalf("await: no server runs")
	}
	select {
	case <-requests.(chan struct{}):
	case <-time.After(30 * time.Second):
		ts.Fatalf("await: no request has arrived")
	}
}

// serve starts a server over a real socket until the script ends:
//
//	serve demo              the demo server
//	serve mirror            a result with the request's headers and body
//	serve reply FILE        the file, as the body of a reply
//	serve status CODE TYPE FILE  the same with another status and content type
//	serve hostile           results, errors and pages full of control characters
//	serve silent            no reply, ever
//	serve cut               half a reply, and an end to the connection
//	serve auth              401, unless the user is tom and the password jerry-1940
//	serve guard KIND        credentials that last, see authservers_test.go
//	serve flaky N           503 as often as that, and then demo
//	serve redirect URL      a redirect
//	serve proxy             an HTTP proxy that calls nobody else than itself
//	serve tls | tls-client  demo over TLS, with ca.pem, client.pem and client-key.pem
//	serve twice             each answer twice, the second unasked for
//	serve gzip              a body that says it is gzip and is not
//	serve stream KIND [FRAMING]  a peer (see there) on tcp, tls, tls-client, unix, ws, wss,
//	                        or ws-auth: as auth
//	serve zmq               demo on a ZeroMQ REP socket
//	serve nats              demo behind a subject of a NATS server, and ticks on events
//	serve closed            a port at which nobody listens
func serve(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: serve KIND [ARGUMENT…]")
	}
	switch args[0] {
	case "closed":
		ts.Setenv("URL", "http://127.0.0.1:1") // tcpmux is long out of use
		return
	case "stream":
		serveStream(ts, args[1:])
		return
	case "twice":
		serveTwice(ts)
		return
	case "zmq":
		serveZMQ(ts)
		return
	case "nats":
		serveNATS(ts)
		return
	}
	requests := make(chan struct{}, 100)
	handler := handlerOf(ts, args)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- struct{}{}
		handler.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = silent
	arrivals.Store(ts, requests)
	switch args[0] {
	case "tls", "tls-client":
		server.TLS = newAuthority(ts).config(args[0] == "tls-client")
		server.StartTLS()
	default:
		server.Start()
	}
	ts.Defer(func() {
		server.CloseClientConnections() // of the silent server, too
		server.Close()
		arrivals.Delete(ts)
	})
	ts.Setenv("URL", server.URL)
	ts.Setenv("HOST", server.Listener.Addr().String())
}

func handlerOf(ts *testscript.TestScript, args []string) http.Handler {
	arg := func(i int) string {
		if i >= len(args) {
			ts.Fatalf("serve %s: arguments are missing", args[0])
		}
		return args[i]
	}
	switch args[0] {
	case "demo", "tls", "tls-client":
		return demo.New()
	case "mirror":
		return http.HandlerFunc(mirror)
	case "reply":
		return fixed(http.StatusOK, "application/json", ts.ReadFile(arg(1)))
	case "gzip":
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "this is no gzip at all")
		})
	case "status":
		status, err := strconv.Atoi(arg(1))
		ts.Check(err)
		return fixed(status, arg(2), ts.ReadFile(arg(3)))
	case "hostile":
		return http.HandlerFunc(hostile)
	case "silent":
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then is a lost client noticed
			<-r.Context().Done()
		})
	case "cut":
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"jsonrpc":"2.0","result":`)
			panic(http.ErrAbortHandler)
		})
	case "auth":
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, password, _ := r.BasicAuth(); user != "tom" || password != "jerry-1940" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			demo.New().ServeHTTP(w, r)
		})
	case "guard":
		return guard(ts, args[1:])
	case "flaky":
		left, err := strconv.Atoi(arg(1))
		ts.Check(err)
		var refused atomic.Int64
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if refused.Add(1) <= int64(left) {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			demo.New().ServeHTTP(w, r)
		})
	case "redirect":
		return http.RedirectHandler(arg(1), http.StatusTemporaryRedirect)
	case "proxy":
		return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.Header.Set("Via", "1.1 proxy")
		}}
	}
	ts.Fatalf("serve: unknown kind %q", args[0])
	return nil
}

func fixed(status int, contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// mirror answers with what came.
func mirror(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var request struct {
		ID json.RawMessage `json:"id"`
	}
	_ = json.Unmarshal(body, &request)
	w.Header().Set("Set-Cookie", "session=cookie-monster")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"jsonrpc": "2.0", "id": request.ID,
		"result": map[string]any{"header": r.Header, "body": string(body), "path": r.URL.RequestURI()},
	})
}

// hostile answers with what would take over a terminal: ESC and BEL as escapes
// of JSON, and as themselves DEL, the C1 form of ESC [, and a change of direction.
func hostile(w http.ResponseWriter, r *http.Request) {
	const evil = "\x7f\u009b2J\u202egnp.exe"
	var request struct {
		Method string `json:"method"`
	}
	_ = json.NewDecoder(r.Body).Decode(&request)
	w.Header().Set("Server", "\u009b2J\u202e") // net/http refuses the others in a header
	switch request.Method {
	case "result":
		fmt.Fprintf(w, `{"jsonrpc":"2.0","result":"\u001b]0;owned\u0007%s","id":1}`, evil)
	case "error":
		fmt.Fprintf(w, `{"jsonrpc":"2.0","error":{"code":1,"message":"\u001b]0;owned\u0007%s","data":"%s"},"id":1}`, evil, evil)
	default:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintf(w, "<title>\x1b]0;owned\x07%s</title>", evil)
	}
}

// serveTwice answers each request of HTTP with two responses, as snapserver
// does some.
func serveTwice(ts *testscript.TestScript) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv("URL", "http://"+l.Addr().String())
	const body = `{"jsonrpc":"2.0","result":"twice \u001b","id":1}`
	response := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	go accept(l, func(conn net.Conn) {
		defer conn.Close()
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(conn, response+response)
		_, _ = io.Copy(io.Discard, conn) // until the client has gone
	})
}

// An authority signs the certificates of one script.
type authority struct {
	ts   *testscript.TestScript
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newAuthority makes one, and writes ca.pem, client.pem and client-key.pem.
func newAuthority(ts *testscript.TestScript) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	ts.Check(err)
	cert, err := x509.ParseCertificate(der)
	ts.Check(err)
	a := &authority{ts, cert, key}
	a.writePEM("ca.pem", "CERTIFICATE", der)
	client := a.sign("a client")
	a.writePEM("client.pem", "CERTIFICATE", client.Certificate[0])
	keyDER, err := x509.MarshalPKCS8PrivateKey(client.PrivateKey)
	ts.Check(err)
	a.writePEM("client-key.pem", "PRIVATE KEY", keyDER)
	return a
}

func (a *authority) writePEM(name, kind string, der []byte) {
	a.ts.Check(os.WriteFile(a.ts.MkAbs(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

// sign returns a certificate for pets.test, but not for 127.0.0.1, if name is
// that of a server.
func (a *authority) sign(name string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames:    []string{"pets.test"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	a.ts.Check(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) config(wantsClient bool) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{a.sign("pets.test")}}
	if wantsClient {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AddCert(a.cert)
	}
	return config
}
