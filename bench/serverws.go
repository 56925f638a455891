package main

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // the handshake's
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
)

// acceptWebSocket serves WebSockets as acceptLines serves lines: all that has
// arrived is answered with one write. Where each answer costs the server a system
// call, the server is what is measured.
func acceptWebSocket(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_ = answerWebSocket(c)
		}()
	}
}

// answerWebSocket shakes hands (RFC 6455, 4.2) and answers messages of one frame.
func answerWebSocket(c net.Conn) error {
	r := bufio.NewReaderSize(c, 64<<10)
	handshake, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	sum := sha1.Sum([]byte(handshake.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as above
	if _, err := fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:])); err != nil {
		return err
	}
	const (
		text, ended, maxShort = 0x81, 0x88, 125
		headerSize            = 2 + 4 // with the mask
	)
	var reply, out []byte
	for {
		header, err := r.Peek(headerSize)
		if err != nil {
			return err
		}
		n := int(header[1] & 127)
		if header[0] == ended {
			return nil
		}
		if header[0] != text || n > maxShort {
			return fmt.Errorf("a frame that begins with %x", header)
		}
		frame, err := r.Peek(headerSize + n)
		if err != nil {
			return err
		}
		mask, request := binary.NativeEndian.Uint32(frame[2:]), frame[headerSize:]
		i := 0
		for ; i+4 <= n; i += 4 {
			binary.NativeEndian.PutUint32(request[i:], binary.NativeEndian.Uint32(request[i:])^mask)
		}
		for ; i < n; i++ {
			request[i] ^= frame[2+i%4]
		}
		reply = appendSmall(reply[:0], request)
		if len(reply) > maxShort {
			return fmt.Errorf("an answer of %d bytes", len(reply))
		}
		out = append(append(out, text, byte(len(reply))), reply...)
		if _, err := r.Discard(headerSize + n); err != nil {
			return err
		}
		if r.Buffered() == 0 {
			if _, err := c.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
}
