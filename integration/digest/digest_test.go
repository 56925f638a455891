package digest_test

import (
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/digest"
)

const (
	user     = "alice"
	password = `a "password" of hers`
)

// A keeper lets in who answers its challenge (RFC 7616, 3.4), each nonce for so
// many messages.
type keeper struct {
	t     *testing.T
	uses  int
	inner http.Handler

	mu       sync.Mutex // for what follows
	nonce    int
	used     map[string]bool // counts of this nonce
	attempts int
}

var parameter = regexp.MustCompile(`(\w+)=("(?:[^"\\]|\\.)*"|[^\s,]+)`)

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.attempts++
	given := map[string]string{}
	for _, m := range parameter.FindAllStringSubmatch(r.Header.Get("Authorization"), -1) {
		given[m[1]] = strings.Trim(m[2], `"`)
	}
	hash := func(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }
	want := hash(strings.Join([]string{
		hash(user + ":here:" + password), given["nonce"], given["nc"], given["cnonce"], "auth", hash(r.Method + ":" + r.URL.RequestURI()),
	}, ":"))
	if given["response"] != want || given["nonce"] != fmt.Sprint(k.nonce) || k.used[given["nc"]] || len(k.used) == k.uses {
		k.nonce++
		k.used = map[string]bool{}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Digest realm="here", qop="auth", algorithm=MD5, nonce="%d"`, k.nonce))
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "who are you?")
		return
	}
	k.used[given["nc"]] = true
	k.mu.Unlock()
	k.inner.ServeHTTP(w, r)
	k.mu.Lock()
}

func guard(t *testing.T, uses int, inner http.HandlerFunc) (*keeper, *httptest.Server) {
	k := &keeper{t: t, uses: uses, inner: inner}
	s := httptest.NewServer(k)
	t.Cleanup(s.Close)
	return k, s
}

func pong(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","result":%d,"id":%s}`, len(text), regexp.MustCompile(`"id":(\d+)`).FindSubmatch(text)[1])
}

func TestWithAuth(t *testing.T) {
	k, server := guard(t, 3, pong)
	client, err := jsonrpc.Dial(t.Context(), server.URL+"/json_rpc?a=b", digest.WithAuth(user, password))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	want := []int{2, 3, 4, 6, 7, 8, 10} // attempts: the first of each nonce needs two
	for i, want := range want {
		if n, err := jsonrpc.Call[int](t.Context(), client, "ping", nil); n == 0 || err != nil {
			t.Errorf("call %d: %d %v", i, n, err)
		}
		if k.attempts != want {
			t.Errorf("call %d: %d attempts so far, want %d", i, k.attempts, want)
		}
	}
}

func TestWithAuthFromManyGoroutines(t *testing.T) {
	_, server := guard(t, 1_000_000, pong)
	client, err := jsonrpc.Dial(t.Context(), server.URL, digest.WithAuth(user, password))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Call(t.Context(), "first", nil, nil); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 20 {
				if err := client.Call(t.Context(), "ping", nil, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestWrongPassword(t *testing.T) {
	k, server := guard(t, 3, pong)
	client, err := jsonrpc.Dial(t.Context(), server.URL, digest.WithAuth(user, "another password"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	err = client.Call(t.Context(), "ping", nil, nil)
	refused, ok := errors.AsType[*jsonrpc.HTTPError](err)
	if !ok || refused.StatusCode != http.StatusUnauthorized || string(refused.Body) != "who are you?" {
		t.Errorf("%#v", err)
	}
	if k.attempts != 2 {
		t.Errorf("%d attempts, want 2", k.attempts)
	}
}

// A refusal that never ends is read up to a limit, and one without a challenge that
// can be answered is a refusal.
func TestRefusals(t *testing.T) {
	no := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "no") }
	for name, test := range map[string]struct {
		challenge string
		respond   http.HandlerFunc
	}{
		"long":                 {respond: func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, endless{r}) }},
		"no challenge":         {respond: no},
		"half a challenge":     {challenge: `Digest realm="here", nonce="`, respond: no},
		"an unknown algorithm": {challenge: `Digest realm="here", nonce="1", algorithm=ROT13`, respond: no},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("WWW-Authenticate", test.challenge)
				w.WriteHeader(http.StatusUnauthorized)
				test.respond(w, r)
			}))
			defer server.Close()
			client, err := jsonrpc.Dial(t.Context(), server.URL, digest.WithAuth(user, password))
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			err = client.Call(t.Context(), "ping", nil, nil)
			if refused, ok := errors.AsType[*jsonrpc.HTTPError](err); !ok || refused.StatusCode != http.StatusUnauthorized {
				t.Errorf("%v", err)
			}
		})
	}
}

// endless is text until the client has gone.
type endless struct{ r *http.Request }

func (e endless) Read(p []byte) (int, error) { return len(p), e.r.Context().Err() }

func TestWebSocketHandshake(t *testing.T) {
	k, server := guard(t, 3, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		kind, _, err := conn.Read(r.Context())
		if err == nil {
			_ = conn.Write(r.Context(), kind, []byte(`{"jsonrpc":"2.0","result":"pong","id":1}`))
		}
		_, _, _ = conn.Read(r.Context())
	})
	client, err := jsonrpc.Dial(t.Context(), strings.Replace(server.URL, "http", "ws", 1), digest.WithAuth(user, password))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if got, err := jsonrpc.Call[string](t.Context(), client, "ping", nil); got != "pong" || err != nil {
		t.Error(got, err)
	}
	if k.attempts != 2 {
		t.Errorf("%d attempts, want 2", k.attempts)
	}
}
