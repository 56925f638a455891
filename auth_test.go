package jsonrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// guarded answers who may call, and notes each attempt.
func guarded(t *testing.T, valid *string, seen *[]string) *httptest.Server {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get("Authorization")
		*seen = append(*seen, given)
		if given != *valid {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, "no "+given)
			return
		}
		if r.Header.Get("Upgrade") == "" {
			answer(w, r, `"in"`)
			return
		}
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for {
			kind, text, err := conn.Read(r.Context())
			if err != nil || conn.Write(r.Context(), kind, []byte(response(string(text), `"in"`))) != nil {
				return
			}
		}
	})
}

// numbered returns token1, token2 and so on.
func numbered(seen *[]jsonrpc.AuthRequest) jsonrpc.Auth {
	return func(_ context.Context, r jsonrpc.AuthRequest) (http.Header, error) {
		*seen = append(*seen, jsonrpc.AuthRequest{Body: slices.Clone(r.Body), Refused: r.Refused.Clone()})
		return http.Header{"Authorization": {fmt.Sprintf("token%d", len(*seen))}}, nil
	}
}

func TestAuthIsAskedOnceMoreAfter401(t *testing.T) {
	for _, scheme := range []string{"http", "ws"} {
		t.Run(scheme, func(t *testing.T) {
			var (
				asked []jsonrpc.AuthRequest
				seen  []string
				valid = "token2"
			)
			server := guarded(t, &valid, &seen)
			client := dial(t, strings.Replace(server.URL, "http", scheme, 1), jsonrpc.WithAuth(numbered(&asked)))
			if got, err := jsonrpc.Call[string](t.Context(), client, "cat", nil); got != "in" || err != nil {
				t.Fatal(got, err)
			}
			if want := []string{"token1", "token2"}; !slices.Equal(seen, want) {
				t.Errorf("the server saw %q, want %q", seen, want)
			}
			if asked[0].Refused != nil || asked[1].Refused.Get("Authorization") != "token1" {
				t.Errorf("asked with %v, then with %v", asked[0].Refused, asked[1].Refused)
			}
			body := string(asked[1].Body)
			if want := map[string]string{"http": `{"jsonrpc":"2.0","method":"cat","id":1}`}[scheme]; body != want {
				t.Errorf("asked with the body %q, want %q", body, want)
			}
		})
	}
}

// TestCookieJarOfAWebSocket: a session that was begun over HTTP lets a WebSocket in,
// and the handshake may go on with it.
func TestCookieJarOfAWebSocket(t *testing.T) {
	for how, option := range map[string]func(http.CookieJar) jsonrpc.DialOption{
		"WithCookieJar":  jsonrpc.WithCookieJar,
		"WithHTTPClient": func(jar http.CookieJar) jsonrpc.DialOption { return jsonrpc.WithHTTPClient(&http.Client{Jar: jar}) },
		"a transport of my own": func(jar http.CookieJar) jsonrpc.DialOption {
			return jsonrpc.WithHTTPClient(&http.Client{Jar: jar, Transport: new(http.Transport)})
		},
	} {
		t.Run(how, func(t *testing.T) {
			var seen []string
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				seen = append(seen, r.Header.Get("Cookie"))
				http.SetCookie(w, &http.Cookie{Name: "session", Value: fmt.Sprint(len(seen))})
				if r.Header.Get("Upgrade") == "" {
					answer(w, r, `"in"`)
				} else if conn, err := websocket.Accept(w, r, nil); err == nil {
					_ = conn.CloseNow()
				}
			})
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := dial(t, server.URL, option(jar)).Call(t.Context(), "login", nil, nil); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				dial(t, strings.Replace(server.URL, "http", "ws", 1), option(jar), jsonrpc.WithCookie("own", "x"))
			}
			if want := []string{"", "own=x; session=1", "own=x; session=2"}; !slices.Equal(seen, want) {
				t.Errorf("cookies %q, want %q", seen, want)
			}
		})
	}
}

