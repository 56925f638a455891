package tap

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"example.com/jsonrpc/jsonrpctest"
)

// A lockedText is written to by the proxy and read by the test.
type lockedText struct {
	mu   sync.Mutex
	text strings.Builder // under mu
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// between starts a proxy for a server.
func between(t *testing.T, path string, server http.HandlerFunc) (proxy *httptest.Server, recording *lockedText) {
	t.Helper()
	far := httptest.NewServer(server)
	t.Cleanup(far.Close)
	target, err := url.Parse(far.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	recording = &lockedText{}
	h := &HTTP{
		Target: target, Trip: &http.Transport{DisableCompression: true}, Recorder: jsonrpctest.NewRecorder(recording, nil), Limit: 1 << 20,
		Failed: func(err error) { t.Log(err) },
	}
	proxy = httptest.NewServer(h.Handler())
	t.Cleanup(proxy.Close)
	return proxy, recording
}

func TestAddress(t *testing.T) {
	for _, test := range []struct{ target, asked, want string }{
		{"/rpc", "/", "/rpc"},
		{"/rpc", "", "/rpc"},
		{"/rpc", "/rpc", "/rpc"},
		{"/rpc", "/other%2Fone", "/other%2Fone"},
		{"/rpc?key=1", "/", "/rpc?key=1"},
		{"/rpc?key=1", "/?a=b", "/rpc?key=1&a=b"},
		{"", "/v1?a=b", "/v1?a=b"},
	} {
		proxy, _ := between(t, test.target, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) })
		resp, err := http.Post(proxy.URL+test.asked, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if string(got) != test.want {
			t.Errorf("%s through %s: asked for %s, want %s", test.asked, test.target, got, test.want)
		}
	}
}

// TestAsItIs: status, headers and bodies go through, of a flow of events as they
// come; what is no POST too, but it is not written down.
func TestAsItIs(t *testing.T) {
	heard := make(chan struct{})
	proxy, recording := between(t, "", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, "health")
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Said", r.Header.Get("X-Pet")+" "+string(body)+" "+r.Header.Get("Accept-Encoding"))
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "data: {\"n\":1}\n\n")
		_ = http.NewResponseController(w).Flush()
		<-heard
		_, _ = io.WriteString(w, "data: {\"n\":2}\n\n")
	})
	defer func() {
		select {
		case <-heard:
		default:
			close(heard)
		}
	}()
	resp, err := http.Get(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(resp.Body); string(text) != "health" || recording.String() != "" {
		t.Errorf("%q, %q", text, recording)
	}
	_ = resp.Body.Close()
	r, err := http.NewRequest(http.MethodPost, proxy.URL, strings.NewReader("{ }"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Pet", "cat")
	r.Header.Set("Accept-Encoding", "zstd, gzip;q=0.5")
	if resp, err = http.DefaultClient.Do(r); err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, len("data: {\"n\":1}\n\n"))
	if _, err := io.ReadFull(resp.Body, first); err != nil || resp.StatusCode != http.StatusAccepted || resp.Header.Get("X-Said") != "cat { } gzip" {
		t.Errorf("%v, %d, %v", err, resp.StatusCode, resp.Header)
	}
	close(heard)
	if rest, err := io.ReadAll(resp.Body); string(rest) != "data: {\"n\":2}\n\n" || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
	const want = "--> HTTP X-Pet: ***\n--> { }\n<-- HTTP 202 Content-Type: text/event-stream\n<-- HTTP X-Said: cat { } gzip\n" +
		"<-- data: {\"n\":1}\n<--\n<-- data: {\"n\":2}\n<--\n<--\n"
	if recording.String() != want {
		t.Errorf("got\n%s\nwant\n%s", recording, want)
	}
}

func TestTooLarge(t *testing.T) {
	proxy, _ := between(t, "", func(http.ResponseWriter, *http.Request) { t.Error("it came through") })
	resp, err := http.Post(proxy.URL, "application/json", strings.NewReader(strings.Repeat(" ", 1<<20+1)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%d", resp.StatusCode)
	}
}

// TestWebSocket: kinds of messages, the subprotocol, headers and how it is closed go
// through.
func TestWebSocket(t *testing.T) {
	closed := make(chan error, 1)
	proxy, recording := between(t, "/rpc", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"pets", "rpc"}, OriginPatterns: []string{"*"}})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for {
			kind, text, err := conn.Read(r.Context())
			if err != nil {
				closed <- err
				return
			}
			if string(text) == "bye" {
				_ = conn.Close(4001, "as you wish")
				closed <- nil
				return
			}
			_ = conn.Write(r.Context(), kind, append([]byte(r.URL.Path+r.Header.Get("X-Pet")), text...))
		}
	})
	dial := func(path string) (*websocket.Conn, *http.Response, error) {
		return websocket.Dial(t.Context(), proxy.URL+path, &websocket.DialOptions{
			Subprotocols: []string{"other", "rpc"}, HTTPHeader: http.Header{"X-Pet": {" cat "}, "Origin": {"https://elsewhere.example"}},
		})
	}
	conn, _, err := dial("")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if conn.Subprotocol() != "rpc" {
		t.Errorf("the subprotocol is %q", conn.Subprotocol())
	}
	for _, kind := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
		if err := conn.Write(context.Background(), kind, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if got, text, err := conn.Read(context.Background()); got != kind || string(text) != "/rpccat{}" || err != nil {
			t.Errorf("%v %q %v", got, text, err)
		}
	}
	if err := conn.Close(4000, "enough"); err != nil {
		t.Error(err)
	}
	if err := <-closed; websocket.CloseStatus(err) != 4000 || !strings.Contains(err.Error(), "enough") {
		t.Errorf("the server saw %v", err)
	}
	if conn, _, err = dial("/rpc"); err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	_ = conn.Write(context.Background(), websocket.MessageText, []byte("bye"))
	if _, _, err := conn.Read(context.Background()); websocket.CloseStatus(err) != 4001 || !strings.Contains(err.Error(), "as you wish") {
		t.Errorf("the client saw %v", err)
	}
	<-closed
	_, resp, err := dial("/no")
	if err == nil || resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("WWW-Authenticate") != "Basic" {
		t.Errorf("%v, %v", resp, err)
	}
	const want = "//jsonrpc:stream 1\n--> {}\n// This is not JSON:\n<-- /rpccat{}\n--> {}\n// This is not JSON:\n<-- /rpccat{}\n" +
		"\n//jsonrpc:stream 2\n// This is not JSON:\n--> bye\n"
	if recording.String() != want {
		t.Errorf("got\n%s\nwant\n%s", recording, want)
	}
}
