package jsonrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// Replies that are within the limit each and over it together: the calls that may be
// carried out twice get theirs by themselves.
func TestCoalescedReplyTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newSlow()
		server.server.HandleFunc("get", func() string { return strings.Repeat("x", 1000) })
		server.server.HandleFunc("put", func() string { return "" })
		client := newClient(t, server, jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: time.Millisecond}),
			jsonrpc.WithMaxReply(2000), jsonrpc.WithIdempotent("get"))
		var calls sync.WaitGroup
		for range 3 {
			calls.Go(func() {
				if got, err := jsonrpc.Call[string](t.Context(), client, "get", nil); err != nil || len(got) != 1000 {
					t.Error(len(got), err)
				}
			})
		}
		calls.Go(func() {
			if err := client.Call(t.Context(), "put", nil, nil); !errors.Is(err, jsonrpc.ErrReplyTooLarge) || !jsonrpc.MaybeSent(err) {
				t.Error(err)
			}
		})
		calls.Wait()
		if got := fmt.Sprint(server.sizes); got != "[4 0 0 0]" {
			t.Errorf("messages of %s requests", got)
		}
		if wrong := doubles(t.Context(), client, 5); wrong != nil {
			t.Error(wrong)
		}
		if got := fmt.Sprint(server.sizes); got != "[4 0 0 0 5]" {
			t.Errorf("batches are not made any more: %s", got)
		}
	})
}

// A refusing is slow, and over HTTP: status says under which one a message is
// refused, 0 if it is not.
type refusing struct {
	*slow
	status func(body []byte) int
}

func (r *refusing) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	reply, err := r.slow.RoundTrip(ctx, m)
	if err != nil {
		return nil, err
	}
	status := r.status(m.Body)
	if status == 0 {
		return reply, nil
	}
	return &arriving{strings.NewReader(`{"jsonrpc":"2.0","error":{"code":-32098,"message":"no"},"id":null}`), &http.Response{StatusCode: status}}, nil
}

// Under these statuses nobody knows what was done, or the server wants to be left alone:
// nothing is sent again, whatever the error object says.
func TestCoalescedBatchUnderAStatus(t *testing.T) {
	for _, status := range []int{http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			server := &refusing{newSlow(), func([]byte) int { return status }}
			client := newClient(t, server, jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: time.Millisecond}))
			if wrong := doubles(t.Context(), client, 9); len(wrong) != 9 || fmt.Sprint(server.sizes) != "[9]" {
				t.Errorf("%d: %d calls fail, messages of %v requests", status, len(wrong), server.sizes)
			}
		})
	}
}

// What says nothing against batches as such has none refused for ever: two calls that are
// too large together, and credentials that are out of date.
func TestCoalescingGoesOnAfterARefusal(t *testing.T) {
	for name, test := range map[string]struct {
		status  int
		refused int // calls of nine
		want    string
	}{
		"too large":      {http.StatusRequestEntityTooLarge, 0, "[9 5 4 3 2 2 2 0 0 0 0 0 0 0 0 0]"},
		"not authorized": {http.StatusUnauthorized, 9, "[9]"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				refuses := true
				server := &refusing{newSlow(), func(body []byte) int {
					if refuses && body[0] == '[' {
						return test.status
					}
					return 0
				}}
				client := newClient(t, server, jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: time.Millisecond}))
				if wrong := doubles(t.Context(), client, 9); len(wrong) != test.refused {
					t.Error(wrong)
				}
				slices.SortFunc(server.sizes, func(a, b int) int { return b - a }) // single calls go side by side
				if got := fmt.Sprint(server.sizes); got != test.want {
					t.Errorf("messages of %s requests, want %s", got, test.want)
				}
				refuses, server.sizes = false, nil
				if wrong := doubles(t.Context(), client, 9); wrong != nil || fmt.Sprint(server.sizes) != "[9]" {
					t.Errorf("then messages of %v requests, %v", server.sizes, wrong)
				}
			})
		})
	}
}

// A call that was given up while its batch was under way is not there to give its place
// free when what is left of the batch is sent again.
func TestCoalescingGoesOnWithoutACallThatWasGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &refusing{newSlow(), func(body []byte) int {
			if body[0] == '[' {
				return http.StatusRequestEntityTooLarge
			}
			return 0
		}}
		client := newClient(t, server, jsonrpc.WithCoalescing(jsonrpc.Coalescing{}))
		short, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond) // in the middle of the batch
		defer cancel()
		var calls sync.WaitGroup
		calls.Go(func() { _ = doubles(t.Context(), client, 1) })
		synctest.Wait()
		for _, ctx := range []context.Context{short, t.Context()} {
			calls.Go(func() {
				if wrong := doubles(ctx, client, 1); (wrong == nil) != (ctx.Err() == nil) {
					t.Error(wrong)
				}
			})
		}
		calls.Wait()
		if got := fmt.Sprint(server.sizes); got != "[0 2 0]" {
			t.Errorf("messages of %s requests", got)
		}
		next, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if wrong := doubles(next, client, 1); wrong != nil {
			t.Error(wrong)
		}
	})
}

