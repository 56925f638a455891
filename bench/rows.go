package main

import (
	"bytes"
	"fmt"
)

// A row is one kind of work, and who does it.
type row struct {
	name       string // for -only
	title      string
	kind       kind
	oneCPU     bool // client and server on one, where two would measure wake-ups
	goroutines int
	base       string // the contender that times are multiples of
	target     target
	contenders []contender

	// Of a row that is a point of a scaling figure.
	figure *figure
	x      float64
	items  int // per op; costs are per item
}

// kind is how a row is measured.
type kind int

const (
	inTime  kind = iota // op after op, for a while
	peak                // one op, in a fresh process: its peak memory
	waiting             // what it costs to wait: goroutines calls that are not answered
)

// A target is what our library must reach; 0 means that there is none.
type target struct {
	time   float64 // multiple of the base
	allocs float64 // per op
	rss    float64 // peak, in MiB
	who    string  // the contender it is for, if not ours
}

const mib = 1 << 20

// allRows are the rows of the table, then those of the figures, with results of
// up to large bytes.
func allRows(large int64) []*row {
	return append(tableRows(), figureRows(large)...)
}

// tableRows are those of the speed issue, in its order. Rows with a feature that
// the library does not have yet have nobody in them, and are left out.
func tableRows() (rows []*row) {
	add := func(r row, contenders ...[]contender) {
		for _, c := range contenders {
			r.contenders = append(r.contenders, c...)
		}
		r.goroutines = max(r.goroutines, 1)
		rows = append(rows, &r)
	}
	one := func(c contender) []contender { return []contender{c} }
	smallSize := int64(len(appendSmall(nil, smallRequest)))

	add(row{name: "http-1", title: "HTTP, one after the other, one CPU", oneCPU: true, base: limitName, target: target{time: 0.97, allocs: 50}},
		one(limitHTTP(smallRequest, smallSize, nil)), overHTTP(small, nil), oursWith(leanName, lean, small))
	add(row{name: "http-64", title: "HTTP, 64 goroutines", goroutines: 64, base: limitName, target: target{time: 0.97}},
		one(limitHTTP(smallRequest, smallSize, nil)), overHTTP(small, nil), oursWith(leanName, lean, small))
	add(row{name: "http-64-coalesced", title: "HTTP, 64 goroutines, coalesced", goroutines: 64, base: limitName, target: target{time: 0.20, who: "ours, coalesced"}},
		one(limitHTTP(smallRequest, smallSize, nil)), oursWith("ours, coalesced", coalescing, small))
	batch := batchRequest(100)
	add(row{name: "batch-100", title: "HTTP, one batch of 100", base: limitName, target: target{time: 1.30, allocs: 110}},
		one(limitHTTP(batch, int64(len(appendSmall(nil, batch))), nil)), overHTTP(batchOf(100), withoutBatches), oursWith(leanName, lean, batchOf(100)))
	for _, size := range []int64{mib, 64 * mib} {
		request := rowsRequest("rows", size)
		limit := limitHTTP(request, newLarge(request).size(), nil)
		r := row{name: fmt.Sprintf("result-%dMiB", size/mib), title: fmt.Sprintf("%d MiB result into structs", size/mib), base: limitName, target: target{time: 15}}
		if size > mib {
			r.target.time = 12
		}
		add(r, one(limit), overHTTP(rowsOf(size), onlySmall), oursIterating(size))
		r.name, r.title, r.target = r.name+"-codec", r.title+", codec", target{time: 9, who: "ours, codec"}
		add(r, one(limit), oursWith("ours, codec", codec, rowsOf(size)))
	}
	rich := rowsRequest("rich", mib)
	add(row{name: "rich-1MiB", title: "1 MiB result into structs with floats, booleans and slices", base: limitName},
		one(limitHTTP(rich, newLarge(rich).size(), nil)), overHTTP(richRowsOf(mib), onlySmall), oursWith("ours, codec", codec, richRowsOf(mib)))
	request := rowsRequest("rows", 64*mib)
	add(row{name: "memory-64MiB", title: "64 MiB result, memory", kind: peak, base: limitName, target: target{rss: 260}},
		one(limitHTTP(request, newLarge(request).size(), nil)), overHTTP(rowsOf(64*mib), onlySmall))
	add(row{name: "memory-64MiB-rows", title: "64 MiB result, memory, row by row", kind: peak, target: target{rss: 32, who: "ours, row by row"}},
		oursIterating(64*mib))
	add(row{name: "tcp-1", title: "TCP, one after the other, one CPU", oneCPU: true, base: limitName, target: target{time: 1.10, allocs: 2}},
		one(limitTCP), overTCP(small))
	add(row{name: "tcp-64", title: "TCP, 64 goroutines, one connection", goroutines: 64, base: netrpc.name, target: target{time: 0.45, allocs: 2}},
		overTCP(small))
	add(row{name: "websocket-1", title: "WebSocket, one after the other, one CPU", oneCPU: true, base: limitName, target: target{time: 1.4, allocs: 6}},
		one(limitWebSocket), overWebSocket(small))
	add(row{name: "websocket-64", title: "WebSocket, 64 goroutines", goroutines: 64, base: geth.name, target: target{time: 0.45}},
		overWebSocket(small))
	add(row{name: "in-memory", title: "no network: in-memory http.RoundTripper", oneCPU: true, base: limitName, target: target{time: 0.75}},
		one(limitHTTP(smallRequest, smallSize, inMemory{})), overRoundTripper(inMemory{}, small, nil))
	return rows
}

func rowsRequest(kind string, size int64) []byte {
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"%s/%d","id":1}`, kind, size)
}

func batchRequest(n int) []byte {
	text := append(bytes.Repeat(append(smallRequest, ','), n), ']')
	text[len(text)-2] = ']'
	return append([]byte{'['}, text[:len(text)-1]...)
}
