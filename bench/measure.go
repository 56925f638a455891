package main

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A job is one measurement, as it is handed to the process that makes it.
type job struct {
	Row, Contender string
	Large          int64
	Time           time.Duration
	At             addresses
}

// A sample is what a measurement found.
type sample struct {
	NS     float64 // per op: time passed by ops made, by all goroutines
	CPU    float64 // per op: CPU time of client and server, in nanoseconds
	Allocs float64 // per op
	Bytes  float64 // allocated per op; of the kind waiting, held per call
	Heap   uint64  // peak of live and dead objects
	RSS    uint64  // peak
	Ops    int64
}

// do makes the measurement.
func (j *job) do() (*sample, error) {
	for _, r := range allRows(j.Large) {
		for _, c := range r.contenders {
			if r.name == j.Row && c.name == j.Contender {
				s, err := r.measure(c, j.At, j.Time)
				if err != nil {
					return nil, fmt.Errorf("%s of %s: %w", r.name, c.name, err)
				}
				return s, nil
			}
		}
	}
	return nil, fmt.Errorf("no row %s of %s", j.Row, j.Contender)
}

func (r *row) measure(c contender, at addresses, d time.Duration) (*sample, error) {
	o, err := c.open(at)
	if err != nil {
		return nil, err
	}
	defer o.close()
	switch r.kind {
	case peak:
		return measurePeak(o.do)
	case waiting:
		return measureWaiting(o.caller, r.goroutines)
	default:
		return measureTime(o.do, r.goroutines, d, at)
	}
}

// measureTime calls do from so many goroutines for a fifth of d, to connect and
// to warm up, and then for d.
func measureTime(do func() error, goroutines int, d time.Duration, at addresses) (*sample, error) {
	if _, _, err := repeat(do, goroutines, d/5); err != nil {
		return nil, err
	}
	cpuBefore, err := bothCPU(at)
	if err != nil {
		return nil, err
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, took, err := repeat(do, goroutines, d)
	if err != nil {
		return nil, err
	}
	runtime.ReadMemStats(&after)
	cpuAfter, err := bothCPU(at)
	if err != nil {
		return nil, err
	}
	return &sample{
		NS:     float64(took.Nanoseconds()) / float64(n),
		CPU:    float64(cpuAfter-cpuBefore) / float64(n),
		Allocs: float64(after.Mallocs-before.Mallocs) / float64(n),
		Bytes:  float64(after.TotalAlloc-before.TotalAlloc) / float64(n),
		Ops:    n,
	}, nil
}

// bothCPU is the CPU time that client and server have taken. On a machine that
// others use too, it is a steadier measure than the time that passed.
func bothCPU(at addresses) (int64, error) {
	resp, err := http.Get(at.HTTP + "/cpu")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	server, err := strconv.ParseInt(string(text), 10, 64)
	return server + cpuTime(), err
}

// repeat calls do from so many goroutines until d has passed, each at least once.
func repeat(do func() error, goroutines int, d time.Duration) (ops int64, took time.Duration, err error) {
	var (
		over   atomic.Bool
		total  atomic.Int64
		failed atomic.Pointer[error]
		all    sync.WaitGroup
	)
	timer := time.AfterFunc(d, func() { over.Store(true) })
	defer timer.Stop()
	start := time.Now()
	for range goroutines {
		all.Go(func() {
			n := int64(0)
			for {
				if err := do(); err != nil {
					failed.Store(&err)
					over.Store(true)
					break
				}
				if n++; over.Load() {
					break
				}
			}
			total.Add(n)
		})
	}
	all.Wait()
	took = time.Since(start)
	if e := failed.Load(); e != nil {
		return 0, 0, *e
	}
	return total.Load(), took, nil
}