// An interceptor that tries again may change the message while the batch that the first
// attempt went with is under way, and is divided: the batch is what it was.
func TestCoalescedCallIsChangedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &refusing{newSlow(), func(body []byte) int {
			var batch []json.RawMessage
			if _ = json.Unmarshal(body, &batch); len(batch) > 2 {
				return http.StatusRequestEntityTooLarge
			}
			if len(batch) > 0 && strings.Contains(string(body), "again") {
				t.Errorf("sent %s", body)
			}
			return 0
		}}
		var begun atomic.Int32
		client := newClient(t, server, jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: time.Millisecond}),
			jsonrpc.WithInterceptors(func(next jsonrpc.Invoker) jsonrpc.Invoker {
				return func(ctx context.Context, x *jsonrpc.Exchange) error {
					if begun.Add(1) > 1 {
						return next(ctx, x)
					}
					hasty, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
					defer cancel()
					if err := next(hasty, x); !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
					}
					x.KeepReply()
					if err := x.SetMembers(jsonrpc.Named{"again": true}); err != nil {
						t.Error(err)
					}
					return next(ctx, x)
				}
			}))
		if wrong := doubles(t.Context(), client, 4); wrong != nil {
			t.Error(wrong)
		}
	})
}

// What has not gone when the client is closed goes nowhere: it would make a connection
// that nobody closes.
func TestCloseWhileCallsGather(t *testing.T) {
	for name, test := range map[string]struct {
		set  jsonrpc.Coalescing
		want string
	}{
		"behind another": {jsonrpc.Coalescing{}, "[0]"},
		"in a window":    {jsonrpc.Coalescing{Window: time.Second}, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newSlow()
				client := newClient(t, server, jsonrpc.WithCoalescing(test.set))
				var (
					calls  sync.WaitGroup
					failed atomic.Int32
				)
				for range 5 {
					calls.Go(func() {
						_, err := jsonrpc.Call[int](t.Context(), client, "double", jsonrpc.Args{1})
						if errors.Is(err, jsonrpc.ErrClosed) && !jsonrpc.MaybeSent(err) {
							failed.Add(1)
						} else if err != nil {
							t.Error(err)
						}
					})
				}
				synctest.Wait()
				_ = client.Close()
				calls.Wait()
				if got := fmt.Sprint(server.sizes); got != test.want || int(failed.Load()) != 5-len(server.sizes) {
					t.Errorf("messages of %s requests, %d calls end in ErrClosed", got, failed.Load())
				}
			})
		})
	}
}

// What interceptors see of a coalesced call is what came: the HTTP response of the
// batch, and the size of the call's own response, kept or not.
func TestCoalescedCallsAreSeen(t *testing.T) {
	for _, kept := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			var seen []string
			server := newSlow()
			client := newClient(t, tripper(func(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
				reply, err := server.RoundTrip(ctx, m)
				if err != nil {
					return nil, err
				}
				text, err := io.ReadAll(reply)
				return &arriving{strings.NewReader(string(text)), &http.Response{StatusCode: http.StatusOK}}, err
			}),
				jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: 1}), around(func(ctx context.Context, x *jsonrpc.Exchange, next jsonrpc.Invoker) error {
					if kept {
						x.KeepReply()
					}
					err := next(ctx, x)
					mu.Lock()
					defer mu.Unlock()
					seen = append(seen, fmt.Sprintf("HTTP %d, %d bytes", x.HTTPStatus(), x.ReplySize()))
					if kept && int(x.ReplySize()) != len(x.Reply()) {
						t.Errorf("%d bytes of %s", x.ReplySize(), x.Reply())
					}
					return err
				}))
			var calls sync.WaitGroup
			for _, n := range []int{1, -1} {
				calls.Go(func() { _ = client.Call(t.Context(), "double", jsonrpc.Args{n}, nil) })
			}
			calls.Wait()
			slices.Sort(seen)
			want := []string{
				fmt.Sprintf("HTTP 200, %d bytes", len(`{"jsonrpc":"2.0","result":2,"id":1}`)),
				fmt.Sprintf("HTTP 200, %d bytes", len(`{"jsonrpc":"2.0","error":{"code":7,"message":"negative"},"id":1}`)),
			}
			if !slices.Equal(seen, want) {
				t.Errorf("kept %v: %q, want %q", kept, seen, want)
			}
		})
	}
}
