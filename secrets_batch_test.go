package jsonrpc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// echoesToken answers each request of a batch with the token that came with it.
func echoesToken(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
	var batch []struct{ ID json.RawMessage }
	if err := json.Unmarshal(m.Body, &batch); err != nil {
		return nil, err
	}
	var replies []string
	for _, request := range batch {
		replies = append(replies, fmt.Sprintf(`{"jsonrpc":"2.0","result":{"a":%s},"id":%s}`, asJSON(m.Header.Get("Authorization")), request.ID))
	}
	return io.NopCloser(strings.NewReader("[" + strings.Join(replies, ",") + "]")), nil
}

// What a token is becomes known with the message that it authorizes, and that is
// another one than the call's own where calls are made one message, or one many.
func TestNoSecretOfMessagesThatAreMadeOfOthers(t *testing.T) {
	withToken := jsonrpc.WithBearer(func(context.Context) (string, error) { return marked["bearer"], nil })
	for name, call := range map[string]func(t *testing.T, log *slog.Logger) []error{
		"coalesced": func(t *testing.T, log *slog.Logger) []error {
			client := newClient(t, tripper(echoesToken), withToken, jsonrpc.WithLogger(log), jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: time.Millisecond}))
			return twice(t, client)
		},
		"divided": func(t *testing.T, log *slog.Logger) []error {
			client := newClient(t, tripper(echoesToken), withToken, jsonrpc.WithLogger(log))
			return inBatch(t, client, jsonrpc.WithMaxBatch(1, 0))
		},
		"adopted": func(t *testing.T, log *slog.Logger) []error {
			client := newClient(t, tripper(echoesToken), withToken, jsonrpc.WithLogger(log), jsonrpc.WithInterceptors(func(next jsonrpc.Invoker) jsonrpc.Invoker {
				return func(ctx context.Context, x *jsonrpc.Exchange) error {
					part := x.Part()
					return x.Adopt(part, next(ctx, part))
				}
			}))
			return inBatch(t, client)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				for _, err := range call(t, slog.New(slog.NewJSONHandler(&log, nil))) {
					wantNoLeak(t, "a result that does not fit", err)
				}
				if found := leaks(log.String()); found != nil || log.Len() == 0 {
					t.Errorf("%v in the log:\n%s", found, &log)
				}
			})
		})
	}
}

// twice makes two calls at once, whose results do not fit.
func twice(t *testing.T, client *jsonrpc.Client) []error {
	t.Helper()
	errs := make([]error, 2)
	var calls sync.WaitGroup
	for i := range errs {
		calls.Go(func() { _, errs[i] = jsonrpc.Call[int](t.Context(), client, "cat", nil) })
	}
	calls.Wait()
	return errs
}

// inBatch makes two calls in one batch, whose results do not fit.
func inBatch(t *testing.T, client *jsonrpc.Client, opts ...jsonrpc.CallOption) []error {
	t.Helper()
	var b jsonrpc.Batch
	results := []*jsonrpc.Result[int]{jsonrpc.Queue[int](&b, "cat", nil), jsonrpc.Queue[int](&b, "cat", nil)}
	if _, err := client.Send(t.Context(), &b, opts...); err != nil {
		t.Error(err)
	}
	errs := make([]error, len(results))
	for i, r := range results {
		_, errs[i] = r.Get()
	}
	return errs
}
