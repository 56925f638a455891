package jsonrpc_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// zone is a Resolver with records of its own.
type zone struct {
	mu        sync.Mutex // for what follows
	addresses []string
	records   []*net.SRV
	err       error
	asked     []string
}

func (z *zone) LookupNetIP(_ context.Context, network, host string) (all []netip.Addr, err error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked = append(z.asked, network+" "+host)
	for _, a := range z.addresses {
		all = append(all, netip.MustParseAddr(a))
	}
	return all, z.err
}

func (z *zone) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked = append(z.asked, service+proto+"SRV "+name)
	return name, z.records, z.err
}

func (z *zone) set(err error, addresses ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.err, z.addresses = err, addresses
}

// names are those of the pool's endpoints.
func names(p *jsonrpc.Pool) string {
	var all []string
	for _, s := range p.Stats() {
		if s.State != jsonrpc.EndpointLeaving {
			all = append(all, s.Name)
		}
	}
	return strings.Join(all, ", ")
}

// A name is looked up again at the interval. A failure changes nothing, and is reported.
func TestPoolDNS(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		z, errs := &zone{}, &tray{}
		z.set(nil, "10.0.0.2", "10.0.0.1", "::ffff:10.0.0.1", "fd00::1")
		source := jsonrpc.DNS("http://pets.internal/rpc?key=k3y1234", &jsonrpc.DNSOptions{Resolver: z, Network: "ip4", Interval: time.Minute})
		p := newPool(t, source, jsonrpc.WithStreamErrors(errs.put))
		const first = "http://pets.internal/rpc (10.0.0.1:80), http://pets.internal/rpc (10.0.0.2:80), http://pets.internal/rpc ([fd00::1]:80)"
		wantText(t, "endpoints", names(p), first)
		z.set(&net.DNSError{Err: "server misbehaving", Name: "pets.internal"}, "10.0.0.9")
		time.Sleep(time.Minute)
		errs.want(t, "the endpoints of the pool: lookup pets.internal: server misbehaving")
		wantText(t, "endpoints", names(p), first)
		z.set(nil)
		time.Sleep(time.Second)
		errs.mu.Lock()
		if n := len(errs.errs); n == 0 || !strings.Contains(errs.errs[n-1].Error(), "lookup pets.internal: no addresses") {
			t.Errorf("reported: %v", errs.errs)
		}
		errs.mu.Unlock()
		wantText(t, "endpoints", names(p), first)
		z.set(nil, "10.0.0.2", "10.0.0.3")
		time.Sleep(time.Minute)
		synctest.Wait()
		wantText(t, "endpoints", names(p), "http://pets.internal/rpc (10.0.0.2:80), http://pets.internal/rpc (10.0.0.3:80)")
		if z.asked[0] != "ip4 pets.internal" {
			t.Errorf("asked for %q", z.asked)
		}
	})
}

func TestPoolDNSRefuses(t *testing.T) {
	z := &zone{addresses: []string{"10.0.0.1"}}
	for name, test := range map[string]struct {
		source func(string, *jsonrpc.DNSOptions) jsonrpc.Source
		url    string
		want   string
	}{
		"no port": {jsonrpc.DNS, "tcp://pets.internal", "the URL must have the form tcp://NAME:PORT"},
		"no name": {jsonrpc.DNS, "http:///rpc", "the URL to look up must have the form SCHEME://NAME…"},
		"no URL":  {jsonrpc.DNS, "http://%zz", "the URL to look up must have the form SCHEME://NAME…"},
		"a port":  {jsonrpc.SRV, "http://_rpc._tcp.pets.internal:80", "the URL of SRV records has no port: the records tell it"},
		"exec":    {jsonrpc.DNS, "exec://pets.internal:80", "an address to connect to has no effect on exec"},
		"no addresses": {func(u string, _ *jsonrpc.DNSOptions) jsonrpc.Source {
			return jsonrpc.DNS(u, &jsonrpc.DNSOptions{Resolver: &zone{}})
		}, "http://pets.internal", "lookup pets.internal: no addresses"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := jsonrpc.NewPool(t.Context(), test.source(test.url, &jsonrpc.DNSOptions{Resolver: z}))
			if err == nil || !strings.HasSuffix(err.Error(), test.want) {
				t.Errorf("%v\nwant %s", err, test.want)
			}
		})
	}
}

// SRV records tell ports, priorities and weights.
func TestPoolSRV(t *testing.T) {
	z := &zone{records: []*net.SRV{
		{Target: "a.internal.", Port: 81, Priority: 10, Weight: 60}, {Target: "b.internal.", Port: 82, Priority: 10}, {Target: "c.internal.", Port: 83, Priority: 20, Weight: 1}, {Target: "."},
	}}
	p := newPool(t, jsonrpc.SRV("ws://_rpc._tcp.pets.internal/rpc", &jsonrpc.DNSOptions{Resolver: z}))
	wantText(t, "endpoints", names(p), "ws://pets.internal:81/rpc (a.internal:81), ws://pets.internal:82/rpc (b.internal:82), ws://pets.internal:83/rpc (c.internal:83)")
	stats := p.Stats()
	if stats[0].Priority != 10 || stats[2].Priority != 20 || stats[0].Weight != 60 || stats[1].Weight != 1 {
		t.Errorf("%+v", stats)
	}
	if z.asked[0] != "SRV _rpc._tcp.pets.internal" {
		t.Errorf("asked for %q", z.asked)
	}
	p = newPool(t, jsonrpc.SRV("https://_rpc._tcp.pets.internal", &jsonrpc.DNSOptions{Resolver: z, VerifyTarget: true,
		Endpoint: func(e *jsonrpc.Endpoint) { e.Priority = 0 }}))
	wantText(t, "endpoints", names(p), "https://a.internal:81, https://b.internal:82, https://c.internal:83")
	if s := p.Stats()[2]; s.Priority != 0 {
		t.Errorf("%+v", s)
	}
}

