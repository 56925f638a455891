package jsonrpc_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// TestHTTPStatuses calls and notifies a server that answers with each status and
// body. An error is wanted as the text after "jsonrpc: cat at URL: ".
func TestHTTPStatuses(t *testing.T) {
	const (
		result  = `{"jsonrpc":"2.0","result":1,"id":1}`
		failure = `{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}`
		nobody  = `{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":null}`
		page    = `<html><head><title>502 Bad Gateway</title></head></html>`
		none    = "the server sent no response to the request"
	)
	tests := []struct {
		status         int
		contentType    string
		body           string
		call, notified string
	}{
		{200, "application/json", result, "", ""},
		{200, "text/plain", result, "", ""},
		{200, "application/json", "", none, ""},
		{200, "application/json", failure, "Method not found (code -32601)", "Method not found (code -32601)"},
		{200, "text/html", page, "the server answered 200 text/html: 502 Bad Gateway", ""},
		{201, "application/json", result, "", ""},
		{202, "", "", none, ""},
		{204, "", "", none, ""},
		{304, "", "", "the server answered 304 Not Modified", "the server answered 304 Not Modified"},
		{400, "application/json", nobody, "Method not found (code -32601) (HTTP 400)", "Method not found (code -32601) (HTTP 400)"},
		{401, "text/plain", "", "the server answered 401 text/plain: Unauthorized", "the server answered 401 text/plain: Unauthorized"},
		{404, "application/json", failure, "Method not found (code -32601) (HTTP 404)", "Method not found (code -32601) (HTTP 404)"},
		{404, "application/json", `{"detail":"Not Found"}`, `the server answered 404 application/json: {"detail":"Not Found"}`, `the server answered 404 application/json: {"detail":"Not Found"}`},
		{500, "application/json", failure, "Method not found (code -32601) (HTTP 500)", "Method not found (code -32601) (HTTP 500)"},
		{500, "application/json", result, "", "the server answered 500 application/json: " + result},
		{500, "application/json", `{"jsonrpc":"2.0","result":1,"id":2}`,
			`the reply is not valid JSON-RPC 2.0: clause 5: "id" is not the request's: {"jsonrpc":"2.0","result":1,"id":2} (HTTP 500)`,
			`the server answered 500 application/json: {"jsonrpc":"2.0","result":1,"id":2}`},
		{502, "text/html", page, "the server answered 502 text/html: 502 Bad Gateway", "the server answered 502 text/html: 502 Bad Gateway"},
		{503, "text/event-stream", "", "the server answered 503 text/event-stream: Service Unavailable", "the server answered 503 text/event-stream: Service Unavailable"},
		{503, "text/event-stream", "data: " + failure + "\n\n", "Method not found (code -32601) (HTTP 503)", "the server answered 503 text/event-stream: Service Unavailable"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d %.60s", test.status, test.body), func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Type"] = nil
				if test.contentType != "" {
					w.Header().Set("Content-Type", test.contentType)
				}
				w.Header().Set("X-Server", "nginx")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			client := dial(t, server.URL)
			check := func(err error, want string) {
				t.Helper()
				if want == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				wantError(t, err, "jsonrpc: cat at "+server.URL+": "+want)
				if test.status >= 300 {
					e := as[*jsonrpc.HTTPError](t, err)
					if e.StatusCode != test.status || e.Header.Get("X-Server") != "nginx" {
						t.Errorf("%+v", *e)
					}
				}
				if strings.HasPrefix(want, "Method not found") && jsonrpc.CodeOf(err) != jsonrpc.CodeMethodNotFound {
					t.Error("the server's error is not found in it")
				}
			}
			check(client.Call(t.Context(), "cat", nil, nil), test.call)
			check(client.Notify(t.Context(), "cat", nil), test.notified)
		})
	}
}

