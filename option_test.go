package jsonrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// TestOptionsOfAClientAndOfACall looks at the headers and the query that reach
// the server, once over HTTP and once through a transport of one's own, which
// has to send them itself.
func TestOptionsOfAClientAndOfACall(t *testing.T) {
	token := func(token string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return token, nil }
	}
	type (
		client = []jsonrpc.Option
		call   = []jsonrpc.CallOption
	)
	tests := map[string]struct {
		client client
		call   call
		want   string // name=values, or the query as ?
	}{
		"a header":              {client{jsonrpc.WithHeader("X-A", "1")}, nil, `X-A=["1"]`},
		"several times":         {client{jsonrpc.WithHeader("X-A", "1", "2")}, nil, `X-A=["1","2"]`},
		"in any case":           {client{jsonrpc.WithHeader("x-a", "1")}, call{jsonrpc.WithHeader("X-a", "2")}, `X-A=["2"]`},
		"the call's wins":       {client{jsonrpc.WithHeader("X-A", "1")}, call{jsonrpc.WithHeader("X-A", "2")}, `X-A=["2"]`},
		"they merge":            {client{jsonrpc.WithHeader("X-A", "1")}, call{jsonrpc.WithHeader("X-B", "2")}, `X-A=["1"] X-B=["2"]`},
		"a call removes one":    {client{jsonrpc.WithHeader("X-A", "1"), jsonrpc.WithHeader("X-B", "2")}, call{jsonrpc.WithHeader("X-A")}, `X-B=["2"]`},
		"a last one wins":       {client{jsonrpc.WithHeader("X-A", "1"), jsonrpc.WithHeader("X-A", "2")}, nil, `X-A=["2"]`},
		"basic":                 {client{jsonrpc.WithBasicAuth("Aladdin", "open sesame")}, nil, `Authorization=["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]`},
		"basic without a name":  {client{jsonrpc.WithBasicAuth("", "x")}, nil, `Authorization=["Basic Ong="]`},
		"bearer":                {client{jsonrpc.WithBearer(token("abc"))}, nil, `Authorization=["Bearer abc"]`},
		"bearer token":          {client{jsonrpc.WithBearerToken("abc")}, nil, `Authorization=["Bearer abc"]`},
		"bearer over basic":     {client{jsonrpc.WithBasicAuth("a", "b")}, call{jsonrpc.WithBearer(token("abc"))}, `Authorization=["Bearer abc"]`},
		"basic over bearer":     {client{jsonrpc.WithBearer(token("abc"))}, call{jsonrpc.WithBasicAuth("", "x")}, `Authorization=["Basic Ong="]`},
		"no token for one call": {client{jsonrpc.WithBearer(token("abc"))}, call{jsonrpc.WithBearer(nil)}, ``},
		"no auth for one call":  {client{jsonrpc.WithBasicAuth("a", "b")}, call{jsonrpc.WithHeader("Authorization")}, ``},
		"a cookie":              {client{jsonrpc.WithCookie("b", "2"), jsonrpc.WithCookie("a", "1")}, nil, `Cookie=["a=1; b=2"]`},
		"cookies merge":         {client{jsonrpc.WithCookie("a", "1"), jsonrpc.WithCookie("b", "2")}, call{jsonrpc.WithCookie("b", "3"), jsonrpc.WithCookie("c", "4")}, `Cookie=["a=1; b=3; c=4"]`},
		"a query":               {client{jsonrpc.WithQuery("key", "a b")}, nil, `?key=a+b`},
		"queries merge":         {client{jsonrpc.WithQuery("a", "1"), jsonrpc.WithQuery("b", "2")}, call{jsonrpc.WithQuery("b", "3", "4"), jsonrpc.WithQuery("c", "&")}, `?a=1&b=3&b=4&c=%26`},
		"a query removed":       {client{jsonrpc.WithQuery("a", "1"), jsonrpc.WithQuery("b", "2")}, call{jsonrpc.WithQuery("a")}, `?b=2`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var over []string // HTTP, then the other
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				over = append(over, describe(r.Header, r.URL.Query()))
				answer(w, r, "1")
			})
			own := tripper(func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
				over = append(over, describe(m.Header, m.Query))
				return io.NopCloser(strings.NewReader(response(string(m.Body), "1"))), nil
			})
			var dialOpts []jsonrpc.DialOption
			var clientOpts []jsonrpc.ClientOption
			for _, o := range test.client {
				dialOpts, clientOpts = append(dialOpts, o), append(clientOpts, o)
			}
			for _, c := range []*jsonrpc.Client{dial(t, server.URL, dialOpts...), newClient(t, own, clientOpts...)} {
				over = nil
				for range 2 { // options of a call do not stay
					if err := c.Call(t.Context(), "cat", nil, nil, test.call...); err != nil {
						t.Fatal(err)
					}
				}
				if len(over) != 2 || over[0] != test.want || over[1] != test.want {
					t.Errorf("sent %q, want %s", over, test.want)
				}
			}
			// And the client's own are untouched.
			over = nil
			plain := dial(t, server.URL, dialOpts...)
			_ = plain.Call(t.Context(), "cat", nil, nil)
			_ = plain.Call(t.Context(), "cat", nil, nil, test.call...)
			_ = plain.Call(t.Context(), "cat", nil, nil)
			if over[0] != over[2] {
				t.Errorf("before %s, after %s", over[0], over[2])
			}
		})
	}
}

