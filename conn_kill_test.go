package jsonrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A mortal server echoes params and sends events to who subscribes. It can be
// killed, and is born again at the same address.
type mortalServer struct {
	address string
	kill    func()
	busy    chan struct{} // signalled after every two hundred calls

	mu     sync.Mutex  // for what follows
	newest map[int]int // the number of each caller's newest call that came
	came   int         // calls that came
	twice  int         // calls that came again
	subs   int         // subscriptions ever made
}

// message answers a message; subscribe, if it asks for events, sends them.
func (s *mortalServer) message(text []byte) (answer string, subscribed bool) {
	var r struct {
		Method string
		Params json.RawMessage
		ID     json.RawMessage
	}
	if err := json.Unmarshal(text, &r); err != nil || r.ID == nil {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == "eth_subscribe" {
		s.subs++
		return fmt.Sprintf(`{"jsonrpc":"2.0","result":"0x%x","id":%s}`, s.subs, r.ID), true
	}
	var caller, number int
	if n, _ := fmt.Sscanf(string(r.Params), `["%d/%d"]`, &caller, &number); n == 2 {
		if s.came++; number <= s.newest[caller] {
			s.twice++
		}
		if s.came%200 == 0 {
			select {
			case s.busy <- struct{}{}:
			default:
			}
		}
		s.newest[caller] = number
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","result":%s,"id":%s}`, r.Params, r.ID), false
}

// listen listens at the server's address, which it chooses the first time.
func (s *mortalServer) listen(t *testing.T) net.Listener {
	address := s.address
	if address == "" {
		address = "127.0.0.1:0"
	}
	var (
		l   net.Listener
		err error
	)
	for range 100 { // the system may not have let go of it yet
		if l, err = net.Listen("tcp", address); err == nil {
			s.address = l.Addr().String()
			return l
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(err)
	return nil
}

func (s *mortalServer) birthWebSocket(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var conns sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		conns.Add(1)
		defer conns.Done()
		defer func() { _ = conn.CloseNow() }()
		for {
			_, text, err := conn.Read(ctx)
			if err != nil {
				return
			}
			answer, subscribed := s.message(text)
			if answer == "" {
				continue
			}
			if conn.Write(ctx, websocket.MessageText, []byte(answer)) != nil {
				return
			}
			if subscribed && conn.Write(ctx, websocket.MessageText, []byte(eventFor(answer))) != nil {
				return
			}
		}
	}))
	_ = server.Listener.Close()
	server.Listener = s.listen(t)
	server.Start()
	s.kill = func() {
		cancel()
		server.CloseClientConnections()
		server.Close()
		conns.Wait()
	}
}

func (s *mortalServer) birthTCP(t *testing.T) {
	l := s.listen(t)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		conns []net.Conn
	)
	serve := func(conn net.Conn) {
		stream := transport.NewStream(conn, nil)
		for {
			text, err := stream.Read(context.Background(), nil)
			if err != nil {
				return
			}
			answer, subscribed := s.message(text)
			if subscribed {
				answer += "\n" + eventFor(answer)
			}
			if _, err := fmt.Fprintln(conn, answer); err != nil {
				return
			}
		}
	}
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			wg.Go(func() { serve(conn) })
		}
	})
	s.kill = func() {
		_ = l.Close()
		mu.Lock()
		for _, conn := range conns {
			_ = conn.Close()
		}
		mu.Unlock()
		wg.Wait()
	}
}

// eventFor is the first event of a subscription that was answered so.
func eventFor(answer string) string {
	var r struct{ Result string }
	_ = json.Unmarshal([]byte(answer), &r)
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":%q,"result":"alive"}}`, r.Result)
}

// TestServerKilledAgainAndAgain kills a server fifty times under load. Every call
// is accounted for, every subscription sees every gap, memory is flat.
func TestServerKilledAgainAndAgain(t *testing.T) {
	for _, scheme := range []string{"ws", "tcp"} {
		t.Run(scheme, func(t *testing.T) { killAgainAndAgain(t, scheme) })
	}
}

