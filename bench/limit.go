package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// The limit is the same traffic without any JSON: requests that are bytes made
// beforehand, and replies that are read and dropped. Their first bytes are
// compared, so that an error page does not pass for a reply.

const limitName = "limit"

var smallRequest = []byte(`{"jsonrpc":"2.0","method":"cat","params":["Mittens",3],"id":12345}`)

var errNotTheReply = errors.New("this is not the reply")

// limitHTTP posts request, as one does with net/http, over the transport that it
// has, but for as many idle connections as there are goroutines.
func limitHTTP(request []byte, size int64, rt http.RoundTripper) contender {
	return contender{limitName, func(at addresses) (op, error) {
		client := &http.Client{Transport: rt}
		if rt == nil {
			t := http.DefaultTransport.(*http.Transport).Clone()
			t.MaxIdleConns, t.MaxIdleConnsPerHost = 256, 256
			client.Transport = t
		}
		return op{close: client.CloseIdleConnections, do: func() error {
			resp, err := client.Post(at.HTTP, "application/json", bytes.NewReader(request))
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			return discard(resp.Body, size)
		}}, nil
	}}
}

var discards = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// discard reads a reply of so many bytes.
func discard(r io.Reader, size int64) error {
	buf := discards.Get().(*[64 << 10]byte)
	defer discards.Put(buf)
	for got := int64(0); ; {
		n, err := r.Read(buf[:])
		if got == 0 && n > 0 && buf[0] != '{' && buf[0] != '[' {
			return errNotTheReply
		}
		got += int64(n)
		switch {
		case err == io.EOF && got == size:
			return nil
		case err == io.EOF:
			return fmt.Errorf("%d bytes, want %d", got, size)
		case err != nil:
			return err
		}
	}
}

// limitTCP writes a line and reads one.
var limitTCP = contender{limitName, func(at addresses) (op, error) {
	conn, err := net.Dial("tcp", at.TCP)
	if err != nil {
		return op{}, err
	}
	request := append(bytes.Clone(smallRequest), '\n')
	want := append(appendSmall(nil, smallRequest), '\n')
	buf := make([]byte, 4<<10)
	return op{close: func() { _ = conn.Close() }, do: func() error { return exchange(conn, conn, request, want, buf) }}, nil
}}

// exchange writes request and reads want.
func exchange(w io.Writer, r io.Reader, request, want, buf []byte) error {
	if _, err := w.Write(request); err != nil {
		return err
	}
	got := 0
	for got < len(want) {
		n, err := r.Read(buf[got:])
		if err != nil {
			return err
		}
		got += n
	}
	if !bytes.Equal(buf[:got], want) {
		return errNotTheReply
	}
	return nil
}

// limitWebSocket writes the bytes of a frame and reads those of another.
var limitWebSocket = contender{limitName, func(at addresses) (op, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(at.WebSocket, "ws://"))
	if err != nil {
		return op{}, err
	}
	r, err := handshake(conn)
	if err != nil {
		return op{}, err
	}
	const text, masked = 0x81, 0x80
	request := append([]byte{text, masked | byte(len(smallRequest)), 0, 0, 0, 0}, smallRequest...) // a mask of zeros changes nothing
	reply := appendSmall(nil, smallRequest)
	want := append([]byte{text, byte(len(reply))}, reply...)
	buf := make([]byte, 4<<10)
	return op{close: func() { _ = conn.Close() }, do: func() error { return exchange(conn, r, request, want, buf) }}, nil
}}

// handshake makes a WebSocket of conn (RFC 6455, 4.1).
func handshake(conn net.Conn) (*bufio.Reader, error) {
	var key [16]byte
	_, _ = rand.Read(key[:])
	_, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n",
		conn.RemoteAddr(), base64.StdEncoding.EncodeToString(key[:]))
	if err != nil {
		return nil, err
	}
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("the handshake was answered with %s", resp.Status)
	}
	return r, nil
}

// inMemory answers without a network, at as little cost as it can: what is measured
// is the client.
type inMemory struct{}

// memoryReply is a response and its body.
type memoryReply struct {
	http.Response
	bytes.Reader
	text [128]byte
}

func (*memoryReply) Close() error { return nil }

var memoryHeader = http.Header{"Content-Type": {"application/json"}}

func (inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	var request [256]byte
	n, err := io.ReadFull(r.Body, request[:r.ContentLength])
	if err != nil {
		return nil, err
	}
	_ = r.Body.Close()
	m := new(memoryReply)
	reply := append(m.text[:0], `{"sound":"`+meow+`"}`...)
	if r.URL.Path != "/connect" {
		reply = appendSmall(m.text[:0], request[:n])
	}
	m.Reader.Reset(reply)
	m.Response = http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: memoryHeader, Body: m, ContentLength: int64(len(reply)), Request: r,
	}
	return &m.Response, nil
}
