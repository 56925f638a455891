package jsonrpc_test

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"
)

// The servers of the benchmarks do not parse JSON: they look for the bytes of
// the ids and answer each with the same text. They hold one connection per
// goroutine, and allocate nothing once its buffers have grown.

// benchRows is the large result, 1 MiB of JSON.
var benchRows = func() []byte {
	text := []byte{'['}
	for i := 0; len(text) < 1<<20; i++ {
		if i > 0 {
			text = append(text, ',')
		}
		text = fmt.Appendf(text, `{"id":%d,"name":"Mittens the %dth","email":"cat%d@pets.example","score":%d.25,"tags":["cat","tabby"],"active":true}`, i, i, i, i%100)
	}
	return append(text, ']')
}()

// appendReply appends the reply to a request or a batch.
func appendReply(dst, request []byte) []byte {
	result := []byte(`"meow"`)
	if bytes.Contains(request, []byte(`"method":"rows"`)) {
		result = benchRows
	}
	batch := request[0] == '['
	if batch {
		dst = append(dst, '[')
	}
	for first := true; ; first = false {
		_, after, found := bytes.Cut(request, []byte(`"id":`))
		if !found {
			break
		}
		end := bytes.IndexAny(after, ",}")
		if !first {
			dst = append(dst, ',')
		}
		dst = append(append(dst, `{"jsonrpc":"2.0","result":`...), result...)
		dst = append(append(append(dst, `,"id":`...), after[:end]...), '}')
		request = after[end:]
	}
	if batch {
		dst = append(dst, ']')
	}
	return dst
}

// A benchServer answers on one connection until it ends.
type benchServer func(c io.Writer, r *bufio.Reader) error

// benchServe has serve serve each connection and returns the address.
func benchServe(tb testing.TB, serve benchServer) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_ = serve(c, bufio.NewReaderSize(c, 64<<10))
			}()
		}
	}()
	return listener.Addr().String()
}

// serveHTTP answers HTTP/1.1 requests that have a Content-Length.
func serveHTTP(c io.Writer, r *bufio.Reader) error {
	var request, reply, out []byte
	for {
		length := 0
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return err
			}
			if line = bytes.TrimSpace(line); len(line) == 0 {
				break
			}
			if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				for _, digit := range value {
					length = 10*length + int(digit-'0')
				}
			}
		}
		if cap(request) < length {
			request = make([]byte, length)
		}
		request = request[:length]
		if _, err := io.ReadFull(r, request); err != nil {
			return err
		}
		reply = appendReply(reply[:0], request)
		out = append(out[:0], "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "...)
		out = append(strconv.AppendInt(out, int64(len(reply)), 10), "\r\n\r\n"...)
		if _, err := c.Write(append(out, reply...)); err != nil {
			return err
		}
	}
}

// serveLines answers lines: all that have arrived with one write.
func serveLines(c io.Writer, r *bufio.Reader) error {
	var out []byte
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		out = append(appendReply(out, line), '\n')
		if r.Buffered() == 0 {
			if _, err := c.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
}

// serveWebSocket answers the text frames of a WebSocket, of up to 64 KiB.
func serveWebSocket(c io.Writer, r *bufio.Reader) error {
	if err := acceptWebSocket(c, r); err != nil {
		return err
	}
	var request, reply, out []byte
	var header [8]byte
	for {
		if _, err := io.ReadFull(r, header[:2]); err != nil {
			return err
		}
		if header[0] == 0x88 { // a Close frame: nobody waits for ours longer than for this
			return nil
		}
		length := int(header[1] & 127)
		if length == 126 {
			if _, err := io.ReadFull(r, header[:2]); err != nil {
				return err
			}
			length = int(binary.BigEndian.Uint16(header[:]))
		}
		if _, err := io.ReadFull(r, header[4:8]); err != nil {
			return err
		}
		if cap(request) < length {
			request = make([]byte, length)
		}
		request = request[:length]
		if _, err := io.ReadFull(r, request); err != nil {
			return err
		}
		for i := range request {
			request[i] ^= header[4+i%4]
		}
		reply = appendReply(reply[:0], request)
		const text = 0x81 // a text message in one frame
		if len(reply) < 126 {
			out = append(out, text, byte(len(reply)))
		} else {
			out = binary.BigEndian.AppendUint16(append(out, text, 126), uint16(len(reply)))
		}
		out = append(out, reply...)
		if r.Buffered() == 0 {
			if _, err := c.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
}

// acceptWebSocket answers the handshake (RFC 6455, 4.2).
func acceptWebSocket(c io.Writer, r *bufio.Reader) error {
	var key string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if line == "\r\n" {
			break
		}
		if _, err := fmt.Sscanf(line, "Sec-Websocket-Key: %s", &key); err != nil {
			_, _ = fmt.Sscanf(line, "Sec-WebSocket-Key: %s", &key)
		}
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err := fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
	return err
}
