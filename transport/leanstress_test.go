//go:build unix

package transport_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// TestLeanStress: while contexts end at any moment and bodies are left unread, each
// request gets its own reply, and those that nobody ends do not fail.
func TestLeanStress(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // whole: a server reads no more of it once it replies
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	lean := newLean(t, &transport.LeanOptions{MaxIdle: 8})
	once := func(text string, ends time.Duration, unread bool) error {
		ctx := t.Context()
		if ends > 0 {
			var cancel func()
			ctx, cancel = context.WithTimeout(ctx, ends)
			defer cancel()
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(text))
		if err != nil {
			return err
		}
		resp, err := lean.RoundTrip(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if unread {
			return nil
		}
		got, err := io.ReadAll(resp.Body)
		if err == nil && string(got) != text {
			t.Errorf("the reply is %.20q, want %.20q", got, text)
		}
		return err
	}
	var wait sync.WaitGroup
	for g := range 16 {
		wait.Go(func() {
			for i := range 200 {
				text := strings.Repeat(fmt.Sprintf("%d/%d ", g, i), 1+rand.IntN(2000))
				var ends time.Duration
				if i%3 == 0 {
					ends = time.Duration(1 + rand.IntN(int(time.Millisecond)))
				}
				if err := once(text, ends, i%7 == 0); err != nil && ends == 0 {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}