// describe shows the headers that net/http does not add, and the query.
func describe(h http.Header, query url.Values) string {
	var all []string
	for _, name := range []string{"Authorization", "Cookie", "X-A", "X-B"} {
		if values := h[name]; len(values) > 0 {
			text, _ := json.Marshal(values)
			all = append(all, name+"="+string(text))
		}
	}
	for name, values := range query {
		if len(values) == 0 {
			delete(query, name)
		}
	}
	if len(query) > 0 {
		all = append(all, "?"+query.Encode())
	}
	return strings.Join(all, " ")
}

func TestBearerIsAskedOncePerCallAndItsErrorEndsIt(t *testing.T) {
	asked := 0
	client := converse(t, ``, jsonrpc.WithBearer(func(context.Context) (string, error) {
		asked++
		return "", errors.New("the vault is shut")
	}))
	err := client.Call(t.Context(), "cat", nil, nil)
	wantError(t, err, "jsonrpc: cat at test:: authorize: the vault is shut")
	if asked != 1 || jsonrpc.MaybeSent(err) {
		t.Errorf("asked %d times, MaybeSent %v", asked, jsonrpc.MaybeSent(err))
	}
}

func TestDefaultHeaders(t *testing.T) {
	var got http.Header
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		got.Set("Host", r.Host)
		answer(w, r, "1")
	})
	client := dial(t, server.URL, jsonrpc.WithHeader("Content-Type", "application/json-rpc"), jsonrpc.WithHeader("Host", "pets.example"))
	if err := client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithHeader("User-Agent")); err != nil {
		t.Fatal(err)
	}
	want := http.Header{"Content-Type": {"application/json-rpc"}, "Accept": {"application/json"},
		"Accept-Encoding": {"gzip"}, "Content-Length": {"39"}, "Host": {"pets.example"}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("sent %v\nwant %v", got, want)
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	tests := []struct {
		option jsonrpc.Option
		want   string
	}{
		{jsonrpc.WithHeader("X A", "1"), `header name "X A": use letters, digits and hyphens`},
		{jsonrpc.WithHeader("", "1"), `header name "": use letters, digits and hyphens`},
		{jsonrpc.WithHeader("X-A\r\nX-B", "1"), `header name "X-A\r\nX-B": use letters, digits and hyphens`},
		{jsonrpc.WithHeader("X-A", "1\r\nX-B: 2"), `the value of header X-A has a line break or a null in it`},
		{jsonrpc.WithBasicAuth("a:b", "c"), `a user name for basic authentication cannot hold a colon`},
		{jsonrpc.WithMaxReply(0), `the limit of a reply's size is 0: it must be positive`},
		{jsonrpc.WithMaxReply(-1), `the limit of a reply's size is -1: it must be positive`},
		{jsonrpc.WithIDs(nil), `the id generator is nil`},
	}
	client := converse(t, ``)
	for _, test := range tests {
		_, err := jsonrpc.Dial(t.Context(), "http://localhost", test.option)
		wantError(t, err, "jsonrpc: not sent: "+test.want)
		_, err = jsonrpc.NewClient(says(``), nil, test.option)
		wantError(t, err, "jsonrpc: not sent: "+test.want)
		err = client.Call(t.Context(), "cat", nil, nil, nil, test.option)
		wantError(t, err, "jsonrpc: cat at test:: not sent: "+test.want)
		as[*jsonrpc.MessageError](t, err)
	}
}

func TestDialRefusesWhatItCannotReach(t *testing.T) {
	tests := []struct {
		url  string
		opt  jsonrpc.DialOption
		want string
	}{
		{"http://", nil, "not sent: the URL has no host: write http://HOST:PORT/PATH"},
		{"http://a b", nil, "not sent: cannot parse the URL: write http://HOST:PORT/PATH, and / ? # @ and % in a password as %2F %3F %23 %40 %25"},
		{"http://a", jsonrpc.WithProxy("nowhere"), "not sent: the proxy is not a URL of the form http://HOST:PORT, https://… or socks5://…"},
		{"http://a", jsonrpc.WithHTTPClient(nil), "not sent: the HTTP client is nil"},
		{"http://a", jsonrpc.WithCAFile("testdata/none.pem"), "not sent: cannot read the CA file: open testdata/none.pem: no such file or directory"},
		{"http://a", jsonrpc.WithCAFile("option_test.go"), "not sent: the CA file option_test.go holds no certificate in PEM form"},
		{"http://a", jsonrpc.WithClientCert("option_test.go", "option_test.go"), "not sent: cannot load the client certificate: tls: failed to find any PEM data in certificate input"},
	}
	for _, test := range tests {
		_, err := jsonrpc.Dial(t.Context(), test.url, test.opt)
		wantError(t, err, "jsonrpc: "+test.want)
	}
	_, err := jsonrpc.Dial(t.Context(), "https://localhost", jsonrpc.WithHTTPTransport(http.DefaultTransport), jsonrpc.WithServerName("a"))
	wantError(t, err, "jsonrpc: not sent: options for TLS and proxies have no effect on an HTTP client of your own: set them there")
}

