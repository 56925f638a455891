package load

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Result is what a run has measured.
type Result struct {
	Concurrency int
	Rate        float64
	Elapsed     time.Duration
	Calls       int64            // that ended, in whatever way
	Errors      map[string]int64 // by class
	// Unsent is how many calls were due before the end and found no place: the
	// server was too slow for the rate.
	Unsent  int64
	Latency *hdrhistogram.Histogram // in nanoseconds, from when a call was due
	Service *hdrhistogram.Histogram // the same from when it was made
	Samples []Sample
}

// Failed returns how many calls ended in an error.
func (r *Result) Failed() (n int64) {
	for _, count := range r.Errors {
		n += count
	}
	return n
}

// Throughput returns the calls a second.
func (r *Result) Throughput() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Calls) / r.Elapsed.Seconds()
}

// A Sample is what an interval has brought.
type Sample struct {
	At            time.Duration // of its end, since the beginning
	Length        time.Duration
	Calls         int64
	Errors        map[string]int64
	P50, P99, Max time.Duration
}

// The histograms hold from a microsecond to an hour, with three digits.
const (
	least  = int64(time.Microsecond)
	most   = int64(time.Hour)
	digits = 3
)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(least, most, digits) }

// A shard is what some of the workers record.
type shard struct {
	unsent atomic.Int64

	mu      sync.Mutex // for what follows
	latency *hdrhistogram.Histogram
	service *hdrhistogram.Histogram
	errors  map[string]int64
}

func newShard() *shard {
	return &shard{latency: newHistogram(), service: newHistogram(), errors: map[string]int64{}}
}

func (s *shard) record(latency, service time.Duration, class string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.latency.RecordValue(min(max(int64(latency), least), most)) // it is in range
	_ = s.service.RecordValue(min(max(int64(service), least), most))
	if class != "" {
		s.errors[class]++
	}
}

// drain moves what was recorded.
func (s *shard) drain(latency, service *hdrhistogram.Histogram, errors map[string]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	latency.Merge(s.latency)
	service.Merge(s.service)
	s.latency.Reset()
	s.service.Reset()
	for class, n := range s.errors {
		errors[class] += n
	}
	clear(s.errors)
}

// sample ends an interval.
func (r *run) sample(result *Result, now time.Time, live func(Sample)) {
	if result.Latency == nil {
		result.Latency, result.Service, result.Errors = newHistogram(), newHistogram(), map[string]int64{}
	}
	latency, errors := newHistogram(), map[string]int64{}
	for _, s := range r.shards {
		s.drain(latency, result.Service, errors)
	}
	s := Sample{
		At: now.Sub(r.begin), Calls: latency.TotalCount(), Errors: maps.Clone(errors),
		P50: time.Duration(latency.ValueAtQuantile(50)), P99: time.Duration(latency.ValueAtQuantile(99)), Max: time.Duration(latency.Max()),
	}
	s.Length = s.At - result.Elapsed
	result.Elapsed = s.At
	result.Calls += s.Calls
	result.Latency.Merge(latency)
	for class, n := range errors {
		result.Errors[class] += n
	}
	result.Samples = append(result.Samples, s)
	if live != nil {
		live(s)
	}
}

// finish takes what the last interval has brought.
func (r *run) finish(result *Result, live func(Sample)) {
	r.sample(result, time.Now(), live)
	for _, s := range r.shards {
		result.Unsent += s.unsent.Load()
	}
	if r.Rate > 0 && !r.end.IsZero() && r.ctx.Err() == nil {
		// What no worker came to.
		due := int64(r.Duration.Seconds() * r.Rate)
		if r.Count > 0 {
			due = min(due, r.Count)
		}
		result.Unsent = max(due-result.Calls, result.Unsent)
	}
}

// Merged is what several runs have measured together, one after the other.
type Merged struct{ all *Result }

// Add adds a run. Its samples come after those of the runs before.
func (m *Merged) Add(r *Result) {
	if m.all == nil {
		m.all = &Result{
			Concurrency: r.Concurrency, Rate: r.Rate, Errors: map[string]int64{}, Latency: newHistogram(), Service: newHistogram(),
		}
	}
	for _, s := range r.Samples {
		s.At += m.all.Elapsed
		m.all.Samples = append(m.all.Samples, s)
	}
	m.all.Elapsed += r.Elapsed
	m.all.Calls += r.Calls
	m.all.Unsent += r.Unsent
	m.all.Latency.Merge(r.Latency)
	m.all.Service.Merge(r.Service)
	for class, n := range r.Errors {
		m.all.Errors[class] += n
	}
}

// Result returns all of them as one.
func (m *Merged) Result() *Result { return m.all }
