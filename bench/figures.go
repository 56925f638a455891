package main

import "fmt"

// A figure shows how a cost grows.
type figure struct {
	name, title    string
	xLabel, yLabel string
	y              func(s *sample) float64 // nil: the cost per item
}

var (
	callsFigure = &figure{
		name: "goroutines", title: "Calls a second: TCP on one connection, HTTP on many",
		xLabel: "goroutines that call at once", yLabel: "calls a second",
		y: func(s *sample) float64 { return 1e9 / s.NS },
	}
	waitingFigure = &figure{
		name: "waiting", title: "Memory of a call that waits, with its goroutine, on one TCP connection",
		xLabel: "calls that wait", yLabel: "bytes a call",
		y: func(s *sample) float64 { return s.Bytes },
	}
	batchFigure = &figure{
		name: "batch", title: "Cost of a request in a batch over HTTP",
		xLabel: "requests in the batch", yLabel: "ns a request",
	}
	resultFigure = &figure{
		name: "result", title: "Cost of a row of a result over HTTP",
		xLabel: "bytes of the result", yLabel: "ns a row of 128 bytes",
	}
	figures = []*figure{callsFigure, waitingFigure, batchFigure, resultFigure}
)

// figureRows are the points of the figures.
func figureRows(large int64) (rows []*row) {
	smallSize := int64(len(appendSmall(nil, smallRequest)))
	for _, n := range []int{1, 10, 100, 1000, 10_000} {
		tcp := renamed("TCP: ", only(overTCP(small), ours.name, netrpc.name, geth.name))
		rows = append(rows, &row{
			name: fmt.Sprintf("scale-tcp-%d", n), title: fmt.Sprintf("TCP, %d goroutines", n), goroutines: n,
			figure: callsFigure, x: float64(n), items: 1, contenders: tcp,
		}, &row{
			name: fmt.Sprintf("scale-waiting-%d", n), title: fmt.Sprintf("TCP, %d calls that wait", n), goroutines: n, kind: waiting,
			figure: waitingFigure, x: float64(n), items: 1,
			contenders: only(overTCP(small), ours.name, oursContext.name, netrpc.name, geth.name, xexp.name),
		})
		if n <= 1000 { // a connection for each
			rows = append(rows, &row{
				name: fmt.Sprintf("scale-http-%d", n), title: fmt.Sprintf("HTTP, %d goroutines", n), goroutines: n,
				figure: callsFigure, x: float64(n), items: 1,
				contenders: renamed("HTTP: ", append([]contender{limitHTTP(smallRequest, smallSize, nil)}, only(overHTTP(small, nil), ours.name)...)),
			})
		}
		batch := batchRequest(n)
		rows = append(rows, &row{
			name: fmt.Sprintf("scale-batch-%d", n), title: fmt.Sprintf("a batch of %d", n), goroutines: 1,
			figure: batchFigure, x: float64(n), items: n,
			contenders: append([]contender{limitHTTP(batch, int64(len(appendSmall(nil, batch))), nil)},
				only(overHTTP(batchOf(n), nil), ours.name, geth.name, jrpc2.name)...),
		})
	}
	for size := int64(rowSize); size <= large; size *= 8 {
		request := rowsRequest("rows", size)
		rows = append(rows, &row{
			name: fmt.Sprintf("scale-result-%d", size), title: fmt.Sprintf("a result of %d bytes", size), goroutines: 1,
			figure: resultFigure, x: float64(size), items: rowsFor(size),
			contenders: append(append([]contender{limitHTTP(request, newLarge(request).size(), nil)},
				only(overHTTP(rowsOf(size), nil), ours.name, geth.name, jrpc2.name)...), oursIterating(size)...),
		})
	}
	return rows
}

// renamed puts prefix before the names of contenders, to tell lines of one figure
// apart.
func renamed(prefix string, all []contender) []contender {
	for i := range all {
		all[i].name = prefix + all[i].name
	}
	return all
}
