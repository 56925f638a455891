package realservers

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// eventTimeout is far above what any server needs to send what a test waits for.
const eventTimeout = 30 * time.Second

// subscribe returns a subscription that ends with the test.
func subscribe(t *testing.T, client *jsonrpc.Client, d jsonrpc.Dialect) *jsonrpc.Subscription {
	t.Helper()
	sub, err := jsonrpc.Subscribe(t.Context(), client, d, nil)
	wantNone(t, err)
	t.Cleanup(func() { _ = sub.Close(context.Background()) })
	return sub
}

// nextEvent waits for the next event, which must be no gap.
func nextEvent(t *testing.T, sub *jsonrpc.Subscription) jsonrpc.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), eventTimeout)
	defer cancel()
	for event, err := range sub.Events(ctx) {
		wantNone(t, err)
		if event.Gap != nil {
			t.Fatalf("a gap, because of %v, instead of an event", event.Gap.Err)
		}
		return event
	}
	panic("a subscription ended without an error")
}

// receive waits for what another goroutine sends.
func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(eventTimeout):
		t.Fatalf("nothing came within %v", eventTimeout)
		panic("unreachable")
	}
}

// eventually waits for something that nobody announces.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	timeout := time.After(eventTimeout)
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for !done() {
		select {
		case <-timeout:
			t.Fatalf("still not so after %v: %s", eventTimeout, what)
		case <-tick.C:
		}
	}
}

// wantStats checks what went on on a client's only connection.
func wantStats(t *testing.T, client *jsonrpc.Client, want jsonrpc.StreamStats) {
	t.Helper()
	want.Connects = 1
	wantEqual(t, client.StreamStats(), want)
}

// noGoroutinesLeft returns a function that checks that none of the goroutines are left that this one starts from now on,
// or that those start. Tests run side by side, so that counting all would not do.
func noGoroutinesLeft(t *testing.T) (check func()) {
	t.Helper()
	outer := t.Context()
	pprof.SetGoroutineLabels(pprof.WithLabels(outer, pprof.Labels("started by", t.Name())))
	t.Cleanup(func() { pprof.SetGoroutineLabels(outer) })
	mark := fmt.Sprintf("# labels: {%q:%q}", "started by", t.Name())
	return func() {
		t.Helper()
		// This one must not be found itself; nor are its goroutines of interest any more.
		pprof.SetGoroutineLabels(outer)
		var profile bytes.Buffer
		eventually(t, "no goroutine is left", func() bool {
			profile.Reset()
			wantNone(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
			return !strings.Contains(profile.String(), mark)
		})
	}
}

// A tap notes the messages of a stream, as they come and go.
type tap struct {
	transport.Stream
	mu             sync.Mutex // for what follows
	sent, received []string
}

func (s *tap) Read(ctx context.Context, buf []byte) ([]byte, error) {
	start := len(buf)
	buf, err := s.Stream.Read(ctx, buf)
	if err == nil {
		s.mu.Lock()
		s.received = append(s.received, string(buf[start:]))
		s.mu.Unlock()
	}
	return buf, err
}

func (s *tap) Write(ctx context.Context, msg []byte) error {
	s.mu.Lock()
	s.sent = append(s.sent, string(msg))
	s.mu.Unlock()
	return s.Stream.Write(ctx, msg)
}

// sentTexts returns the messages that were sent so far.
func (s *tap) sentTexts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// receivedTexts returns the messages that came so far.
func (s *tap) receivedTexts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received)
}
