package jsonrpc_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A proxy forwards plain HTTP and tunnels CONNECT, if the password is right.
type proxy struct {
	mu   sync.Mutex // for seen
	seen []string
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.seen = append(p.seen, r.Method+" "+r.Header.Get("Proxy-Authorization"))
	p.mu.Unlock()
	if r.Header.Get("Proxy-Authorization") != "Basic dXNlcjpodW50ZXIy" { // user:hunter2
		w.Header().Set("Proxy-Authenticate", "Basic")
		http.Error(w, "who are you?", http.StatusProxyAuthRequired)
		return
	}
	if r.Method == http.MethodConnect {
		p.tunnel(w, r)
		return
	}
	out := r.Clone(r.Context())
	out.RequestURI = ""
	out.Header.Del("Proxy-Authorization")
	resp, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

func (p *proxy) tunnel(w http.ResponseWriter, r *http.Request) {
	to, err := net.Dial("tcp", r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusOK)
	from, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = to.Close()
		return
	}
	go func() {
		_, _ = io.Copy(to, buffered)
		_ = to.Close()
	}()
	_, _ = io.Copy(from, to)
	_ = from.Close()
}

func TestProxy(t *testing.T) {
	ca := newAuthority(t)
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "" {
			t.Error("the proxy's password reached the server")
		}
		answer(w, r, `"pong"`)
	}
	plain := serve(t, handler)
	secure := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.server("127.0.0.1")}})
	secure.Config.Handler = http.HandlerFunc(handler)
	p := &proxy{}
	through := serve(t, p.ServeHTTP)
	with := func(user string) jsonrpc.DialOption {
		return jsonrpc.WithProxy(strings.Replace(through.URL, "//", "//"+user, 1))
	}
	for _, test := range []struct{ url, user, seen, want string }{
		{plain.URL, "user:hunter2@", "POST Basic dXNlcjpodW50ZXIy", ""},
		{secure.URL, "user:hunter2@", "CONNECT Basic dXNlcjpodW50ZXIy", ""},
		{plain.URL, "", "POST ", "the server answered 407 text/plain: who are you?"},
		{secure.URL, "", "CONNECT ", "connect: the proxy answered 407 Proxy Authentication Required"},
		{secure.URL, "user:wrong@", "CONNECT Basic dXNlcjp3cm9uZw==", "connect: the proxy answered 407 Proxy Authentication Required"},
	} {
		t.Run(fmt.Sprintf("%.6s%s", test.url, test.user), func(t *testing.T) {
			p.seen = nil
			client := dial(t, test.url, with(test.user), jsonrpc.WithCAPool(ca.pool()))
			pong, err := jsonrpc.Call[string](t.Context(), client, "ping", nil)
			if strings.Join(p.seen, ", ") != test.seen {
				t.Errorf("the proxy saw %q", p.seen)
			}
			if test.want == "" {
				if err != nil || pong != "pong" {
					t.Error(pong, err)
				}
				return
			}
			wantError(t, err, "jsonrpc: ping at "+test.url+": "+test.want)
			if strings.HasPrefix(test.want, "connect: ") && jsonrpc.MaybeSent(err) {
				t.Error("it cannot have been sent")
			}
		})
	}
}

func TestProxyThatIsNotThere(t *testing.T) {
	client := dial(t, "http://pets.example", jsonrpc.WithProxy("http://user:hunter2@"+nobodyListens(t)))
	err := client.Call(t.Context(), "ping", nil, nil)
	if as[*transport.Error](t, err).Op != "connect" || jsonrpc.MaybeSent(err) || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
}

// nobodyListens returns an address where connections are refused.
func nobodyListens(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	return l.Addr().String()
}