// TestClientOutlivesA202: peers are dead for good after a 202 to a request.
func TestClientOutlivesA202(t *testing.T) {
	var calls atomic.Int32
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1)%2 == 1 {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		answer(w, r, "1")
	})
	client := dial(t, server.URL)
	for i := range 4 {
		if err := client.Call(t.Context(), "cat", nil, nil); (err == nil) != (i%2 == 1) {
			t.Error(i, err)
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("how") {
		case "error":
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, "<html>"+strings.Repeat(" ", 10_000))
		case "gzip":
			w.Header().Set("Content-Encoding", "gzip")
			body, _ := io.ReadAll(r.Body)
			_, _ = w.Write(zipped(response(string(body), "1")))
		case "chunks":
			_ = http.NewResponseController(w).Flush()
			answer(w, r, "1")
		default:
			answer(w, r, "1")
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client := dial(t, server.URL)
	for range 3 {
		for _, how := range []string{"", "error", "gzip", "chunks"} {
			_ = client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithQuery("how", how))
			_ = client.Notify(t.Context(), "cat", nil, jsonrpc.WithQuery("how", how))
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for 24 calls one after the other", n)
	}
	connections.Store(0)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 20 {
				if n, err := jsonrpc.Call[int](t.Context(), client, "cat", jsonrpc.Args{1}); n != 1 || err != nil {
					t.Error(n, err)
				}
			}
		})
	}
	wg.Wait()
	// A call may dial and then take a connection that came free meanwhile.
	if n := connections.Load(); n > 200 {
		t.Errorf("%d connections for 1280 calls of 64 goroutines", n)
	}
}

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

func TestGzipReplies(t *testing.T) {
	reply := zipped(`{"jsonrpc":"2.0","result":"meow","id":1}`)
	tests := map[string]struct {
		encoding string
		body     []byte
		want     string
	}{
		"whole":             {"gzip", reply, ""},
		"by its old name":   {"X-GZIP", reply, ""},
		"not compressed":    {"identity", []byte(`{"jsonrpc":"2.0","result":"meow","id":1}`), ""},
		"in two members":    {"gzip", append(zipped(`{"jsonrpc":"2.0","result":`), zipped(`"meow","id":1}`)...), ""},
		"empty":             {"gzip", nil, "the server sent no response to the request"},
		"nothing within":    {"gzip", zipped(""), "the server sent no response to the request"},
		"cut in the header": {"gzip", reply[:5], "read: the server closed the connection before the reply was whole: unexpected EOF"},
		"cut in the middle": {"gzip", reply[:30], "read: the server closed the connection before the reply was whole: unexpected EOF"},
		"cut at the end":    {"gzip", reply[:len(reply)-1], "read: the server closed the connection before the reply was whole: unexpected EOF"},
		"not gzip at all":   {"gzip", []byte(`{"jsonrpc":"2.0","result":"meow","id":1}`), "read: the reply cannot be decompressed: its gzip is broken: gzip: invalid header"},
		"spoilt":            {"gzip", append(append([]byte{}, reply[:len(reply)-8]...), 1, 2, 3, 4, 5, 6, 7, 8), "read: the reply cannot be decompressed: its gzip is broken: gzip: invalid checksum"},
		"zstd":              {"zstd", []byte("\x28\xb5\x2f\xfd"), `read: the reply cannot be decompressed: it is compressed with "zstd", which was not asked for`},
		"another encoding":  {"br", reply, `read: the reply cannot be decompressed: it is compressed with "br", which was not asked for`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", test.encoding)
				_, _ = w.Write(test.body)
			})
			client := dial(t, server.URL)
			sound, err := jsonrpc.Call[string](t.Context(), client, "cat", nil)
			if test.want != "" {
				wantError(t, err, "jsonrpc: cat at "+server.URL+": "+test.want)
			} else if err != nil || sound != "meow" {
				t.Error(sound, err)
			}
			// The pooled reader is fit for the next one.
			if _, err = jsonrpc.Call[string](t.Context(), client, "cat", nil, jsonrpc.WithID(jsonrpc.IntID(1))); (err == nil) != (test.want == "") {
				t.Errorf("again: %v", err)
			}
		})
	}
}

func TestLargeRequestsAreCompressedWhenAsked(t *testing.T) {
	var encodings []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		encodings = append(encodings, r.Header.Get("Content-Encoding"))
		if encodings[len(encodings)-1] == "gzip" {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			r.Body = io.NopCloser(z)
		}
		answer(w, r, "1")
	})
	client := dial(t, server.URL, jsonrpc.WithCompression())
	for _, size := range []int{1, transport.CompressFrom} {
		if err := client.Call(t.Context(), "cat", jsonrpc.Args{strings.Repeat("a", size)}, nil); err != nil {
			t.Error(err)
		}
	}
	if strings.Join(encodings, ",") != ",gzip" {
		t.Errorf("encodings %q", encodings)
	}
}

