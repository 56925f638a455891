package auth_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/auth"
)

// headers returns what an Auth gives for a message.
func headers(t *testing.T, a jsonrpc.Auth, r jsonrpc.AuthRequest) http.Header {
	t.Helper()
	header, err := a(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return header
}

func TestBearerAsksWhenItHasTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetched := 0
		a := auth.Bearer(func(context.Context) (auth.Token, error) {
			fetched++
			return auth.Token{Value: fmt.Sprint("t", fetched), Expires: time.Now().Add(time.Minute)}, nil
		})
		get := func(r jsonrpc.AuthRequest) string { return headers(t, a, r).Get("Authorization") }
		var got []string
		got = append(got, get(jsonrpc.AuthRequest{}), get(jsonrpc.AuthRequest{})) // one token for both
		time.Sleep(49 * time.Second)
		got = append(got, get(jsonrpc.AuthRequest{}))
		time.Sleep(time.Second) // ten seconds before its end
		got = append(got, get(jsonrpc.AuthRequest{}))
		refused := http.Header{"Authorization": {"Bearer t2"}}
		got = append(got, get(jsonrpc.AuthRequest{Refused: refused}))
		// Another message that was refused with the old token takes the new one.
		got = append(got, get(jsonrpc.AuthRequest{Refused: refused}))
		want := []string{"Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2", "Bearer t3", "Bearer t3"}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestBearerIsFetchedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetched, release := 0, make(chan struct{})
		a := auth.Bearer(func(context.Context) (auth.Token, error) {
			fetched++
			<-release
			return auth.Token{Value: "t"}, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() {
			_, err := a(ctx, jsonrpc.AuthRequest{})
			gone <- err
		}()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if got := headers(t, a, jsonrpc.AuthRequest{}).Get("Authorization"); got != "Bearer t" {
					t.Error(got)
				}
			})
		}
		synctest.Wait()
		cancel() // one of those who wait goes; the others do not notice
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		close(release)
		all.Wait()
		if fetched != 1 {
			t.Errorf("fetched %d times", fetched)
		}
	})
}

func TestBearerFetchEndsWhenNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		ended := make(chan struct{})
		a := auth.Bearer(func(ctx context.Context) (auth.Token, error) {
			if !first {
				return auth.Token{Value: "second"}, nil
			}
			first = false
			<-ctx.Done()
			close(ended)
			return auth.Token{}, ctx.Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := a(ctx, jsonrpc.AuthRequest{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		<-ended
		if got := headers(t, a, jsonrpc.AuthRequest{}).Get("Authorization"); got != "Bearer second" {
			t.Error(got)
		}
	})
}

func TestBearerErrors(t *testing.T) {
	fail := errors.New("the identity provider is down")
	a := auth.Bearer(func(context.Context) (auth.Token, error) { return auth.Token{}, fail })
	if _, err := a(t.Context(), jsonrpc.AuthRequest{}); !errors.Is(err, fail) {
		t.Error(err)
	}
	a = auth.Bearer(func(context.Context) (auth.Token, error) { return auth.Token{}, nil })
	if _, err := a(t.Context(), jsonrpc.AuthRequest{}); err == nil || err.Error() != "the token is empty" {
		t.Error(err)
	}
}

// The token is checked with what the standard library has, not with our code.
func checkJWT(t *testing.T, header http.Header, key []byte, want map[string]any) {
	t.Helper()
	value, ok := strings.CutPrefix(header.Get("Authorization"), "Bearer ")
	parts := strings.Split(value, ".")
	if !ok || len(parts) != 3 {
		t.Fatalf("not a token: %q", value)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if sum, err := base64.RawURLEncoding.DecodeString(parts[2]); err != nil || !hmac.Equal(sum, mac.Sum(nil)) {
		t.Error("the signature is wrong", err)
	}
	for i, want := range []any{map[string]any{"alg": "HS256", "typ": "JWT"}, want} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		expected, _ := json.Marshal(want)
		var got, again any
		if json.Unmarshal(text, &got) != nil || json.Unmarshal(expected, &again) != nil || fmt.Sprint(got) != fmt.Sprint(again) {
			t.Errorf("%s, want %s", text, expected)
		}
	}
}

func TestJWT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := []byte("a key of thirty-two bytes, quite")
		a := auth.JWT(key, map[string]any{"id": "me", "iat": 1})
		checkJWT(t, headers(t, a, jsonrpc.AuthRequest{}), key, map[string]any{"id": "me", "iat": time.Now().Unix()})
		time.Sleep(time.Minute)
		checkJWT(t, headers(t, a, jsonrpc.AuthRequest{}), key, map[string]any{"id": "me", "iat": time.Now().Unix()})
	})
	if _, err := auth.JWT(nil, map[string]any{"id": make(chan int)})(t.Context(), jsonrpc.AuthRequest{}); err == nil {
		t.Error("claims that are no JSON")
	}
}

