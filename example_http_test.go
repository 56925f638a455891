package jsonrpc_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"strings"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

func ExampleDial() {
	server := httptest.NewServer(jsonrpctest.NewServer(pets))
	defer server.Close()

	client, err := jsonrpc.Dial(ctx, server.URL)
	if err != nil {
		panic(err)
	}
	sound, err := jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Args{"Mittens"})
	fmt.Println(sound, err)

	_ = client.Close()
	err = client.Notify(ctx, "cat", jsonrpc.Args{"Mittens"})
	fmt.Println(errors.Is(err, jsonrpc.ErrClosed))
	// Output:
	// meow <nil>
	// true
}

// A transport of one's own: anything that can bring a message to a server and
// its reply back.
func ExampleNewClient() {
	client, err := jsonrpc.NewClient(pigeon{})
	if err != nil {
		panic(err)
	}
	fmt.Println(jsonrpc.Call[string](ctx, client, "coo", nil))
	// Output: brought {"jsonrpc":"2.0","method":"coo","id":1} <nil>
}

type pigeon struct{}

func (pigeon) RoundTrip(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
	reply := fmt.Sprintf(`{"jsonrpc":"2.0","result":%q,"id":1}`, "brought "+string(m.Body))
	return io.NopCloser(strings.NewReader(reply)), nil
}

// In a script: no client, no closing.
func ExampleURL() {
	server := httptest.NewServer(jsonrpctest.NewServer(pets))
	defer server.Close()

	sound, err := jsonrpc.Call[string](ctx, jsonrpc.URL(server.URL), "cat", jsonrpc.Args{"Mittens"})
	fmt.Println(sound, err)
	// Output: meow <nil>
}

func ExampleWithLogger() {
	server := httptest.NewServer(jsonrpctest.NewServer(pets))
	defer server.Close()

	client, err := jsonrpc.Dial(ctx, server.URL,
		jsonrpc.WithLogger(slog.New(jsonrpc.NewLogHandler(os.Stdout))),
		jsonrpc.WithLogTrim(20),
		jsonrpc.WithSecrets("hunter2"))
	if err != nil {
		panic(err)
	}
	_, _ = client.Request(ctx, "cat", jsonrpc.Named{"name": "Mittens"})
	_, _ = client.Request(ctx, "echo", jsonrpc.Args{"hunter2", strings.Repeat("la", 100)})
	// Output:
	// --> {"jsonrpc":"2.0","method":"cat","params":{"name":"Mittens"},"id":1}
	// <-- {"jsonrpc":"2.0","result":"meow","id":1} (HTTP 200)
	// --> {"jsonrpc":"2.0","method":"echo","params":["***","lalalalala…lalalalala"],"id":2}
	// <-- {"jsonrpc":"2.0","result":["***","lalalalala…lalalalala"],"id":2} (HTTP 200)
}

func ExampleWithBearer() {
	server := httptest.NewServer(jsonrpctest.NewServer(pets))
	defer server.Close()

	token := func(context.Context) (string, error) { return "fresh", nil }
	client, err := jsonrpc.Dial(ctx, server.URL, jsonrpc.WithBearer(token))
	if err != nil {
		panic(err)
	}
	fmt.Println(jsonrpc.Call[string](ctx, client, "whoami", nil))
	fmt.Println(jsonrpc.Call[string](ctx, client, "whoami", nil, jsonrpc.WithBasicAuth("Aladdin", "open sesame")))
	fmt.Println(jsonrpc.Call[string](ctx, client, "whoami", nil, jsonrpc.WithHeader("Authorization")))
	// Output:
	// Bearer fresh <nil>
	// Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== <nil>
	//  <nil>
}

// Headers, query parameters and cookies of a call merge with the client's.
func ExampleWithHeader() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Header["X-Tenant"], r.Header["X-Trace"], r.URL.RawQuery, r.Header.Get("Cookie"))
	}))
	defer server.Close()

	jar, _ := cookiejar.New(nil)
	client, err := jsonrpc.Dial(ctx, server.URL,
		jsonrpc.WithHeader("X-Tenant", "cats"),
		jsonrpc.WithQuery("v", "2"),
		jsonrpc.WithCookie("lang", "en"),
		jsonrpc.WithCookieJar(jar)) // keeps those that the server sets
	if err != nil {
		panic(err)
	}
	_ = client.Notify(ctx, "log", nil, jsonrpc.WithHeader("X-Trace", "7"), jsonrpc.WithCookie("lang", "fr"))
	_ = client.Notify(ctx, "log", nil, jsonrpc.WithHeader("X-Tenant"), jsonrpc.WithQuery("v")) // removed
	// Output:
	// [cats] [7] v=2 lang=fr
	// [] []  lang=en
}

// A server with a certificate of a private authority, behind a proxy:
//
//	client, err := jsonrpc.Dial(ctx, url,
//		jsonrpc.WithCAFile("ca.pem"),
//		jsonrpc.WithClientCert("me.pem", "me.key"),
//		jsonrpc.WithServerName("pets.internal"),
//		jsonrpc.WithProxy("http://proxy.example:3128"))
func ExampleWithCAPool() {
	server := httptest.NewTLSServer(jsonrpctest.NewServer(pets))
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())

	client, err := jsonrpc.Dial(ctx, server.URL, jsonrpc.WithCAPool(pool))
	if err != nil {
		panic(err)
	}
	fmt.Println(jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Args{"Mittens"}))
	// Output: meow <nil>
}

// An http.RoundTripper of one's own, for everything that net/http can do and for
// tests without a network.
func ExampleWithHTTPTransport() {
	client, err := jsonrpc.Dial(ctx, "http://pets.example", jsonrpc.WithHTTPTransport(noNetwork{jsonrpctest.NewServer(pets)}))
	if err != nil {
		panic(err)
	}
	fmt.Println(jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Args{"Mittens"}))
	// Output: meow <nil>
}

type noNetwork struct{ http.Handler }

func (m noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w.Result(), nil
}

// Not every answer is JSON-RPC.
func ExampleHTTPError() {
	client, err := jsonrpc.Dial(ctx, "http://pets.example", jsonrpc.WithHTTPTransport(noNetwork{
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<html><head><title>The cat is out</title></head></html>")
		}),
	}))
	if err != nil {
		panic(err)
	}
	err = client.Call(ctx, "cat", nil, nil)
	if e, ok := errors.AsType[*jsonrpc.HTTPError](err); ok {
		fmt.Println(e.StatusCode, e.Header.Get("Retry-After"))
	}
	fmt.Println(err)
	// Output:
	// 502 30
	// jsonrpc: cat at http://pets.example: the server answered 502 text/html: The cat is out
}

// A redirect is followed only within the origin, by repeating the POST. Others
// are errors, because a request may not go where nobody meant it to.
func ExampleDial_redirect() {
	client, err := jsonrpc.Dial(ctx, "https://pets.example", jsonrpc.WithCompression(), jsonrpc.WithHTTPTransport(noNetwork{
		http.RedirectHandler("https://elsewhere.example/", http.StatusPermanentRedirect),
	}))
	if err != nil {
		panic(err)
	}
	fmt.Println(client.Call(ctx, "cat", nil, nil))
	// Output:
	// jsonrpc: cat at https://pets.example: redirect: HTTP 308 to another origin refused: if https://elsewhere.example is right, use it as the URL
}
