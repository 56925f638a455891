package transporttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc/transport"
)

// override is a stream with some methods changed.
type override struct {
	transport.Stream
	read  func(ctx context.Context, buf []byte) ([]byte, error)
	write func(ctx context.Context, msg []byte) error
	close func() error
}

func (o *override) Read(ctx context.Context, buf []byte) ([]byte, error) {
	if o.read != nil {
		return o.read(ctx, buf)
	}
	return o.Stream.Read(ctx, buf)
}

func (o *override) Write(ctx context.Context, msg []byte) error {
	if o.write != nil {
		return o.write(ctx, msg)
	}
	return o.Stream.Write(ctx, msg)
}

func (o *override) Close() error {
	if o.close != nil {
		return o.close()
	}
	return o.Stream.Close()
}

// mapRead changes what a stream's Read returns.
func mapRead(s transport.Stream, change func(msg []byte, err error) ([]byte, error)) *override {
	return &override{Stream: s, read: func(ctx context.Context, buf []byte) ([]byte, error) {
		return change(s.Read(ctx, buf))
	}}
}

// TestStreamRules breaks each rule, and wants it noticed.
func TestStreamRules(t *testing.T) {
	background := context.Background()
	rude := func(s transport.Stream, conn net.Conn) transport.Stream {
		return &override{Stream: s, write: func(ctx context.Context, msg []byte) error {
			if deadline, ok := ctx.Deadline(); ok {
				_ = conn.SetWriteDeadline(deadline)
			}
			frame := transport.Header.AppendFrame(nil, msg)
			_, err := conn.Write(frame[:len(frame)/2])
			if err == nil {
				_, err = conn.Write(frame[len(frame)/2:])
			}
			if err != nil {
				return &transport.Error{Op: "send", Sent: true, Err: errors.Join(err, ctx.Err())}
			}
			return nil
		}}
	}
	broken := []struct {
		rule, want string
		change     func(transport.Stream, net.Conn) transport.Stream
	}{
		{"Messages", "the peer received", func(s transport.Stream, _ net.Conn) transport.Stream {
			return &override{Stream: s, write: func(ctx context.Context, msg []byte) error {
				return s.Write(ctx, []byte(strings.ReplaceAll(string(msg), "\u2028", "\n")))
			}}
		}},
		{"Messages", "read", func(s transport.Stream, _ net.Conn) transport.Stream {
			return mapRead(s, func(msg []byte, err error) ([]byte, error) { return msg[:min(len(msg), 1000)], err })
		}},
		{"Buffers", "before the message", func(s transport.Stream, _ net.Conn) transport.Stream {
			return &override{Stream: s, read: func(ctx context.Context, _ []byte) ([]byte, error) { return s.Read(ctx, nil) }}
		}},
		{"Buffers", "was used again", func(s transport.Stream, _ net.Conn) transport.Stream {
			var kept []byte // by one Write for the next
			return &override{Stream: s, write: func(ctx context.Context, msg []byte) error {
				if kept == nil {
					kept = msg
					return nil
				}
				return errors.Join(s.Write(ctx, kept), s.Write(ctx, msg))
			}}
		}},
		{"WriteEnded", "returned no error", func(s transport.Stream, _ net.Conn) transport.Stream {
			return &override{Stream: s, write: func(_ context.Context, msg []byte) error {
				msg = bytes.Clone(msg)
				go func() { _ = s.Write(background, msg) }()
				return nil
			}}
		}},
		{"WriteEnded", "no *transport.Error", func(s transport.Stream, _ net.Conn) transport.Stream {
			return &override{Stream: s, write: func(ctx context.Context, msg []byte) error {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return s.Write(ctx, msg)
			}}
		}},
		{"WriteBlocked", "has not returned", func(s transport.Stream, _ net.Conn) transport.Stream {
			return &override{Stream: s, write: func(_ context.Context, msg []byte) error { return s.Write(background, msg) }}
		}},
		{"WriteBlocked", "the peer", rude},
		{"WriteConcurrently", "which no Write has sent", rude},
		{"ReadEnded", "has not returned", func(s transport.Stream, _ net.Conn) transport.Stream {
			return &override{Stream: s, read: func(_ context.Context, buf []byte) ([]byte, error) { return s.Read(background, buf) }}
		}},
		{"ReadEnded", "has not returned", func(s transport.Stream, _ net.Conn) transport.Stream {
			lose := false // the message after a Read that ended
			return &override{Stream: s, read: func(ctx context.Context, buf []byte) ([]byte, error) {
				msg, err := s.Read(ctx, buf)
				if err == nil && lose {
					lose = false
					msg, err = s.Read(ctx, buf)
				}
				lose = lose || err != nil && ctx.Err() != nil
				return msg, err
			}}
		}},
		{"EOF", "want io.EOF", func(s transport.Stream, _ net.Conn) transport.Stream {
			return mapRead(s, func(msg []byte, err error) ([]byte, error) {
				if err == io.EOF {
					err = net.ErrClosed
				}
				return msg, err
			})
		}},
		{"EOFInMessage", "want io.ErrUnexpectedEOF", func(s transport.Stream, _ net.Conn) transport.Stream {
			return mapRead(s, func(msg []byte, err error) ([]byte, error) {
				if errors.Is(err, io.ErrUnexpectedEOF) {
					err = io.EOF
				}
				return msg, err
			})
		}},
		{"FrameError", "want a *FrameError", func(s transport.Stream, _ net.Conn) transport.Stream {
			return mapRead(s, func(msg []byte, err error) ([]byte, error) {
				if err != nil {
					err = errors.New(err.Error())
				}
				return msg, err
			})
		}},
		{"Limit", "wraps ErrTooLarge", func(_ transport.Stream, conn net.Conn) transport.Stream {
			return transport.NewStream(conn, &transport.StreamOptions{Framing: transport.Header})
		}},
		{"Promise", "made Read allocate", func(s transport.Stream, _ net.Conn) transport.Stream {
			return &override{Stream: s, read: func(ctx context.Context, _ []byte) ([]byte, error) {
				return s.Read(ctx, make([]byte, 0, promised))
			}}
		}},
		{"CloseUnblocksRead", "has not returned", func(s transport.Stream, _ net.Conn) transport.Stream {
			return &override{Stream: s, close: func() error { return nil }}
		}},
		{"CloseUnblocksWrite", "has not returned", func(s transport.Stream, _ net.Conn) transport.Stream {
			return &override{Stream: s, close: func() error { return nil }}
		}},
	}
	covered := map[string]bool{}
	for _, b := range broken {
		covered[b.rule] = true
	}
	for _, rule := range streamRules {
		if !covered[rule.name] {
			t.Errorf("no stream here breaks the rule %s", rule.name)
		}
		for _, b := range broken {
			if b.rule != rule.name {
				continue
			}
			t.Run(rule.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ours, theirs := net.Pipe()
					s := transport.NewStream(ours, &transport.StreamOptions{Framing: transport.Header, MaxMessage: rule.limit})
					e := newEnds(b.change(s, ours), NewPeer(theirs, transport.Header), synctest.Wait)
					err := rule.check(e)
					_ = theirs.Close()
					_ = s.Close()
					_ = e.close()
					if err == nil || !strings.Contains(err.Error(), b.want) {
						t.Errorf("error %v, want one with %q", err, b.want)
					}
				})
			})
		}
	}
}
