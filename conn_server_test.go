package jsonrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc"
)

// A request of the server's may have the id of one of ours.
func TestServerRequestWithOurID(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client(jsonrpc.WithHandler(jsonrpc.HandlerFunc(func(_ context.Context, m *jsonrpc.ServerMessage) (any, error) {
			return m.Params, nil
		})))
		one := startCall(t.Context(), t, c, "one")
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			<-- {"jsonrpc":"2.0","method":"echo","params":[1, 2],"id":1}
			--> {"jsonrpc":"2.0","result":[1,2],"id":1}
			<-- {"jsonrpc":"2.0","id":"x","method":"echo"}
			--> {"jsonrpc":"2.0","result":null,"id":"x"}
			<-- {"jsonrpc":"2.0","result":"a","id":1}
		`)
		one.want("a")
	})
}

// Requests are handled side by side, whatever order they end in.
func TestServerRequestsSideBySide(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		release := map[string]chan struct{}{"a": make(chan struct{}), "b": make(chan struct{})}
		p.client(jsonrpc.WithHandler(jsonrpc.HandlerFunc(func(_ context.Context, m *jsonrpc.ServerMessage) (any, error) {
			<-release[m.Method]
			return m.Method, nil
		})))
		p.play(`
			<-- {"jsonrpc":"2.0","method":"a","id":1}
			<-- {"jsonrpc":"2.0","method":"b","id":2}
		`)
		close(release["b"])
		p.play(`--> {"jsonrpc":"2.0","result":"b","id":2}`)
		close(release["a"])
		p.play(`--> {"jsonrpc":"2.0","result":"a","id":1}`)
	})
}

// Notifications are handled one after the other, in their order, also over the
// end of a connection.
func TestServerNotificationsInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		var got []string
		release := make(chan struct{})
		c := p.client(jsonrpc.WithHandler(jsonrpc.HandlerFunc(func(_ context.Context, m *jsonrpc.ServerMessage) (any, error) {
			if !m.Notification() {
				return nil, errors.New("it is no notification")
			}
			<-release
			got = append(got, string(m.Params)) // a data race if two are handled at once
			return nil, errors.New("of no interest to anybody")
		})))
		var want []string
		for i := range 20 {
			want = append(want, fmt.Sprintf("[%d]", i))
			p.play(fmt.Sprintf(`<-- {"jsonrpc":"2.0","method":"n","params":[%d]}`, i))
		}
		p.play(`
			<-- [{"jsonrpc":"2.0","method":"n","params":[20]}, {"jsonrpc":"2.0","method":"n","params":[21],"id":null}]
			drop
		`)
		one := startCall(t.Context(), t, c, "one")
		p.play(`
			wait 1s
			--> {"jsonrpc":"2.0","method":"one","id":1}
			<-- {"jsonrpc":"2.0","method":"n","params":[22]}
			<-- {"jsonrpc":"2.0","result":"a","id":1}
		`)
		one.want("a") // a slow handler holds up no call
		close(release)
		synctest.Wait()
		if want = append(want, "[20]", "[21]", "[22]"); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestServerNotificationsTooMany(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		var reports tray
		handled := 0
		release := make(chan struct{})
		c := p.client(jsonrpc.WithStreamErrors(reports.put),
			jsonrpc.WithHandler(jsonrpc.HandlerFunc(func(context.Context, *jsonrpc.ServerMessage) (any, error) {
				<-release
				handled++
				return nil, nil
			})))
		p.play(`<-- {"jsonrpc":"2.0","method":"n"}`)
		text := strings.Repeat(`{"jsonrpc":"2.0","method":"n"}`+"\n", 10_002)
		_, _ = p.newest().Write([]byte(text))
		synctest.Wait()
		reports.want(t, "behind", "behind")
		if s := c.StreamStats(); s.Dropped != 2 {
			t.Errorf("%+v", s)
		}
		close(release)
		synctest.Wait()
		if handled != 10_001 {
			t.Errorf("%d were handled", handled)
		}
	})
}

func TestServerRequestCallsBack(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		var c *jsonrpc.Client
		var mux jsonrpc.Mux
		jsonrpc.Handle(&mux, "ask", func(ctx context.Context, _ any) (string, error) {
			return jsonrpc.Call[string](ctx, c, "tell", nil)
		})
		c = p.client(jsonrpc.WithHandler(&mux))
		one := startCall(t.Context(), t, c, "one")
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			<-- {"jsonrpc":"2.0","method":"ask","id":1}
			--> {"jsonrpc":"2.0","method":"tell","id":2}
			<-- {"jsonrpc":"2.0","result":"secret","id":2}
			--> {"jsonrpc":"2.0","result":"secret","id":1}
			<-- {"jsonrpc":"2.0","result":"a","id":1}
		`)
		one.want("a")
	})
}

