package jsonrpc_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
)

// pour writes text over and over until the client has had enough.
func pour(w io.Writer, text string) {
	chunk := []byte(strings.Repeat(text, 1+(32<<10)/len(text)))
	for {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// TestRepliesWithoutEnd: each ends in a typed error, in less than twice the
// limit of memory, and the client works on.
func TestRepliesWithoutEnd(t *testing.T) {
	const limit = 16 << 20
	tests := map[string]struct {
		respond func(w io.Writer)
		batch   bool
		want    string
	}{
		"a gzip bomb": {respond: func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n")
			z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
			pour(z, `{"jsonrpc":"2.0","result":"`)
		}, want: "reply too large: over the limit of 16777216 bytes (WithMaxReply raises it)"},
		"an endless body": {respond: func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\n\r\n"+`{"jsonrpc":"2.0","result":"`)
			pour(w, "a")
		}, want: "reply too large: over the limit of 16777216 bytes (WithMaxReply raises it)"},
		"an endless error page": {respond: func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n")
			pour(w, "<p>")
		}, want: "reply too large: over the limit of 16777216 bytes (WithMaxReply raises it) (HTTP 502)"},
		"10 GB announced": {respond: func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
		}, want: "reply too large: it says it has 10000000000 bytes, the limit is 16777216"},
		"as much as allowed announced": {respond: func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", limit)
		}, want: "read: "},
		"an endless header": {respond: func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nX-A: ")
			pour(w, "a")
		}, want: "read: reply too large: its headers are over the limit"},
		"endless headers": {respond: func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\n")
			pour(w, "X-A: a\r\n")
		}, want: "read: reply too large: its headers are over the limit"},
		"100,000 arrays": {respond: func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n"+strings.Repeat("[", 100_000))
		}, want: "reply too large: nested deeper than 1000"},
		"100,000 objects": {respond: func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 500000\r\n\r\n"+strings.Repeat(`{"a":`, 100_000))
		}, want: "reply too large: nested deeper than 1000"},
		"an endless event line": {respond: func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ")
			pour(w, "a")
		}, want: "read: reply too large: an event is over the limit of 16777216 bytes"},
		"an event of endless lines": {respond: func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
			pour(w, "data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n")
		}, want: "read: reply too large: an event is over the limit of 16777216 bytes"},
		"a batch of too many": {batch: true, respond: func(w io.Writer) {
			body := "[0" + strings.Repeat(",0", limit/2-2) + "]"
			_, _ = fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}, want: "the reply is not valid JSON-RPC 2.0: clause 5: it is not a response object: 0"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			good := false
			url := serveRaw(t, func(w io.Writer, r *http.Request) {
				if good {
					_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 35\r\nConnection: close\r\n\r\n"+`{"jsonrpc":"2.0","result":1,"id":1}`)
					return
				}
				test.respond(w)
			})
			client := dial(t, url, jsonrpc.WithMaxReply(limit))
			call := func() error { return client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithID(jsonrpc.IntID(1))) }
			if test.batch {
				call = func() error {
					_, err := client.Send(t.Context(), jsonrpc.Raw(`[{"jsonrpc":"2.0","method":"cat","id":1}]`))
					return err
				}
			}
			var err error
			peak := heapGrowth(func() { err = call() })
			if err == nil || !strings.Contains(err.Error(), ": "+test.want) {
				t.Errorf("%v\nwant %s", err, test.want)
			}
			if strings.Contains(test.want, "too large") != errors.Is(err, jsonrpc.ErrReplyTooLarge) {
				t.Errorf("%v: ErrReplyTooLarge is wrong", err)
			}
			// The batch's text is made by the server in this process, and the race
			// detector takes memory of its own.
			if !test.batch && !raceEnabled() && peak > 2*limit {
				t.Errorf("it took %d KiB, the limit is %d KiB", peak>>10, limit>>10)
			}
			good = true
			if err := client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithID(jsonrpc.IntID(1))); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// heapGrowth runs f and returns by how much the heap grew at most, garbage
// included.
func heapGrowth(f func()) (peak uint64) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before := m.HeapAlloc
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return peak
		case <-tick.C:
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc-min(before, m.HeapAlloc))
		}
	}
}

// TestNothingIsAllocatedOnTheWordOfAHeader: a server that announces much and
// sends nothing costs nothing until the context ends.
func TestNothingIsAllocatedOnTheWordOfAHeader(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	url := serveRaw(t, func(w io.Writer, _ *http.Request) {
		_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n")
		<-hold
	})
	client := dial(t, url)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithTimeout(50*time.Millisecond))
	runtime.ReadMemStats(&after)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("it took %d KiB", n>>10)
	}
}

func TestLimitIsExact(t *testing.T) {
	reply := `{"jsonrpc":"2.0","result":"` + strings.Repeat("a", 10_000) + `","id":1}`
	client := newClient(t, conversation1(reply))
	id := jsonrpc.WithID(jsonrpc.IntID(1))
	for _, limit := range []int{1, 2047, 2048, 2049, 4096, 5000, len(reply) - 1, len(reply), len(reply) + 1, 1 << 20, math.MaxInt} {
		for range 2 { // with a fresh buffer and with a used one
			result, err := jsonrpc.Call[string](t.Context(), client, "cat", nil, id, jsonrpc.WithMaxReply(int64(limit)))
			if fits := limit >= len(reply); fits && (err != nil || len(result) != 10_000) || !fits && !errors.Is(err, jsonrpc.ErrReplyTooLarge) {
				t.Errorf("limit %d: %d bytes, %v", limit, len(result), err)
			}
		}
	}
}