func TestJWTFileIsReadAgainAfter401(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "jwt.hex")
		write := func(text string) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		first, second := slices.Repeat([]byte{1}, 32), slices.Repeat([]byte{2}, 32)
		a := auth.JWTFile(path, nil)
		if _, err := a(t.Context(), jsonrpc.AuthRequest{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Error(err)
		}
		write("0x" + hex.EncodeToString(first) + "\n")
		now := map[string]any{"iat": time.Now().Unix()}
		checkJWT(t, headers(t, a, jsonrpc.AuthRequest{}), first, now)
		write(hex.EncodeToString(second))
		checkJWT(t, headers(t, a, jsonrpc.AuthRequest{}), first, now)
		checkJWT(t, headers(t, a, jsonrpc.AuthRequest{Refused: http.Header{}}), second, now)
		write("0x1234")
		_, err := a(t.Context(), jsonrpc.AuthRequest{Refused: http.Header{}})
		if err == nil || strings.Contains(err.Error(), "1234") || !strings.Contains(err.Error(), "64 hexadecimal digits") {
			t.Error(err)
		}
	})
}

func TestHMAC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, body := []byte("key"), []byte(`{"jsonrpc":"2.0","method":"cat","id":1}`)
		sum := func(text string) []byte {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(text))
			return mac.Sum(nil)
		}
		now := fmt.Sprint(time.Now().Unix())
		long := hmac.New(sha512.New, key)
		long.Write(body)
		tests := map[string]struct {
			hmac auth.HMAC
			want http.Header
		}{
			"plain": {auth.HMAC{Header: "X-Signature", Key: key}, http.Header{"X-Signature": {hex.EncodeToString(sum(string(body)))}}},
			"prefix, SHA-512, base64": {
				auth.HMAC{Header: "X-Sig", Key: key, Prefix: "sha512=", Hash: sha512.New, Encode: base64.StdEncoding.EncodeToString},
				http.Header{"X-Sig": {"sha512=" + base64.StdEncoding.EncodeToString(long.Sum(nil))}},
			},
			"with the time": {
				auth.HMAC{Header: "X-Sig", Key: key, TimeHeader: "X-Time"},
				http.Header{"X-Sig": {hex.EncodeToString(sum(now + "." + string(body)))}, "X-Time": {now}},
			},
		}
		for name, test := range tests {
			if got := headers(t, test.hmac.Auth(), jsonrpc.AuthRequest{Body: body}); fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("%s: %v, want %v", name, got, test.want)
			}
		}
	})
}

// bitcoind writes another cookie when it starts again.
func TestCookieFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".cookie")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("__cookie__:first")
	var valid string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != valid {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","result":"in","id":1}`)
	}))
	defer server.Close()
	client, err := jsonrpc.Dial(t.Context(), server.URL, jsonrpc.WithAuth(auth.CookieFile(path)))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, valid = range []string{"first", "second"} {
		write("__cookie__:" + valid)
		if got, err := jsonrpc.Call[string](t.Context(), client, "cat", nil, jsonrpc.WithID(jsonrpc.IntID(1))); got != "in" || err != nil {
			t.Errorf("with the %s cookie: %q %v", valid, got, err)
		}
	}
	valid = "third"
	write("no colon")
	err = client.Call(t.Context(), "cat", nil, nil)
	if err == nil || strings.Contains(err.Error(), "no colon") || !strings.Contains(err.Error(), "USER:PASSWORD") {
		t.Error(err)
	}
	write(strings.Repeat("a:", 4<<10))
	if err = client.Call(t.Context(), "cat", nil, nil); err == nil || !strings.Contains(err.Error(), "more than 4096 bytes") {
		t.Error(err)
	}
	if err = os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err = client.Call(t.Context(), "cat", nil, nil); err == nil || strings.Count(err.Error(), path) != 1 {
		t.Error(err)
	}
}