func TestServerRequestErrors(t *testing.T) {
	tests := []struct {
		name    string
		handler jsonrpc.Handler
		answer  string
		reports []string
	}{
		{"no handler", nil, `"error":{"code":-32601,"message":"Method not found"}`, nil},
		{"own code", handlerOf(nil, &jsonrpc.Error{Code: 7, Message: "no", Data: json.RawMessage(`[1]`)}),
			`"error":{"code":7,"message":"no","data":[1]}`, nil},
		{"wrapped", handlerOf(nil, fmt.Errorf("so: %w", &jsonrpc.Error{Code: 7, Message: "no"})), `"error":{"code":7,"message":"no"}`, nil},
		{"data that is not JSON", handlerOf(nil, &jsonrpc.Error{Code: 7, Message: "no", Data: json.RawMessage(`[`)}),
			`"error":{"code":7,"message":"no"}`, nil},
		{"any error", handlerOf(nil, errors.New("disk full")), `"error":{"code":-32603,"message":"disk full"}`, nil},
		{"result that does not encode", handlerOf(make(chan int), nil),
			`"error":{"code":-32603,"message":"the result does not encode as JSON: json: unsupported type: chan int"}`, nil},
		{"panic", jsonrpc.HandlerFunc(func(context.Context, *jsonrpc.ServerMessage) (any, error) { panic("secret") }),
			`"error":{"code":-32603,"message":"Internal error"}`, []string{"panicked: secret"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *peer) {
				var reports tray
				p.client(jsonrpc.WithHandler(test.handler), jsonrpc.WithStreamErrors(reports.put))
				p.play(`<-- {"jsonrpc":"2.0","method":"m","id":1}
					--> {"jsonrpc":"2.0",` + test.answer + `,"id":1}`)
				reports.want(t, test.reports...)
				// A notification is never answered.
				p.play(`<-- {"jsonrpc":"2.0","method":"m"}`)
				reports.want(t, test.reports...)
			})
		})
	}
}

// handlerFunc handles all by calling f.
func handlerFunc(f func()) jsonrpc.Handler {
	return jsonrpc.HandlerFunc(func(context.Context, *jsonrpc.ServerMessage) (any, error) {
		f()
		return nil, nil
	})
}

func handlerOf(result any, err error) jsonrpc.Handler {
	return jsonrpc.HandlerFunc(func(context.Context, *jsonrpc.ServerMessage) (any, error) { return result, err })
}

// The hundred-and-first is refused; one that is refused, and does not read that,
// is dropped in the end.
func TestServerRequestsTooMany(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		p.deaf = true
		var reports tray
		release := make(chan struct{})
		defer close(release)
		c := p.client(jsonrpc.WithStreamErrors(reports.put),
			jsonrpc.WithHandler(jsonrpc.HandlerFunc(func(context.Context, *jsonrpc.ServerMessage) (any, error) {
				<-release
				return nil, nil
			})))
		for id := range 202 {
			p.play(fmt.Sprintf(`<-- {"jsonrpc":"2.0","method":"m","id":%d}`, id))
		}
		reports.want(t, "reads no responses", "reads no responses")
		if s := c.StreamStats(); s.Dropped != 2 {
			t.Errorf("%+v", s)
		}
		p.mu.Lock()
		go p.listen(streamOf(p.conn))
		p.mu.Unlock()
		synctest.Wait()
		for id := 100; id < 200; id++ {
			want := fmt.Sprintf(`{"jsonrpc":"2.0","error":{"code":-32000,"message":"too many requests at once"},"id":%d}`, id)
			if n := p.times()[want]; n != 1 {
				t.Fatalf("%d times %s", n, want)
			}
		}
		if n := len(p.times()); n != 100 {
			t.Errorf("%d answers", n)
		}
	})
}

func TestHandlerContextEndsWithTheConnection(t *testing.T) {
	for _, how := range []string{"drop", "close"} {
		t.Run(how, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *peer) {
				var reports tray
				ended := make(chan error, 1)
				c := p.client(jsonrpc.WithStreamErrors(reports.put),
					jsonrpc.WithHandler(jsonrpc.HandlerFunc(func(ctx context.Context, _ *jsonrpc.ServerMessage) (any, error) {
						<-ctx.Done()
						ended <- context.Cause(ctx)
						return nil, ctx.Err()
					})))
				p.play(`<-- {"jsonrpc":"2.0","method":"m","id":1}`)
				if how == "drop" {
					p.play(`drop`)
				} else {
					_ = c.Close()
				}
				if err := <-ended; (how == "close") != errors.Is(err, jsonrpc.ErrClosed) {
					t.Error(err)
				}
				p.play(``) // nothing can be answered
				reports.want(t)
			})
		})
	}
}
