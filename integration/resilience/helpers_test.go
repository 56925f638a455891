package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A server is one in memory: for each message that comes it does a step, the last
// of them for all that follow. It notes what came, and when.
type server struct {
	name  string
	steps []step

	mu       sync.Mutex // for what follows
	begin    time.Time
	got      []arrival
	running  int
	most     int // under way at once
	canceled int // whose client left
}

// An arrival is a message that came.
type arrival struct {
	at   time.Duration // since the first
	text string
}

// A step is what a server does with a message.
type step struct {
	wait   time.Duration // before it answers; forever if negative
	deaf   bool          // it waits even if nobody does any longer
	err    error         // instead of a reply
	status int           // 200 if 0
	header http.Header
	reply  string // # stands for the id of a single request
}

func (s *server) String() string {
	if s.name == "" {
		return "test:"
	}
	return s.name
}

func (s *server) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	text := string(m.Body)
	s.mu.Lock()
	if s.begin.IsZero() {
		s.begin = time.Now()
	}
	step := s.steps[min(len(s.got), len(s.steps)-1)]
	s.got = append(s.got, arrival{time.Since(s.begin), text})
	s.running++
	s.most = max(s.most, s.running)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.running--
		s.mu.Unlock()
	}()
	done := time.After(max(step.wait, 0))
	if step.wait < 0 {
		done = nil
	}
	if step.deaf {
		<-done
	}
	select {
	case <-done:
	case <-ctx.Done():
		s.mu.Lock()
		s.canceled++
		s.mu.Unlock()
		return nil, &transport.Error{Op: "read", Sent: true, Err: context.Cause(ctx)}
	}
	if step.err != nil {
		return nil, step.err
	}
	reply := strings.ReplaceAll(step.reply, "#", idOf(text))
	status := step.status
	if status == 0 {
		status = http.StatusOK
	}
	header := step.header
	if header == nil {
		header = http.Header{}
	}
	response := &http.Response{
		StatusCode: status, Status: fmt.Sprintf("%d %s", status, http.StatusText(status)),
		Header: header, ContentLength: int64(len(reply)),
	}
	return httpReply{io.NopCloser(strings.NewReader(reply)), response}, nil
}

type httpReply struct {
	io.ReadCloser
	response *http.Response
}

func (r httpReply) Response() *http.Response { return r.response }

func idOf(text string) string {
	_, id, _ := strings.Cut(text, `"id":`)
	return strings.TrimRight(id, "}]")
}

// arrivals returns what came, with the times.
func (s *server) arrivals() []arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]arrival(nil), s.got...)
}

// underWay returns how many messages are, how many were at most, and how many
// were cancelled.
func (s *server) underWay() (running, most, canceled int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running, s.most, s.canceled
}

func (s *server) count() int { return len(s.arrivals()) }

// What servers do.
var (
	fine      = step{reply: `{"jsonrpc":"2.0","result":"fine","id":#}`}
	said      = step{reply: `{"jsonrpc":"2.0","error":{"code":7,"message":"no"},"id":#}`}
	broken    = step{err: &transport.Error{Op: "read", Sent: true, Err: io.ErrUnexpectedEOF}}
	unsent    = step{err: &transport.Error{Op: "connect", Err: errors.New("connection refused")}}
	stalled   = step{wait: -1}
	limited   = step{status: 429, reply: "slow down"}
	limited30 = step{status: 429, header: http.Header{"Retry-After": {"30"}}, reply: "slow down"}
)

func after(d time.Duration, s step) step {
	s.wait = d
	return s
}

// client returns a client of the server.
func (s *server) client(t *testing.T, opts ...jsonrpc.ClientOption) *jsonrpc.Client {
	t.Helper()
	client, err := jsonrpc.NewClient(s, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// call makes a call, idempotent by its name.
func call(ctx context.Context, client *jsonrpc.Client, opts ...jsonrpc.CallOption) error {
	got, err := jsonrpc.Call[string](ctx, client, "get", nil, opts...)
	if err == nil && got != "fine" {
		return fmt.Errorf("the result is %q", got)
	}
	return err
}

var idempotent = jsonrpc.WithIdempotent("get*")

// bubble runs a test with a fake clock. All its goroutines must end.
func bubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func wantErr(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("error, then wanted\n%v\n%s", err, want)
	}
}

// since fails the test if as much time has not passed.
func since(t *testing.T, begin time.Time, want time.Duration) {
	t.Helper()
	if got := time.Since(begin); got != want {
		t.Errorf("it took %v, not %v", got, want)
	}
}
