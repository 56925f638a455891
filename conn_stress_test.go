package jsonrpc_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A rude server answers in any order, some requests twice and some never, and
// hangs up when it likes. The answer to a request is its params.
type rudeServer struct {
	listener net.Listener
	conns    sync.WaitGroup
	hangUps  atomic.Int64

	mu   sync.Mutex     // for seen
	seen map[string]int // how often each param came
}

func newRudeServer(t *testing.T) *rudeServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rudeServer{listener: l, seen: map[string]int{}}
	s.conns.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Go(func() { s.serve(conn) })
		}
	})
	return s
}

func (s *rudeServer) close() {
	_ = s.listener.Close()
	s.conns.Wait()
}

type rudeRequest struct {
	Method string
	Params json.RawMessage
	ID     json.RawMessage
}

func (s *rudeServer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	out := make(chan string, 10_000)
	s.conns.Go(func() { writeShuffled(conn, out) })
	defer close(out)
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		text := lines.Bytes()
		var requests []rudeRequest
		batch := text[0] == '['
		if !batch {
			requests = make([]rudeRequest, 1)
			_ = json.Unmarshal(text, &requests[0])
		} else {
			_ = json.Unmarshal(text, &requests)
		}
		var answers []string
		for _, r := range requests {
			if r.ID == nil || r.Method == "" {
				continue
			}
			s.mu.Lock()
			s.seen[string(r.Params)]++
			s.mu.Unlock()
			answers = append(answers, fmt.Sprintf(`{"jsonrpc":"2.0","result":%s,"id":%s}`, r.Params, r.ID))
		}
		rand.Shuffle(len(answers), func(i, k int) { answers[i], answers[k] = answers[k], answers[i] })
		if batch && len(answers) > 0 && rand.N(2) == 0 {
			answers = []string{"[" + strings.Join(answers, ",") + "]"}
		}
		for _, answer := range answers {
			switch rand.N(500) {
			case 0: // never
			case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10:
				out <- answer
				fallthrough
			default:
				out <- answer
			}
		}
		switch rand.N(2000) {
		case 0:
			s.hangUps.Add(1)
			return
		case 1:
			out <- "what?"
		case 2:
			out <- `{"jsonrpc":"2.0","method":"n","params":[]}`
		case 3:
			out <- `{"jsonrpc":"2.0","method":"r","id":1}`
		}
	}
}

// writeShuffled writes what comes, a few at a time, in any order.
func writeShuffled(conn net.Conn, out <-chan string) {
	for answer := range out {
		some := []string{answer}
		for more := true; more && len(some) < 50; {
			select {
			case answer, ok := <-out:
				if more = ok; ok {
					some = append(some, answer)
				}
			default:
				more = false
			}
		}
		rand.Shuffle(len(some), func(i, k int) { some[i], some[k] = some[k], some[i] })
		_, _ = conn.Write([]byte(strings.Join(some, "\n") + "\n")) // the reader sees its end
	}
}

// TestStress has a thousand goroutines call a rude server, and give up when they
// like. Each call ends once, with its own answer or an error of a known type;
// nothing is sent twice; nothing is left.
func TestStress(t *testing.T) {
	duration := 4 * time.Second
	if testing.Short() {
		duration = time.Second
	}
	before := leftovers()
	server := newRudeServer(t)
	c, err := jsonrpc.Dial(t.Context(), "tcp://"+server.listener.Addr().String(),
		jsonrpc.WithMaxBackoff(time.Millisecond), jsonrpc.WithCancelNotice(jsonrpc.CancelLSP), jsonrpc.WithTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	var ends [numEnds]atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(duration)
	for g := range 1000 {
		wg.Go(func() {
			for n := 0; time.Now().Before(end); n++ {
				ends[stressCall(t, c, fmt.Sprintf("%d/%d", g, n))].Add(1)
			}
		})
	}
	wg.Wait()
	stats := c.StreamStats()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	server.close()
	for param, n := range server.seen {
		if n != 1 {
			t.Errorf("%s was sent %d times", param, n)
		}
	}
	if ends[answered].Load() < 1000 {
		t.Errorf("%d calls were answered", ends[answered].Load())
	}
	before.wantNoMore(t)
	t.Logf("answered %d, given up %d, timed out %d, lost %d (never sent %d); hung up on %d times; %+v", ends[answered].Load(),
		ends[givenUp].Load(), ends[timedOut].Load(), ends[lost].Load(), ends[neverSent].Load(), server.hangUps.Load(), stats)
}

// How a call can end.
const (
	answered = iota
	givenUp
	timedOut
	lost
	neverSent
	numEnds
)

// stressCall makes a call, or a batch, and tells how it ended.
func stressCall(t *testing.T, c *jsonrpc.Client, param string) int {
	ctx := t.Context()
	if rand.N(8) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, rand.N(3*time.Millisecond))
		defer cancel()
	}
	var (
		err error
		got []string
	)
	if rand.N(10) > 0 {
		err = c.Call(ctx, "echo", jsonrpc.Args{param}, &got)
		return endOf(t, ctx, err, got, param)
	}
	var b jsonrpc.Batch
	first := jsonrpc.Queue[[]string](&b, "echo", jsonrpc.Args{param})
	second := jsonrpc.Queue[[]string](&b, "echo", jsonrpc.Args{param, "b"})
	b.Notify("note", nil)
	_, _ = c.Send(ctx, &b)
	got, err = second.Get()
	endOf(t, ctx, err, got, param, "b")
	got, err = first.Get()
	return endOf(t, ctx, err, got, param)
}

func endOf(t *testing.T, ctx context.Context, err error, got []string, want ...string) int {
	te := (*transport.Error)(nil)
	switch {
	case err == nil:
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("got %q, want %q", got, want)
		}
		return answered
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return givenUp
	case errors.Is(err, context.DeadlineExceeded):
		return timedOut
	case errors.As(err, &te) && !te.Sent:
		return neverSent
	case te != nil:
		return lost
	case errors.Is(err, jsonrpc.ErrNoResponse): // an item of a batch that is never answered
		return lost
	}
	t.Errorf("of no known type: %T %v", errors.Unwrap(err), err)
	return lost
}

// leftover counts what a test should not leave behind.
type leftover struct{ goroutines, descriptors int }

func leftovers() leftover {
	l := leftover{goroutines: runtime.NumGoroutine()}
	entries, _ := os.ReadDir("/proc/self/fd") // Linux; none elsewhere
	l.descriptors = len(entries)
	return l
}

// wantNoMore waits until there is no more left over than before.
func (before leftover) wantNoMore(t *testing.T) {
	t.Helper()
	var now leftover
	for range 500 {
		now = leftovers()
		if now.goroutines <= before.goroutines && now.descriptors <= before.descriptors {
			return
		}
		runtime.Gosched()
		time.Sleep(10 * time.Millisecond) // what ends, ends soon
	}
	buf := make([]byte, 1<<20)
	t.Errorf("before: %+v, after: %+v\n%s", before, now, buf[:runtime.Stack(buf, true)])
}
