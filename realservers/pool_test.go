package realservers

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/template"
	"time"

	"example.com/jsonrpc"
)

// startNginxPool returns the URL of an nginx in front of the server at upstream, under
// the paths /well/, /slow/ and /busy/. See testdata/nginxpool.conf.
func startNginxPool(t *testing.T, upstream string) (url string) {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	config, err := os.Create(filepath.Join(dir, "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	defer config.Close()
	err = template.Must(template.ParseFiles("testdata/nginxpool.conf")).Execute(config,
		struct{ Dir, Port, Upstream string }{dir, port, upstream})
	if err != nil {
		t.Fatal(err)
	}
	addr := net.JoinHostPort("127.0.0.1", port)
	start(t, listening(addr), program(t, "nginx"), "-p", dir, "-c", config.Name(), "-e", "stderr")
	return "http://" + addr
}

// served is a number of calls and what came of them.
type served struct {
	calls, answered int
	took            time.Duration
	times           []time.Duration // of those that were answered
	errs            map[string]int
}

func (r served) String() string {
	slices.Sort(r.times)
	p99 := time.Duration(0)
	if n := len(r.times); n > 0 {
		p99 = r.times[n*99/100]
	}
	return fmt.Sprintf("%.1f %% | %.0f | %v", 100*float64(r.answered)/float64(r.calls), float64(r.answered)/r.took.Seconds(), p99.Round(100*time.Microsecond))
}

// load makes calls to the callers in turn, 400 a second as long as fewer than eight are under
// way, of a second each at most. A third of them having begun, it calls meanwhile.
func load(ctx context.Context, calls int, meanwhile func(), callers ...jsonrpc.Caller) served {
	r := served{calls: calls, errs: map[string]int{}}
	var (
		mu    sync.Mutex // for r
		next  atomic.Int64
		group sync.WaitGroup
		begin = time.Now()
	)
	pace := time.NewTicker(time.Second / 400)
	defer pace.Stop()
	for range 8 {
		group.Go(func() {
			for {
				<-pace.C
				i := int(next.Add(1)) - 1
				if i >= calls {
					return
				}
				if i == calls/3 {
					meanwhile()
				}
				ctx, cancel := context.WithTimeout(ctx, time.Second)
				before := time.Now()
				err := callers[i%len(callers)].Call(ctx, "aria2.getVersion", jsonrpc.Args{"token:" + aria2Secret}, nil)
				took := time.Since(before)
				cancel()
				mu.Lock()
				if err == nil {
					r.answered++
					r.times = append(r.times, took)
				} else {
					r.errs[err.Error()]++
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	r.took = time.Since(begin)
	return r
}

// Of three servers one is stopped, one is slow, one says that it is asked too often: the
// pool keeps serving. The figures are in docs/reliability.md.
func TestPoolKeepsServing(t *testing.T) {
	ctx := t.Context()
	upstream := startAria2(t)
	front := startNginxPool(t, upstream[:strings.LastIndex(upstream, "/")+1])
	well, slow, busy := front+"/well/jsonrpc", front+"/slow/jsonrpc", front+"/busy/jsonrpc"
	nothing := func() {}
	var table strings.Builder
	for _, row := range []struct {
		name    string
		calls   int
		servers []string // empty: one that is stopped
	}{
		{"all are well", 300, []string{well, well, well}},
		{"one is stopped", 300, []string{"", well, well}},
		{"one is slow", 150, []string{slow, well, well}},
		{"one says 429", 300, []string{busy, well, well}},
		{"one of each", 150, []string{"", slow, busy}},
	} {
		figures := func(callers func(urls []string) []jsonrpc.Caller) served {
			urls, meanwhile := slices.Clone(row.servers), nothing
			for i := range urls {
				if urls[i] == "" {
					urls[i], meanwhile = startMortalAria2(t)
				}
			}
			return load(ctx, row.calls, meanwhile, callers(urls)...)
		}
		bare := figures(func(urls []string) (all []jsonrpc.Caller) {
			for _, url := range urls {
				all = append(all, dial(t, url))
			}
			return all
		})
		pooled := figures(func(urls []string) []jsonrpc.Caller {
			endpoints := make([]jsonrpc.Endpoint, len(urls))
			for i, url := range urls {
				endpoints[i] = jsonrpc.Endpoint{URL: url, Name: fmt.Sprint("server ", i)}
			}
			p, err := jsonrpc.NewPool(ctx, jsonrpc.Endpoints(endpoints...), jsonrpc.WithIdempotent("aria2.get*"),
				jsonrpc.WithStrategy(jsonrpc.LeastLoaded()), jsonrpc.WithAttemptTimeout(300*time.Millisecond))
			wantNone(t, err)
			t.Cleanup(func() { _ = p.Close() })
			return []jsonrpc.Caller{p}
		})
		fmt.Fprintf(&table, "| %s | %v | %v |\n", row.name, bare, pooled)
		if pooled.answered < row.calls {
			t.Errorf("%s: %d of %d calls were answered: %v", row.name, pooled.answered, row.calls, pooled.errs)
		}
		if row.name != "all are well" && row.name != "one is slow" && bare.answered == row.calls {
			t.Errorf("%s: nothing failed without the pool, so that nothing is shown", row.name)
		}
	}
	t.Logf("\n| of three servers | bare: answered | calls/s | p99 | pool: answered | calls/s | p99 |\n|---|---|---|---|---|---|---|\n%s", table.String())
}
