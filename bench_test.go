package jsonrpc_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// These are for working on the hot path:
//
//	go test -run '^$' -bench . -benchmem -cpuprofile cpu.out
//
// The servers of benchserver_test.go allocate nothing per call, so that what is
// counted is the client's. Module bench compares with others.

// A benchRow is a row of the large result.
type benchRow struct {
	ID     int      `json:"id"`
	Name   string   `json:"name"`
	Email  string   `json:"email"`
	Score  float64  `json:"score"`
	Tags   []string `json:"tags"`
	Active bool     `json:"active"`
}

// benchMeow makes the small call once.
func benchMeow(b *testing.B, client *jsonrpc.Client) {
	sound, err := jsonrpc.Call[string](context.Background(), client, "cat", jsonrpc.Args{"Mittens", 3})
	if err != nil || sound != "meow" {
		b.Errorf("%q, %v", sound, err)
	}
}

// benchCalls makes small calls, one after the other.
func benchCalls(b *testing.B, client *jsonrpc.Client) {
	benchMeow(b, client) // connects
	b.ReportAllocs()
	for b.Loop() {
		benchMeow(b, client)
	}
}

// benchParallel makes small calls from 64 goroutines, or as near as RunParallel
// comes to it.
func benchParallel(b *testing.B, client *jsonrpc.Client) {
	benchMeow(b, client)
	b.ReportAllocs()
	b.SetParallelism(max(1, 64/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			benchMeow(b, client)
		}
	})
}

func benchDial(b *testing.B, url string, opts ...jsonrpc.DialOption) *jsonrpc.Client {
	client, err := jsonrpc.Dial(b.Context(), url, opts...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close() })
	return client
}

func BenchmarkCallHTTP(b *testing.B) {
	benchCalls(b, benchDial(b, "http://"+benchServe(b, serveHTTP)))
}

func BenchmarkCallHTTP64(b *testing.B) {
	benchParallel(b, benchDial(b, "http://"+benchServe(b, serveHTTP)))
}

// A pool of one, beside no pool.
func BenchmarkPoolOfOne(b *testing.B) {
	memory := []jsonrpc.DialOption{jsonrpc.WithHTTPTransport(inMemory{})}
	for _, bench := range []struct {
		name, url string
		opts      []jsonrpc.DialOption
	}{
		{"HTTP", "http://" + benchServe(b, serveHTTP), nil},
		{"TCP", "tcp://" + benchServe(b, serveLines), nil},
		{"InMemory", "http://pets.example", memory},
	} {
		b.Run(bench.name+"/none", func(b *testing.B) { benchCalls(b, benchDial(b, bench.url, bench.opts...)) })
		b.Run(bench.name+"/pool", func(b *testing.B) {
			benchCalls(b, newPool(b, jsonrpc.Endpoints(jsonrpc.Endpoint{URL: bench.url, Options: bench.opts})).Client)
		})
	}
}

func BenchmarkCallTCP(b *testing.B) {
	benchCalls(b, benchDial(b, "tcp://"+benchServe(b, serveLines)))
}

func BenchmarkCallTCP64(b *testing.B) {
	benchParallel(b, benchDial(b, "tcp://"+benchServe(b, serveLines)))
}

func BenchmarkCallWebSocket(b *testing.B) {
	benchCalls(b, benchDial(b, "ws://"+benchServe(b, serveWebSocket)))
}

func BenchmarkCallWebSocket64(b *testing.B) {
	benchParallel(b, benchDial(b, "ws://"+benchServe(b, serveWebSocket)))
}

// inMemory answers without a network. What it allocates itself is the limit of
// BenchmarkCallInMemory.
type inMemory struct{}

func (inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	request := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, request); err != nil {
		return nil, err
	}
	reply := appendReply(nil, request)
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(reply)),
		ContentLength: int64(len(reply)), Request: r,
	}, nil
}

func BenchmarkCallInMemory(b *testing.B) {
	benchCalls(b, benchDial(b, "http://pets.example", jsonrpc.WithHTTPTransport(inMemory{})))
}

// BenchmarkInMemoryLimit is what http.NewRequest and reading the reply cost,
// without any JSON.
func BenchmarkInMemoryLimit(b *testing.B) {
	request := []byte(`{"jsonrpc":"2.0","method":"cat","params":["Mittens",3],"id":12345}`)
	b.ReportAllocs()
	for b.Loop() {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://pets.example", bytes.NewReader(request))
		if err != nil {
			b.Fatal(err)
		}
		resp, err := inMemory{}.RoundTrip(r)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBatch100(b *testing.B) {
	client := benchDial(b, "http://"+benchServe(b, serveHTTP))
	b.ReportAllocs()
	for b.Loop() {
		var batch jsonrpc.Batch
		var sounds [100]*jsonrpc.Result[string]
		for i := range sounds {
			sounds[i] = jsonrpc.Queue[string](&batch, "cat", jsonrpc.Args{"Mittens", 3})
		}
		if _, err := client.Send(b.Context(), &batch); err != nil {
			b.Fatal(err)
		}
		for i := range sounds {
			if sound, err := sounds[i].Get(); err != nil || sound != "meow" {
				b.Fatalf("%d: %q, %v", i, sound, err)
			}
		}
	}
}

// inParts answers a batch with a message for each of its requests, as many servers of
// streams do.
type inParts struct {
	io.ReadCloser

	responses []string
}

func (p *inParts) Close() error { return nil }

func (p *inParts) Next(int64) ([]byte, error) {
	if len(p.responses) == 0 {
		return nil, io.EOF
	}
	text := p.responses[0]
	p.responses = p.responses[1:]
	return []byte(text), nil
}

// BenchmarkBatchInParts: what an item costs does not depend on how many there are.
func BenchmarkBatchInParts(b *testing.B) {
	for _, items := range []int{100, 10_000} {
		b.Run(strconv.Itoa(items), func(b *testing.B) {
			responses := make([]string, items)
			for i := range responses {
				responses[len(responses)-1-i] = response(`"id":`+strconv.Itoa(i), "1") // not in order
			}
			client, err := jsonrpc.NewClient(tripper(func(context.Context, *transport.Message) (io.ReadCloser, error) {
				return &inParts{responses: responses}, nil
			}))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				var batch jsonrpc.Batch
				for i := range items {
					batch.Add(jsonrpc.Request{Method: "cat", ID: jsonrpc.IntID(int64(i))})
				}
				if _, err := client.Send(b.Context(), &batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(items), "ns/item")
		})
	}
}

func BenchmarkResult1MiB(b *testing.B) {
	client := benchDial(b, "http://"+benchServe(b, serveHTTP))
	b.SetBytes(int64(len(benchRows)))
	b.ReportAllocs()
	for b.Loop() {
		rows, err := jsonrpc.Call[[]benchRow](b.Context(), client, "rows", nil)
		if err != nil || len(rows) < 1000 || rows[len(rows)-1].ID != len(rows)-1 {
			b.Fatalf("%d rows, %v", len(rows), err)
		}
	}
}