func TestWithNumbersKeepsEveryDigit(t *testing.T) {
	const numbers = `[12345678901234567890123,0.1000000000000000000001,-0,1E400]`
	client := newClient(t, conversation1(`{"jsonrpc":"2.0","result":{"n":`+numbers+`},"id":1}`))
	id := jsonrpc.WithID(jsonrpc.IntID(1))
	var result any
	if err := client.Call(t.Context(), "cat", nil, &result, id, jsonrpc.WithNumbers()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(result); got != "map[n:["+strings.ReplaceAll(numbers[1:len(numbers)-1], ",", " ")+"]]" {
		t.Error(got)
	}
	var typed struct{ N []json.Number }
	if err := client.Call(t.Context(), "cat", nil, &typed, id); err != nil || typed.N[0] != "12345678901234567890123" {
		t.Error(typed, err)
	}
	if err := client.Call(t.Context(), "cat", nil, &result, id); err == nil {
		t.Errorf("1E400 became %v", result)
	}
}

func TestSubprotocolsAreOffered(t *testing.T) {
	offered := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		offered <- r.Header.Get("Sec-WebSocket-Protocol")
		if conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"jsonrpc.2"}}); err == nil {
			_ = conn.CloseNow()
		}
	}))
	defer server.Close()
	client, err := jsonrpc.Dial(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"), jsonrpc.WithSubprotocols("jsonrpc.1", "jsonrpc.2"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if got := <-offered; got != "jsonrpc.1,jsonrpc.2" {
		t.Errorf("the handshake offered %q", got)
	}
}

// Who asks sees the response, also of a call that fails, with its body left to the client.
func TestHTTPResponseIsShown(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Mcp-Session-Id", r.Header.Get("Session"))
		if r.Header.Get("Session") == "b" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","result":"meow","id":1}`)
	}))
	defer server.Close()
	client := dial(t, server.URL)
	for _, test := range []struct {
		session string
		status  int
	}{{"a", http.StatusOK}, {"b", http.StatusNotFound}} {
		var seen []string
		sound, err := jsonrpc.Call[string](t.Context(), client, "cat", nil, jsonrpc.WithID(jsonrpc.IntID(1)), jsonrpc.WithHeader("Session", test.session),
			jsonrpc.WithHTTPResponse(func(r *http.Response) { seen = append(seen, fmt.Sprint(r.StatusCode, r.Header.Get("Mcp-Session-Id"))) }))
		if ok := err == nil && sound == "meow"; ok != (test.status == http.StatusOK) {
			t.Errorf("%s: got %q, %v", test.session, sound, err)
		}
		if want := fmt.Sprint(test.status, test.session); len(seen) != 1 || seen[0] != want {
			t.Errorf("%s: saw %q, want one %s", test.session, seen, want)
		}
	}
}

// Options that mean nothing to a transport are refused, not dropped.
func TestOptionsOfOtherTransports(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	forHTTP := map[string]jsonrpc.DialOption{
		"WithCookieJar":          jsonrpc.WithCookieJar(jar),
		"WithHTTPClient":         jsonrpc.WithHTTPClient(&http.Client{Jar: jar}),
		"WithCompression":        jsonrpc.WithCompression(),
		"WithRequestCompression": jsonrpc.WithRequestCompression("gzip", 0),
		"WithLeanHTTP":           jsonrpc.WithLeanHTTP(),
	}
	framing := map[string]jsonrpc.DialOption{"WithFraming": jsonrpc.WithFraming(transport.Header)}
	for target, refused := range map[string]map[string]jsonrpc.DialOption{
		"tcp://127.0.0.1:1":  forHTTP,
		"tls://127.0.0.1:1":  forHTTP,
		"unix:///nowhere":    forHTTP,
		"exec:cat":           forHTTP,
		"test+call://here":   forHTTP,
		"test+stream://here": framing,
		"http://127.0.0.1:1": framing,
		"wss://127.0.0.1:1":  framing,
		"ws://127.0.0.1:1":   {"WithRequestCompression": forHTTP["WithRequestCompression"], "WithLeanHTTP": forHTTP["WithLeanHTTP"]},
	} {
		for name, opt := range refused {
			client, err := jsonrpc.Dial(t.Context(), target, opt)
			if err == nil {
				_ = client.Close()
			}
			if message := (*jsonrpc.MessageError)(nil); !errors.As(err, &message) || !strings.Contains(err.Error(), "no effect on") {
				t.Errorf("%s of %s: %v", name, target, err)
			}
		}
	}
}