func killAgainAndAgain(t *testing.T, scheme string) {
	lives, callers, subscribers := 50, 20, 5
	if testing.Short() {
		lives = 10
	}
	left := leftovers()
	server := &mortalServer{newest: map[int]int{}, busy: make(chan struct{}, 1)}
	birth := server.birthWebSocket
	if scheme == "tcp" {
		birth = server.birthTCP
	}
	birth(t)
	client, err := jsonrpc.Dial(t.Context(), scheme+"://"+server.address, jsonrpc.WithMaxBackoff(5*time.Millisecond), jsonrpc.WithTimeout(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	subs := make([]*watcher, subscribers)
	for i := range subs {
		s, err := jsonrpc.Subscribe(t.Context(), client, jsonrpc.EthSubscribe("newHeads"), nil)
		if err != nil {
			t.Fatal(err)
		}
		subs[i] = &watcher{sub: s, alive: make(chan struct{}, 1000)}
		wg.Go(func() { subs[i].watch(t) })
	}
	var ends [numEnds]atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	for g := range callers {
		wg.Go(func() {
			for n := 1; ctx.Err() == nil; n++ {
				param := fmt.Sprintf("%d/%d", g, n)
				var got []string
				err := client.Call(ctx, "echo", jsonrpc.Args{param}, &got)
				ends[endOf(t, ctx, err, got, param)].Add(1)
			}
		})
	}
	var heapEarly, heapLate uint64
	for life := range lives {
		for _, s := range subs { // each has seen this life begin
			select {
			case <-s.alive:
			case <-time.After(10 * time.Second):
				t.Fatalf("life %d: a subscription was not made again", life)
			}
		}
		<-server.busy
		switch life {
		case lives / 5:
			heapEarly = heapInUse()
		case lives - 1:
			heapLate = heapInUse()
		}
		server.kill()
		birth(t)
	}
	for _, s := range subs {
		<-s.alive
	}
	stop()
	for _, s := range subs {
		if err := s.sub.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	stats := client.StreamStats()
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	server.kill()

	if server.twice > 0 {
		t.Errorf("%d calls were sent twice", server.twice)
	}
	if came, seen := server.came, ends[answered].Load()+ends[givenUp].Load()+ends[lost].Load(); int64(came) > seen {
		t.Errorf("%d calls came, and only %d were said to", came, seen)
	}
	if n := ends[timedOut].Load(); n > 0 {
		t.Errorf("%d calls were never answered", n)
	}
	for _, s := range subs {
		if s.gaps != lives || s.seen != lives+1 {
			t.Errorf("%d gaps and %d events for %d kills", s.gaps, s.seen, lives)
		}
	}
	if heapLate > heapEarly+4<<20 {
		t.Errorf("the heap grew from %d to %d KiB", heapEarly>>10, heapLate>>10)
	}
	left.wantNoMore(t)
	t.Logf("answered %d, given up %d, lost %d (never sent %d), of which %d came; heap %d → %d KiB; %+v", ends[answered].Load(),
		ends[givenUp].Load(), ends[lost].Load(), ends[neverSent].Load(), server.came, heapEarly>>10, heapLate>>10, stats)
}

// A watcher watches a subscription: an event, then a gap and an event for each
// new life of the server.
type watcher struct {
	sub   *jsonrpc.Subscription
	alive chan struct{} // one for each event
	gaps  int
	seen  int // events
}

func (w *watcher) watch(t *testing.T) {
	end := time.Time{} // of the newest gap
	for event, err := range w.sub.Events(context.Background()) {
		switch {
		case errors.Is(err, jsonrpc.ErrClosed):
			return
		case err != nil:
			t.Error(err)
			return
		case event.Gap == nil:
			w.seen++
			w.alive <- struct{}{}
		case event.Gap.Err == nil || event.Gap.From.Before(end) || event.Gap.To.Before(event.Gap.From):
			t.Errorf("gap %+v after one that ended at %v", event.Gap, end)
		default:
			w.gaps++
			end = event.Gap.To
		}
	}
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // pools are emptied by the second
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