func TestAuthGivesUp(t *testing.T) {
	tests := map[string]struct {
		auth  jsonrpc.Auth
		calls int
		want  string
	}{
		"a second 401": {numbered(new([]jsonrpc.AuthRequest)), 2, "401"},
		"the same again": {func(context.Context, jsonrpc.AuthRequest) (http.Header, error) {
			return http.Header{"Authorization": {"same"}}, nil
		}, 1, "401"},
		"an error": {func(context.Context, jsonrpc.AuthRequest) (http.Header, error) {
			return nil, errors.New("no token to be had")
		}, 0, "authorize: no token to be had"},
		"smuggling": {func(context.Context, jsonrpc.AuthRequest) (http.Header, error) {
			return http.Header{"X": {"a\r\nY: b"}}, nil
		}, 0, "line break"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var seen []string
			valid := "another"
			server := guarded(t, &valid, &seen)
			for _, url := range []string{server.URL, strings.Replace(server.URL, "http", "ws", 1)} {
				seen = nil
				client, err := jsonrpc.Dial(t.Context(), url, jsonrpc.WithAuth(test.auth))
				if err == nil {
					err = client.Call(t.Context(), "cat", nil, nil)
					_ = client.Close()
				}
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%s: error %v, want %q", url, err, test.want)
				}
				for _, secret := range []string{"token1", "token2", "same"} {
					if err != nil && strings.Contains(err.Error(), secret) {
						t.Errorf("%s: the error tells a secret: %v", url, err)
					}
				}
				if len(seen) != test.calls {
					t.Errorf("%s: %d attempts, want %d", url, len(seen), test.calls)
				}
				if test.calls > 0 {
					if e := as[*jsonrpc.HTTPError](t, err); e.StatusCode != http.StatusUnauthorized {
						t.Errorf("%s: status %d", url, e.StatusCode)
					}
				}
			}
		})
	}
}

// An Authorization header given later counts, and other headers of an Auth go on.
func TestAuthBesideHeaders(t *testing.T) {
	sign := jsonrpc.Auth(func(_ context.Context, r jsonrpc.AuthRequest) (http.Header, error) {
		return http.Header{"Authorization": {"auth"}, "x-length": {fmt.Sprint(len(r.Body))}}, nil
	})
	fixed := jsonrpc.WithHeader("Authorization", "fixed")
	tests := map[string]struct {
		dial []jsonrpc.DialOption
		call []jsonrpc.CallOption
		want string
	}{
		"auth":                 {[]jsonrpc.DialOption{jsonrpc.WithAuth(sign)}, nil, "auth 39"},
		"auth over a header":   {[]jsonrpc.DialOption{fixed, jsonrpc.WithAuth(sign)}, nil, "auth 39"},
		"a header over auth":   {[]jsonrpc.DialOption{jsonrpc.WithAuth(sign), fixed}, nil, "fixed 39"},
		"a call's auth":        {[]jsonrpc.DialOption{fixed}, []jsonrpc.CallOption{jsonrpc.WithAuth(sign)}, "auth 39"},
		"a call's header":      {[]jsonrpc.DialOption{jsonrpc.WithAuth(sign)}, []jsonrpc.CallOption{fixed}, "fixed 39"},
		"none for one call":    {[]jsonrpc.DialOption{jsonrpc.WithAuth(sign)}, []jsonrpc.CallOption{jsonrpc.WithAuth()}, " "},
		"two":                  {[]jsonrpc.DialOption{jsonrpc.WithAuth(sign, numbered(new([]jsonrpc.AuthRequest)))}, nil, "token1 39"},
		"bearer replaces auth": {[]jsonrpc.DialOption{jsonrpc.WithAuth(sign), jsonrpc.WithBearer(func(context.Context) (string, error) { return "b", nil })}, nil, "Bearer b "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				answer(w, r, fmt.Sprintf("%q", r.Header.Get("Authorization")+" "+r.Header.Get("X-Length")))
			})
			client := dial(t, server.URL, test.dial...)
			if got, err := jsonrpc.Call[string](t.Context(), client, "cat", nil, test.call...); got != test.want || err != nil {
				t.Errorf("%q %v, want %q", got, err, test.want)
			}
		})
	}
}