// A certificate must be for the name that was asked for, not for the address it has, nor
// for what DNS says; headers have the name.
func TestPoolDNSVerifies(t *testing.T) {
	ca := newAuthority(t)
	var hosts []string
	right := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.server("pets.internal")}})
	right.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts = append(hosts, r.Host)
		answer(w, r, `"right"`)
	})
	wrong := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.server("127.0.0.1", "localhost")}})
	trust := jsonrpc.WithCAPool(ca.pool())
	for name, test := range map[string]struct {
		server string
		opts   jsonrpc.DNSOptions
		srv    bool
		want   string
	}{
		"A":                 {server: right.URL},
		"A, another name":   {server: wrong.URL, want: "not pets.internal"},
		"SRV":               {server: right.URL, srv: true},
		"SRV, another name": {server: wrong.URL, srv: true, want: "not pets.internal"},
		"SRV, the target's": {server: wrong.URL, srv: true, opts: jsonrpc.DNSOptions{VerifyTarget: true}},
	} {
		t.Run(name, func(t *testing.T) {
			u, _ := url.Parse(test.server)
			port, _ := strconv.ParseUint(u.Port(), 10, 16)
			test.opts.Resolver = &zone{addresses: []string{"127.0.0.1"}, records: []*net.SRV{{Target: "localhost.", Port: uint16(port)}}}
			source := jsonrpc.DNS("https://pets.internal:"+u.Port(), &test.opts)
			if test.srv {
				source = jsonrpc.SRV("https://_rpc._tcp.pets.internal", &test.opts)
			}
			hosts = nil
			err := newPool(t, source, trust).Call(t.Context(), "whoami", nil, nil)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v\nwant %s", err, test.want)
			}
			if len(hosts) == 1 && hosts[0] != "pets.internal:"+u.Port() {
				t.Errorf("the host is %q", hosts)
			}
		})
	}
}

// The same for each transport that can connect to an address.
func TestWithAddress(t *testing.T) {
	ca := newAuthority(t)
	secure := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.server("pets.internal")}})
	address := strings.TrimPrefix(secure.URL, "https://")
	line, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{ca.server("pets.internal")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = line.Close() })
	go func() {
		for {
			conn, err := line.Accept()
			if err != nil {
				return
			}
			go func() {
				s := transport.NewStream(conn, nil)
				for {
					msg, err := s.Read(context.Background(), nil)
					if err != nil || s.Write(context.Background(), []byte(response(string(msg), `"line"`))) != nil {
						return
					}
				}
			}()
		}
	}()
	plain := "127.0.0.1:" + mustPort(t, serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, r, `"`+r.Host+`"`) }).URL)
	trust := jsonrpc.WithCAPool(ca.pool())
	cats := jsonrpctest.New(t)
	cats.HandleFunc("cat", func(string, int) string { return "meow" })
	at := func(scheme string) string { return strings.TrimPrefix(cats.URL(scheme), scheme+"://") }
	for name, test := range map[string]struct {
		url, address, want string
		opts               []jsonrpc.DialOption
	}{
		"http":               {"http://pets.internal/rpc", plain, "pets.internal", nil},
		"http, an option":    {"http://pets.internal/rpc", plain, "pets.internal", []jsonrpc.DialOption{jsonrpc.WithHTTPWrap(func(rt http.RoundTripper) http.RoundTripper { return rt })}},
		"https":              {"https://pets.internal", address, "nobody", []jsonrpc.DialOption{trust}},
		"https, from a file": {"https://pets.internal", address, "nobody", []jsonrpc.DialOption{jsonrpc.WithCAFile(writePEM(t, tls.Certificate{Certificate: [][]byte{ca.cert.Raw}, PrivateKey: ca.key}))}},
		"tcp":                {"tcp://pets.internal:1", at("tcp"), "meow", nil},
		"tls":                {"tls://pets.internal:1", line.Addr().String(), "line", []jsonrpc.DialOption{trust}},
		"ws":                 {"ws://pets.internal", at("ws"), "meow", nil},
	} {
		t.Run(name, func(t *testing.T) {
			client := dial(t, test.url, append(test.opts, jsonrpc.WithAddress(test.address))...)
			got, err := jsonrpc.Call[string](t.Context(), client, "cat", jsonrpc.Args{"Mittens", 3})
			if err != nil || got != test.want {
				t.Errorf("%q, %v", got, err)
			}
			wantText(t, "name", client.String(), test.url+" ("+test.address+")")
		})
	}
	for name, test := range map[string]struct {
		url  string
		opts []jsonrpc.DialOption
	}{
		"unix": {"unix:///tmp/a", nil}, "exec": {"exec:cat", nil},
		"a proxy":               {"http://a", []jsonrpc.DialOption{jsonrpc.WithProxy("http://127.0.0.1:1")}},
		"a client of one's own": {"http://a", []jsonrpc.DialOption{jsonrpc.WithHTTPTransport(http.DefaultTransport)}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := jsonrpc.Dial(t.Context(), test.url, append(test.opts, jsonrpc.WithAddress("127.0.0.1:1"))...)
			if e := (*jsonrpc.MessageError)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), "an address to connect to has no effect on") {
				t.Error(err)
			}
		})
	}
}

func mustPort(t *testing.T, rawURL string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}
