package jsonrpc_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/jsonrpc"
)

// A token that is known only once a message goes out is in no log and no error either,
// if the server echoes it, however the message went.
func TestSecretsOfLaterOptions(t *testing.T) {
	const token = "open-sesame"
	bearer := jsonrpc.WithBearer(func(context.Context) (string, error) { return token, nil })
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var all []string
		for _, id := range requestID.FindAllStringSubmatch(string(body), -1) {
			all = append(all, fmt.Sprintf(`{"jsonrpc":"2.0","result":%q,"id":%s}`, r.Header.Get("Authorization"), id[1]))
		}
		reply := strings.Join(all, ",")
		if body[0] == '[' {
			reply = "[" + reply + "]"
		}
		_, _ = io.WriteString(w, reply)
	})
	own := jsonrpc.Endpoint{URL: server.URL, Options: []jsonrpc.DialOption{bearer}}
	made := jsonrpc.Endpoint{Name: "made", Dial: func(ctx context.Context) (*jsonrpc.Client, error) {
		return jsonrpc.Dial(ctx, server.URL, bearer)
	}}
	part := jsonrpc.WithInterceptors(func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			part := x.Part()
			return x.Adopt(part, next(ctx, part))
		}
	})
	coalescing := jsonrpc.WithCoalescing(jsonrpc.Coalescing{MaxItems: 2, Window: time.Millisecond})
	for name, client := range map[string]func(log jsonrpc.Option) jsonrpc.Caller{
		"a client":              func(log jsonrpc.Option) jsonrpc.Caller { return dial(t, server.URL, bearer, log) },
		"a part":                func(log jsonrpc.Option) jsonrpc.Caller { return dial(t, server.URL, bearer, log, part) },
		"coalesced":             func(log jsonrpc.Option) jsonrpc.Caller { return dial(t, server.URL, bearer, log, coalescing) },
		"a pool":                func(log jsonrpc.Option) jsonrpc.Caller { return newPool(t, jsonrpc.URLs(server.URL), bearer, log) },
		"an endpoint":           func(log jsonrpc.Option) jsonrpc.Caller { return newPool(t, jsonrpc.Endpoints(own), log) },
		"an endpoint by itself": func(log jsonrpc.Option) jsonrpc.Caller { return newPool(t, jsonrpc.Endpoints(made), log) },
		"a pool with secrets": func(log jsonrpc.Option) jsonrpc.Caller {
			return newPool(t, jsonrpc.Endpoints(made), log, jsonrpc.WithSecrets("Bearer"))
		},
		"a pool, coalesced": func(log jsonrpc.Option) jsonrpc.Caller {
			return newPool(t, jsonrpc.Endpoints(own), log, coalescing)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var (
				calls sync.WaitGroup
				mu    sync.Mutex // for log
				log   strings.Builder
			)
			c := client(jsonrpc.WithLogger(slog.New(slog.NewTextHandler(&lockedWriter{&mu, &log}, nil))))
			for range 4 {
				calls.Go(func() {
					_, err := jsonrpc.Call[int](t.Context(), c, "m", nil)
					if misfit := as[*jsonrpc.DecodeError](t, err); strings.Contains(err.Error()+string(misfit.Result), token) {
						t.Errorf("%v: %s", err, misfit.Result)
					}
				})
			}
			calls.Wait()
			if strings.Contains(log.String(), token) || !strings.Contains(log.String(), "***") {
				t.Errorf("the log:\n%s", log.String())
			}
		})
	}
}

// A lockedWriter is for many goroutines.
type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
