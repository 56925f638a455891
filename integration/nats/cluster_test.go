package nats_test

import (
	"context"
	"errors"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/nats"
	"example.com/jsonrpc/transport"
)

// runCluster starts NATS servers that know each other.
func runCluster(t *testing.T, size int) (nodes []*server.Server, hosts string) {
	t.Helper()
	var routes []*url.URL
	var names []string
	for range size {
		node := runBroker(t, &server.Options{
			Cluster: server.ClusterOpts{Name: "cats", Host: "127.0.0.1", Port: server.RANDOM_PORT, PoolSize: -1},
			Routes:  routes,
		})
		nodes = append(nodes, node)
		routes = append(routes, &url.URL{Scheme: "nats", Host: node.ClusterAddr().String()})
		names = append(names, hostOf(t, node))
	}
	for ctx := within(t); ; runtime.Gosched() {
		together := true
		for _, node := range nodes {
			together = together && node.NumRoutes() >= size-1
		}
		if together {
			return nodes, strings.Join(names, ",")
		}
		if ctx.Err() != nil {
			t.Fatal("the cluster does not come together")
		}
	}
}

// TestCluster kills one of three nodes under load. Each call must end once: with
// its own answer, or with a typed error. None may be carried out twice.
func TestCluster(t *testing.T) {
	const clients, callers, calls, timeout = 3, 8, 100, 2 * time.Second
	nodes, hosts := runCluster(t, 3)
	var executed [1 + clients*callers*calls]atomic.Int32 // the first is for those that wait
	double := jsonrpc.HandlerFunc(func(_ context.Context, m *jsonrpc.ServerMessage) (any, error) {
		var n []int
		if err := m.Decode(&n); err != nil {
			return nil, err
		}
		executed[n[0]].Add(1)
		return 2 * n[0], nil
	})
	for _, node := range nodes {
		serve(t, connection(t, node, natsgo.MaxReconnects(-1), natsgo.ReconnectWait(10*time.Millisecond)), "double", "workers", double, nil)
	}
	var (
		answered, failed, unsent atomic.Int64
		kill                     sync.Once
		callersDone              sync.WaitGroup
		all                      []*jsonrpc.Client
	)
	for i := range clients {
		client := dial(t, "nats://"+hosts+"/double", jsonrpc.WithTimeout(timeout))
		all = append(all, client)
		awaitServer(t, client)
		for j := range callers {
			callersDone.Go(func() {
				for k := range calls {
					n := 1 + (i*callers+j)*calls + k
					got, err := jsonrpc.Call[int](t.Context(), client, "double", jsonrpc.Args{n})
					switch e := (*transport.Error)(nil); {
					case err == nil && got == 2*n:
						answered.Add(1)
					case err == nil:
						t.Errorf("call %d got the answer %d", n, got)
					case !errors.As(err, &e):
						t.Errorf("call %d ended in an error of no type: %v", n, err)
					default:
						if failed.Add(1); !e.Sent {
							unsent.Add(1)
							if executed[n].Load() != 0 {
								t.Errorf("call %d was carried out and is said not to have been sent: %v", n, err)
							}
						}
					}
					if answered.Load() > clients*callers*calls/3 {
						kill.Do(nodes[1].Shutdown)
					}
				}
			})
		}
	}
	callersDone.Wait()
	if got := answered.Load() + failed.Load(); got != clients*callers*calls {
		t.Errorf("%d calls ended, want %d", got, clients*callers*calls)
	}
	for n := 1; n < len(executed); n++ {
		if times := executed[n].Load(); times > 1 {
			t.Errorf("call %d was carried out %d times", n, times)
		}
	}
	t.Logf("%d calls: %d answered, %d failed, of these %d unsent", clients*callers*calls, answered.Load(), failed.Load(), unsent.Load())
	for _, client := range all {
		awaitServer(t, client)
	}
}

// awaitServer calls until somebody listens. What was not sent may be sent again,
// and a call may be lost with the node that it was on.
func awaitServer(t *testing.T, client *jsonrpc.Client) {
	t.Helper()
	for ctx := within(t); ; {
		_, err := client.Request(ctx, "double", jsonrpc.Args{0})
		if err == nil {
			return
		}
		if ctx.Err() != nil || !errors.Is(err, nats.ErrNoResponders) && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
}
