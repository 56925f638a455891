package transporttest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc/transport"
)

// memory is a transport to a server in the same program.
type memory struct{ handle Handler }

func (m memory) RoundTrip(ctx context.Context, msg *transport.Message) (io.ReadCloser, error) {
	if len(msg.Header) > 0 || len(msg.Query) > 0 {
		return nil, &transport.Error{Op: "send", Err: transport.ErrNoHeaders}
	}
	if ctx.Err() != nil {
		return nil, &transport.Error{Op: "send", Err: context.Cause(ctx)}
	}
	msg.Keep()
	body, reply := msg.Body, msg.Reply
	r, w := io.Pipe()
	go func() {
		err := m.handle(body, w)
		if err != nil {
			err = io.ErrUnexpectedEOF
		}
		_ = w.CloseWithError(err)
	}()
	if !reply {
		_ = r.Close()
		return nil, nil
	}
	stop := context.AfterFunc(ctx, func() {
		_ = w.CloseWithError(&transport.Error{Op: "read", Sent: true, Err: context.Cause(ctx)})
	})
	return pipeReply{r, stop}, nil
}

type pipeReply struct {
	*io.PipeReader
	stop func() bool
}

func (r pipeReply) Close() error {
	r.stop()
	return r.PipeReader.Close()
}

func TestMemory(t *testing.T) {
	TestRoundTripperInBubble(t, func(_ *testing.T, h Handler) transport.RoundTripper { return memory{h} })
}

// tripper is a transport made of a function.
type tripper func(ctx context.Context, m *transport.Message) (io.ReadCloser, error)

func (f tripper) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	return f(ctx, m)
}

// mapReply changes the text of replies.
func mapReply(rt transport.RoundTripper, change func(reply []byte, err error) (string, error)) tripper {
	return func(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
		r, err := rt.RoundTrip(ctx, m)
		if err != nil || r == nil {
			return r, err
		}
		defer r.Close()
		text, err := change(io.ReadAll(r))
		return io.NopCloser(strings.NewReader(text)), err
	}
}

// TestRoundTripperRules breaks each rule, and wants it noticed.
func TestRoundTripperRules(t *testing.T) {
	deaf := func(rt transport.RoundTripper) transport.RoundTripper {
		return tripper(func(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
			return rt.RoundTrip(context.WithoutCancel(ctx), m)
		})
	}
	broken := map[string]struct {
		want   string
		change func(transport.RoundTripper) transport.RoundTripper
	}{
		"Reply": {"the reply to request", func(rt transport.RoundTripper) transport.RoundTripper {
			return mapReply(rt, func(reply []byte, err error) (string, error) {
				return strings.ReplaceAll(string(reply), "\u2028", ""), err
			})
		}},
		"Notification": {"receive a message without an answer, has not", func(rt transport.RoundTripper) transport.RoundTripper {
			return tripper(func(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
				if !m.Reply {
					return nil, nil
				}
				return rt.RoundTrip(ctx, m)
			})
		}},
		"Concurrently": {"the reply to request", func(rt transport.RoundTripper) transport.RoundTripper {
			replies := make(chan string, 1)
			return mapReply(rt, func(reply []byte, err error) (string, error) {
				select {
				case replies <- string(reply):
					synctest.Wait()
					return <-replies, err
				case other := <-replies:
					replies <- string(reply)
					return other, err
				}
			})
		}},
		"Unchanged": {"was changed", func(rt transport.RoundTripper) transport.RoundTripper {
			return tripper(func(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
				m.Info = nil
				return rt.RoundTrip(ctx, m)
			})
		}},
		"Headers": {"were changed", func(rt transport.RoundTripper) transport.RoundTripper {
			return tripper(func(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
				m.Header, m.Query = http.Header{}, nil
				return rt.RoundTrip(ctx, m)
			})
		}},
		"Ended":        {"returned no error", deaf},
		"EndedWaiting": {"has not returned", deaf},
		"EndedInReply": {"has not returned", deaf},
		"CutReply": {"and no error", func(rt transport.RoundTripper) transport.RoundTripper {
			return mapReply(rt, func(reply []byte, err error) (string, error) { return string(reply), nil })
		}},
		"Abandoned": {"under way", func(rt transport.RoundTripper) transport.RoundTripper {
			under := false
			return tripper(func(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
				if under {
					return nil, &transport.Error{Op: "send", Err: errors.New("a reply is under way")}
				}
				under = true
				r, err := rt.RoundTrip(ctx, m)
				return untilRead{r, &under}, err
			})
		}},
	}
	for _, rule := range tripRules {
		b, ok := broken[rule.name]
		if !ok {
			t.Errorf("no transport here breaks the rule %s", rule.name)
			continue
		}
		t.Run(rule.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newTrip()
				c.RoundTripper = b.change(memory{c.handle})
				err := rule.check(c)
				close(c.release)
				if err == nil || !strings.Contains(err.Error(), b.want) {
					t.Errorf("error %v, want one with %q", err, b.want)
				}
			})
		})
	}
}

// untilRead is under way until it was read.
type untilRead struct {
	io.ReadCloser
	under *bool
}

func (r untilRead) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	*r.under = err == nil
	return n, err
}
