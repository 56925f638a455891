package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
)

// addresses are where the server listens.
type addresses struct {
	HTTP, TCP, NetRPC, WebSocket string
}

// serveUntilEOF is the server's process: it prints its addresses, and ends when
// its standard input does, which is when its parent ends.
func serveUntilEOF(stdin io.Reader, stdout io.Writer) error {
	at, closeAll, err := serve()
	if err != nil {
		return err
	}
	defer closeAll()
	if err := json.NewEncoder(stdout).Encode(at); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, stdin)
	return err
}

// serve starts all servers.
func serve() (at addresses, closeAll func(), err error) {
	var listeners []net.Listener
	closeAll = func() {
		for _, l := range listeners {
			_ = l.Close()
		}
	}
	listen := func() (l net.Listener) {
		if err != nil {
			return nil
		}
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err == nil {
			listeners = append(listeners, l)
		}
		return l
	}
	web, lines, old, socket := listen(), listen(), listen(), listen()
	if err != nil {
		closeAll()
		return at, nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", answerHTTP)
	mux.HandleFunc("/connect", answerConnect)
	mux.HandleFunc("/cpu", answerCPU)
	go func() { _ = http.Serve(web, mux) }() //nolint:gosec // nobody else calls it
	go acceptLines(lines, &version2)
	go acceptLines(old, &netRPC)
	go acceptWebSocket(socket)
	return addresses{
		HTTP: "http://" + web.Addr().String(), TCP: lines.Addr().String(),
		NetRPC: old.Addr().String(), WebSocket: "ws://" + socket.Addr().String(),
	}, closeAll, nil
}

// buffers holds the request and the answer of a call.
var buffers = sync.Pool{New: func() any { return new([2][]byte) }}

func answerHTTP(w http.ResponseWriter, r *http.Request) {
	b := buffers.Get().(*[2][]byte)
	defer buffers.Put(b)
	var err error
	if b[0], err = readAll(b[0][:0], r.Body, r.ContentLength); err != nil || len(b[0]) == 0 {
		http.Error(w, "no request", http.StatusBadRequest)
		return
	}
	w.Header()["Content-Type"] = []string{"application/json"}
	if _, size := wantedRows(b[0]); size > 0 {
		l := newLarge(b[0])
		w.Header()["Content-Length"] = []string{strconv.FormatInt(l.size(), 10)}
		_ = l.writeTo(w)
		return
	}
	b[1] = appendSmall(b[1][:0], b[0])
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(b[1]))}
	_, _ = w.Write(b[1])
}

// answerConnect answers a unary call of the Connect protocol, which has nothing
// around its messages.
func answerConnect(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header()["Content-Type"] = []string{"application/json"}
	_, _ = io.WriteString(w, `{"sound":"`+meow+`"}`)
}

// answerCPU says how much CPU time the server has taken.
func answerCPU(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, strconv.FormatInt(cpuTime(), 10))
}

// readAll is io.ReadAll into a buffer that is used again.
func readAll(buf []byte, r io.Reader, size int64) ([]byte, error) {
	if size >= 0 && int64(cap(buf)) <= size {
		buf = make([]byte, 0, size+1) // one more, so that the end is seen at once
	}
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}
