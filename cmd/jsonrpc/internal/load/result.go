package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Result is what a run has measured.
type Result struct {
	Started     time.Time
	Concurrency int
	Rate        float64
	Elapsed     time.Duration
	Calls       int64            // that ended, in whatever way
	Errors      map[string]int64 // by class
	// Unsent is how many calls were due before the end and found no place: the
	// server was too slow for the rate.
	Unsent  int64
	Latency Histogram // from when a call was due
	Service Histogram // the same from when it was made
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

// A Histogram counts times, in nanoseconds.
type Histogram = *hdrhistogram.Histogram

func newHistogram() Histogram { return hdrhistogram.New(least, most, digits) }

func newResult(concurrency int, rate float64) *Result {
	return &Result{
		Concurrency: concurrency, Rate: rate, Errors: map[string]int64{}, Latency: newHistogram(), Service: newHistogram(),
	}
}

// A shard is what some of the workers record.
type shard struct {
	mu sync.Mutex // for what follows
	counts
}

type counts struct {
	latency, service Histogram
	errors           map[string]int64
}

func newShard() *shard {
	return &shard{counts: counts{newHistogram(), newHistogram(), map[string]int64{}}}
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

// take exchanges what was recorded for what is empty, so that no worker waits for
// the sums.
func (s *shard) take(empty counts) counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	full := s.counts
	s.counts = empty
	return full
}

// collect returns what was recorded since the last time.
func (r *run) collect(result *Result) (latency Histogram, errors map[string]int64) {
	latency, errors = newHistogram(), map[string]int64{}
	for _, s := range r.shards {
		full := s.take(r.spare.counts)
		latency.Merge(full.latency)
		result.Service.Merge(full.service)
		add(errors, full.errors)
		full.latency.Reset()
		full.service.Reset()
		clear(full.errors)
		r.spare.counts = full
	}
	result.Calls += latency.TotalCount()
	result.Latency.Merge(latency)
	add(result.Errors, errors)
	return latency, errors
}

// add adds the counts of more to those of sum.
func add(sum, more map[string]int64) {
	for class, n := range more {
		sum[class] += n
	}
}

// sample ends an interval.
func (r *run) sample(result *Result, now time.Time, live func(Sample)) {
	latency, errors := r.collect(result)
	at := now.Sub(r.begin)
	s := Sample{At: at, Length: at - result.Elapsed}
	// A piece of an interval says little by itself: it belongs to the one before.
	if n := len(result.Samples); n > 0 && s.Length < r.Interval/2 {
		before := result.Samples[n-1]
		s.Length += before.Length
		latency.Merge(r.last)
		add(errors, before.Errors)
		result.Samples = result.Samples[:n-1]
	}
	s.Calls, s.Errors = latency.TotalCount(), errors
	s.P50, s.P99 = time.Duration(latency.ValueAtQuantile(50)), time.Duration(latency.ValueAtQuantile(99))
	s.Max = time.Duration(latency.Max())
	result.Elapsed, r.last = at, latency
	result.Samples = append(result.Samples, s)
	if live != nil {
		live(s)
	}
}

// finish takes what the last interval has brought.
func (r *run) finish(result *Result, live func(Sample)) {
	r.sample(result, time.Now(), live)
	result.Unsent = r.unsent
}

// A Merged is what several runs have measured together, one after the other.
type Merged struct{ all *Result }

// Add adds a run. Its samples come after those of the runs before.
func (m *Merged) Add(r *Result) {
	if m.all == nil {
		m.all = newResult(r.Concurrency, r.Rate)
		m.all.Started = r.Started
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
	add(m.all.Errors, r.Errors)
}

// Result returns all of them as one, nil if there are none.
func (m *Merged) Result() *Result { return m.all }