// A notification that was refused was not carried out either.
func TestNotificationIsAuthorizedOnceMore(t *testing.T) {
	var seen []string
	valid := "token2"
	server := guarded(t, &valid, &seen)
	client := dial(t, server.URL, jsonrpc.WithAuth(numbered(new([]jsonrpc.AuthRequest))))
	if err := client.Notify(t.Context(), "log", nil); err != nil || len(seen) != 2 {
		t.Error(err, seen)
	}
}

func TestAuthErrorSaysWhetherItWasSent(t *testing.T) {
	var seen []string
	valid := "none"
	server := guarded(t, &valid, &seen)
	asked := 0
	client := dial(t, server.URL, jsonrpc.WithAuth(func(context.Context, jsonrpc.AuthRequest) (http.Header, error) {
		if asked++; asked%2 == 0 {
			return nil, errors.New("no other")
		}
		return http.Header{"Authorization": {"first"}}, nil
	}))
	e := as[*transport.Error](t, client.Call(t.Context(), "cat", nil, nil))
	if e.Op != "authorize" || e.Sent {
		t.Errorf("%+v", e)
	}
}

// A call whose context ends before it can ask for other headers was not refused for good.
func TestAuthEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client := newClient(t, tripper(func(context.Context, *transport.Message) (io.ReadCloser, error) {
		cancel()
		return &arriving{strings.NewReader(""), &http.Response{StatusCode: http.StatusUnauthorized}}, nil
	}), jsonrpc.WithBearer(func(context.Context) (string, error) { return "token", nil }))
	err := client.Call(ctx, "x", nil, nil)
	if !errors.Is(err, context.Canceled) || jsonrpc.MaybeSent(err) {
		t.Error(err)
	}
}

// A server that has carried a message out did not refuse it, whatever its status is: the
// message is not sent again.
func TestAuthOfWhatWasCarriedOut(t *testing.T) {
	const result, refused = `"result":1`, `"error":{"code":-32001,"message":"who are you?"}`
	response := func(text string, id int) string { return fmt.Sprintf(`{"jsonrpc":"2.0",%s,"id":%d}`, text, id) }
	for name, test := range map[string]struct {
		replies []string // to the items; one: to a single request
		sent    int
	}{
		"a result":                     {[]string{response(result, 1)}, 1},
		"a result that does not fit":   {[]string{response(`"result":"x"`, 1)}, 1},
		"an error":                     {[]string{response(refused, 1)}, 2},
		"a batch with a result":        {[]string{response(refused, 1), response(result, 2)}, 1},
		"a batch of which all refused": {[]string{response(refused, 1), response(refused, 2)}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			sent := 0
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				sent++
				w.WriteHeader(http.StatusUnauthorized)
				text := strings.Join(test.replies, ",")
				if len(test.replies) > 1 {
					text = "[" + text + "]"
				}
				_, _ = io.WriteString(w, text)
			})
			client := dial(t, server.URL, jsonrpc.WithAuth(numbered(new([]jsonrpc.AuthRequest))))
			if len(test.replies) == 1 {
				_, _ = jsonrpc.Call[int](t.Context(), client, "pay", nil)
			} else {
				var b jsonrpc.Batch
				for range test.replies {
					jsonrpc.Queue[int](&b, "pay", nil)
				}
				_, _ = client.Send(t.Context(), &b)
			}
			if sent != test.sent {
				t.Errorf("sent %d times, want %d", sent, test.sent)
			}
		})
	}
}
