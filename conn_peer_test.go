package jsonrpc_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A peer is a server on the other end of a stream, in a synctest bubble. It does
// what a script says, line by line:
//
//	--> {"jsonrpc":"2.0","method":"ping","id":1}   is the next message that comes
//	<-- {"jsonrpc":"2.0","result":"pong","id":1}   is sent, whatever it is
//	drop                                           closes the connection
//	wait 3s                                        lets time pass
//
// Lines that begin with # are comments. The bubble comes to rest between lines.
type peer struct {
	t *testing.T

	mu     sync.Mutex                      // for what follows
	onDial func(ctx context.Context) error // what a dialer meets; nil: an open door
	deaf   bool                            // of connections to come: it never reads
	limit  int64                           // of a message to the client; 0: the default
	dials  []time.Time                     // when it was dialled
	conn   net.Conn                        // the newest
	unread []string                        // what has come, and was not expected yet
	heard  []string                        // all that ever came
}

func newPeer(t *testing.T) *peer { return &peer{t: t} }

// dial is a StreamDialer.
func (p *peer) dial(ctx context.Context) (transport.Stream, error) {
	p.mu.Lock()
	p.dials = append(p.dials, time.Now())
	onDial := p.onDial
	p.mu.Unlock()
	if onDial != nil {
		if err := onDial(ctx); err != nil {
			return nil, err
		}
	}
	near, far := net.Pipe()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn = far
	if !p.deaf {
		go p.listen(streamOf(far))
	}
	return transport.NewStream(near, &transport.StreamOptions{MaxMessage: p.limit}), nil
}

func streamOf(conn net.Conn) transport.Stream { return transport.NewStream(conn, nil) }

func (p *peer) listen(s transport.Stream) {
	for {
		msg, err := s.Read(context.Background(), nil)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.unread = append(p.unread, string(msg))
		p.heard = append(p.heard, string(msg))
		p.mu.Unlock()
	}
}

// meet sets what a dialer meets from now on.
func (p *peer) meet(onDial func(ctx context.Context) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onDial = onDial
}

var errDoor = errors.New("the door is shut")

func shut(context.Context) error { return errDoor }

// play does what the script says. Nothing else may have come when it ends.
func (p *peer) play(script string) {
	p.t.Helper()
	for line := range strings.Lines(script) {
		verb, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		text = strings.TrimSpace(text)
		synctest.Wait()
		switch verb {
		case "", "#":
		case "-->":
			if got := p.next(); got != text {
				p.t.Errorf("sent, then expected:\n--> %s\n--> %s", got, text)
			}
		case "<--":
			if _, err := p.newest().Write([]byte(text + "\n")); err != nil {
				p.t.Errorf("<-- %s: %v", text, err)
			}
		case "drop":
			_ = p.newest().Close()
		case "wait":
			d, err := time.ParseDuration(text)
			if err != nil {
				p.t.Fatal(err)
			}
			time.Sleep(d) // on the fake clock
		default:
			p.t.Fatalf("script: what is %q?", line)
		}
	}
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.unread {
		p.t.Errorf("sent, and not expected:\n--> %s", text)
	}
	p.unread = nil
}

// next returns the next message that came, empty if there is none.
func (p *peer) next() (text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.unread) > 0 {
		text, p.unread = p.unread[0], p.unread[1:]
	}
	return text
}

func (p *peer) newest() net.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn
}

// times returns how often each message came.
func (p *peer) times() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	times := map[string]int{}
	for _, text := range p.heard {
		times[text]++
	}
	return times
}

// client returns a client of the peer that is closed when the test ends.
func (p *peer) client(opts ...jsonrpc.ClientOption) *jsonrpc.Client {
	p.t.Helper()
	c, err := jsonrpc.NewStreamClient(p.t.Context(), "test:", p.dial, opts...)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() })
	return c
}

// A pending is something that is under way in a goroutine of its own.
type pending[T any] struct {
	t     *testing.T
	done  chan struct{}
	value T
	err   error
}

// start starts f and lets the bubble come to rest.
func start[T any](t *testing.T, f func() (T, error)) *pending[T] {
	p := &pending[T]{t: t, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.value, p.err = f()
	}()
	synctest.Wait()
	return p
}

// startCall starts a call of a method without params.
func startCall(ctx context.Context, t *testing.T, c *jsonrpc.Client, method string, opts ...jsonrpc.CallOption) *pending[string] {
	return start(t, func() (string, error) { return jsonrpc.Call[string](ctx, c, method, nil, opts...) })
}

// get returns what came of it. It must have ended.
func (p *pending[T]) get() (T, error) {
	p.t.Helper()
	if !p.ended() {
		p.t.Fatal("it has not ended")
	}
	return p.value, p.err
}

func (p *pending[T]) ended() bool {
	synctest.Wait()
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// want checks that it ended with a value.
func (p *pending[T]) want(value T) {
	p.t.Helper()
	if got, err := p.get(); err != nil || any(got) != any(value) {
		p.t.Errorf("got %v, %v, want %v", got, err, value)
	}
}

// wantErr checks that it ended with an error, and whether that says that the
// request may have been sent.
func (p *pending[T]) wantErr(target error, maybeSent bool) {
	p.t.Helper()
	_, err := p.get()
	wantIs(p.t, err, target, maybeSent)
}

// wantIs checks what an error is, and whether it says that the request may have
// been sent.
func wantIs(t *testing.T, err, target error, maybeSent bool) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("error %v, want %v", err, target)
	}
	if jsonrpc.MaybeSent(err) != maybeSent {
		t.Errorf("MaybeSent(%v) = %v", err, !maybeSent)
	}
}

// wantLost checks that it ended because the connection did.
func (p *pending[T]) wantLost(maybeSent bool) {
	p.t.Helper()
	_, err := p.get()
	p.wantErr(as[*transport.Error](p.t, err), maybeSent)
}

// inBubble runs a test on the fake clock, which also sees to it that no goroutine
// is left when it ends.
func inBubble(t *testing.T, f func(t *testing.T, p *peer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newPeer(t)) })
}

// A tray collects what is reported.
type tray struct {
	mu   sync.Mutex // for errs
	errs []error
}

func (b *tray) put(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.errs = append(b.errs, err)
}

// want checks that as many errors were reported as there are words, each with its
// word in it.
func (b *tray) want(t *testing.T, words ...string) {
	t.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.errs) != len(words) {
		t.Errorf("%d reports, want %d: %v", len(b.errs), len(words), b.errs)
		return
	}
	for i, word := range words {
		if !strings.Contains(b.errs[i].Error(), word) {
			t.Errorf("report %d: %q is not in %v", i, word, b.errs[i])
		}
	}
	b.errs = nil
}
