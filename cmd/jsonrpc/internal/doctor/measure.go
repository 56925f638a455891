package doctor

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/jsonrpc/transport"
)

// Batch says how large batches may be.
type Batch struct {
	Largest int    `json:"largest"`           // that was answered as it should be, in requests
	Refused int    `json:"refused,omitempty"` // the smallest that was not; 0 if all that were tried were answered
	Why     string `json:"why,omitempty"`
}

// batches doubles a batch until it is refused, and then looks for the limit.
func (e *Exam) batches(ctx context.Context) *Batch {
	b := &Batch{}
	try := func(n int) bool {
		a := e.ask(ctx, e.batchOf(n), true)
		all, f := a.many()
		switch {
		case f != nil:
			b.Refused, b.Why = n, f.Note
		case len(all) != n:
			b.Refused, b.Why = n, fmt.Sprintf("%d responses", len(all))
		default:
			b.Largest = n
			return true
		}
		return false
	}
	for n := 2; n <= e.MaxBatch && try(n); n *= 2 {
	}
	if b.Largest > 0 && b.Refused == 0 && b.Largest < e.MaxBatch {
		try(e.MaxBatch)
	}
	for b.Refused-b.Largest > 1 && b.Largest > 0 && ctx.Err() == nil {
		try((b.Largest + b.Refused) / 2)
	}
	return b
}

func (e *Exam) batchOf(n int) string {
	var b strings.Builder
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(e.request(strconv.Itoa(i+1), e.method(), e.Params))
	}
	b.WriteByte(']')
	return b.String()
}

// Compression says which compression the server understands.
type Compression struct {
	Replies  bool `json:"replies"`  // a large reply comes compressed when it is asked for so
	Requests bool `json:"requests"` // a compressed request is understood
}

// compression is tried over HTTP alone.
func (e *Exam) compression(ctx context.Context, first *answer) *Compression {
	if first.status == 0 {
		return nil
	}
	c := &Compression{}
	large := e.ask(ctx, e.batchOf(min(max(2, e.MaxBatch), 100)), true)
	c.Replies = large.header.Get("Content-Encoding") != ""
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(e.request(`1`, e.method(), e.Params))) // a bytes.Buffer does not fail
	_ = w.Close()
	a := e.askWith(ctx, &transport.Message{Body: zipped.Bytes(), Reply: true, Header: http.Header{"Content-Encoding": {"gzip"}}})
	if r, f := a.one(); f == nil {
		c.Requests = r.id() == "1"
	}
	return c
}

// Latency is how long calls take, one after the other.
type Latency struct {
	Calls  int           `json:"calls"`
	Min    time.Duration `json:"min_ns"`
	Median time.Duration `json:"median_ns"`
	P90    time.Duration `json:"p90_ns"`
	Max    time.Duration `json:"max_ns"`
}

func (e *Exam) latency(ctx context.Context) *Latency {
	var times []time.Duration
	for i := range e.Calls {
		a := e.ask(ctx, e.request(strconv.Itoa(i+1), e.method(), e.Params), true)
		if a.err != nil {
			break
		}
		times = append(times, a.took)
	}
	if len(times) == 0 {
		return nil
	}
	slices.Sort(times)
	at := func(q float64) time.Duration { return times[min(int(q*float64(len(times))), len(times)-1)] }
	return &Latency{Calls: len(times), Min: times[0], Median: at(0.5), P90: at(0.9), Max: times[len(times)-1]}
}