func TestCookieJar(t *testing.T) {
	var got []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Cookie"))
		http.SetCookie(w, &http.Cookie{Name: "session", Value: fmt.Sprint(len(got))})
		answer(w, r, "1")
	})
	jar, _ := cookiejar.New(nil)
	client := dial(t, server.URL, jsonrpc.WithCookieJar(jar), jsonrpc.WithCookie("own", "x"))
	for range 2 {
		if err := client.Call(t.Context(), "cat", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Join(got, " | ") != "own=x | own=x; session=1" {
		t.Errorf("cookies %q", got)
	}
}

func TestDeadlineEndsASlowReplyAndTheClientWorksOn(t *testing.T) {
	release := make(chan struct{})
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("slow") {
		case "start":
			<-release
		case "middle":
			_, _ = io.WriteString(w, `{"jsonrpc":"2.0","re`)
			_ = http.NewResponseController(w).Flush()
			<-release
		case "events":
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, ": hold on\n\ndata: {")
			_ = http.NewResponseController(w).Flush()
			<-release
		}
		answer(w, r, "1")
	})
	t.Cleanup(func() { close(release) })
	client := dial(t, server.URL)
	for _, slow := range []string{"start", "middle", "events"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := client.Call(ctx, "cat", nil, nil, jsonrpc.WithQuery("slow", slow))
		cancel()
		if !isError(context.DeadlineExceeded)(err) || !isType[*transport.Error](err) {
			t.Errorf("%s: %v", slow, err)
		}
		if err := client.Call(t.Context(), "cat", nil, nil); err != nil {
			t.Errorf("after %s: %v", slow, err)
		}
	}
}

// counting is an http.RoundTripper of one's own.
type counting struct{ n atomic.Int32 }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return http.DefaultTransport.RoundTrip(r)
}

func TestHTTPClientOfOnesOwn(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		answer(w, r, "1")
	})
	var rt counting
	if err := dial(t, server.URL, jsonrpc.WithHTTPTransport(&rt)).Call(t.Context(), "cat", nil, nil); err != nil || rt.n.Load() != 1 {
		t.Errorf("%v, %d requests", err, rt.n.Load())
	}
	jar, _ := cookiejar.New(nil)
	own := &http.Client{Transport: &rt, Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error {
		return fmt.Errorf("stay here")
	}}
	client := dial(t, server.URL+"/moved", jsonrpc.WithHTTPClient(own))
	wantError(t, client.Call(t.Context(), "cat", nil, nil), "jsonrpc: cat at "+server.URL+"/moved: redirect: stay here")
	if err := dial(t, server.URL, jsonrpc.WithHTTPClient(own)).Call(t.Context(), "cat", nil, nil); err != nil {
		t.Error(err)
	}
	if cookies := jar.Cookies(mustURL(t, server.URL)); len(cookies) != 1 {
		t.Errorf("cookies %v", cookies)
	}
}

func TestURLIsCalledOnce(t *testing.T) {
	var bodies []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
		_, _ = io.WriteString(w, response(string(body), `"meow"`))
	})
	u := jsonrpc.URL(server.URL)
	sound, err := jsonrpc.Call[string](t.Context(), u, "cat", nil)
	if sound != "meow" || err != nil {
		t.Error(sound, err)
	}
	raw, err := u.Request(t.Context(), "cat", nil)
	if string(raw) != `"meow"` || err != nil {
		t.Error(raw, err)
	}
	if err := u.Notify(t.Context(), "log", nil); err != nil {
		t.Error(err)
	}
	if reply, err := u.Send(t.Context(), jsonrpc.Raw(`{"method":"cat","id":7}`)); err != nil || string(reply.Result()) != `"meow"` {
		t.Error(reply, err)
	}
	if len(bodies) != 4 {
		t.Errorf("sent %q", bodies)
	}
	for _, call := range []func() error{
		func() error { return jsonrpc.URL("ftp://a").Call(t.Context(), "cat", nil, nil) },
		func() error { return jsonrpc.URL("ftp://a").Notify(t.Context(), "cat", nil) },
		func() error { _, err := jsonrpc.URL("ftp://a").Request(t.Context(), "cat", nil); return err },
		func() error { _, err := jsonrpc.URL("ftp://a").Send(t.Context(), jsonrpc.Raw("{}")); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), `URL scheme "ftp"`) {
			t.Error(err)
		}
	}
}
