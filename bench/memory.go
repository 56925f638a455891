package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"
)

// measurePeak calls do once and returns the peaks of memory of this process,
// which has done nothing else.
func measurePeak(do func() error) (*sample, error) {
	stop, heap := make(chan struct{}), make(chan uint64)
	go func() { heap <- watchHeap(stop) }()
	start := time.Now()
	err := do()
	took := time.Since(start)
	close(stop)
	s := &sample{NS: float64(took.Nanoseconds()), Heap: <-heap, Ops: 1}
	if err != nil {
		return nil, err
	}
	s.RSS, err = peakRSS()
	return s, err
}

// watchHeap returns the most bytes that objects took, looking every millisecond.
func watchHeap(stop <-chan struct{}) (most uint64) {
	value := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		metrics.Read(value)
		most = max(most, value[0].Value.Uint64())
		select {
		case <-stop:
			return most
		case <-tick.C:
		}
	}
}

// peakRSS is VmHWM. The maximum of getrusage would not do: a process begins with
// its parent's.
func peakRSS() (uint64, error) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, nil // only Linux has it
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := bytes.CutPrefix(lines.Bytes(), []byte("VmHWM:")); ok {
			var kib uint64
			_, err := fmt.Fscan(bytes.NewReader(value), &kib)
			return kib << 10, err
		}
	}
	return 0, nil
}

// measureWaiting has n calls wait for the server at once, each in a goroutine,
// and returns what one of them takes: heap and stack.
func measureWaiting(c caller, n int) (*sample, error) {
	if err := small(c)(); err != nil { // connects
		return nil, err
	}
	nothing := c.args()
	before := inUse()
	var all sync.WaitGroup
	errs := make(chan error, n)
	start := time.Now()
	for range n {
		all.Go(func() {
			var sound string
			err := c.call("hold", nothing, &sound)
			if err == nil && sound != meow {
				err = fmt.Errorf("the cat says %q", sound)
			}
			if err != nil {
				errs <- err
			}
		})
	}
	for held := 0; held < n; {
		if err := c.call("held", nothing, &held); err != nil {
			return nil, err
		}
		if time.Since(start) > time.Minute {
			return nil, fmt.Errorf("%d calls of %d have arrived", held, n)
		}
	}
	took := time.Since(start)
	after := inUse()
	var released int
	if err := c.call("release", nothing, &released); err != nil {
		return nil, err
	}
	all.Wait()
	select {
	case err := <-errs:
		return nil, err
	default:
	}
	if released != n {
		return nil, fmt.Errorf("%d calls released, want %d", released, n)
	}
	return &sample{NS: float64(took.Nanoseconds()) / float64(n), Bytes: max(0, float64(after)-float64(before)) / float64(n), Ops: int64(n)}, nil
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC() // the first one only moves what pools hold
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
