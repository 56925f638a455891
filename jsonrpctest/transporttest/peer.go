package transporttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strconv"

	"example.com/jsonrpc/transport"
)

// NewPeer returns the far end of a flow of bytes with a framing. It reads and
// writes frames in its own plain way, and not with the code under test.
func NewPeer(rwc io.ReadWriteCloser, framing *transport.Framing) *Peer {
	r := bufio.NewReader(rwc)
	write := func(frame []byte) error {
		_, err := rwc.Write(frame)
		return err
	}
	p := &Peer{
		Send:  func(msg []byte) error { return write(frame(framing, msg)) },
		Close: rwc.Close,
		Begin: func(msg []byte) (rest func() error, err error) {
			f := frame(framing, msg)
			half := len(f) / 2
			return func() error { return write(f[half:]) }, write(f[:half])
		},
	}
	switch framing {
	case transport.Newline:
		p.Receive = func() ([]byte, error) { return r.ReadBytes('\n') }
	case transport.Header:
		p.Receive = func() ([]byte, error) { return receiveHeader(r) }
		p.Spoil = func() error { return write([]byte("Content-Length: none\r\n\r\n")) }
		p.Promise = func(size int64) error { return write(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n{", size)) }
	case transport.Bare:
		d := json.NewDecoder(r)
		p.Receive = func() (msg []byte, err error) {
			err = d.Decode((*json.RawMessage)(&msg))
			return msg, err
		}
		p.Spoil = func() error { return write([]byte("what? ")) }
	case transport.Netstring:
		p.Receive = func() ([]byte, error) { return receiveNetstring(r) }
		p.Promise = func(size int64) error { return write(fmt.Appendf(nil, "%d:{", size)) }
	default:
		panic("transporttest: unknown framing " + framing.String())
	}
	return p
}

func frame(framing *transport.Framing, msg []byte) []byte {
	switch framing {
	case transport.Newline:
		msg = bytes.ReplaceAll(bytes.ReplaceAll(msg, []byte("\r"), nil), []byte("\n"), nil)
		return append(msg, '\n')
	case transport.Header:
		return fmt.Appendf(nil, "Content-Length: %d\r\n\r\n%s", len(msg), msg)
	case transport.Netstring:
		return fmt.Appendf(nil, "%d:%s,", len(msg), msg)
	}
	return bytes.Clone(msg)
}

func receiveHeader(r *bufio.Reader) ([]byte, error) {
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		return nil, err
	}
	if len(header) != 1 || len(header["Content-Length"]) != 1 {
		return nil, fmt.Errorf("received the headers %v, want Content-Length alone", header)
	}
	size, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil {
		return nil, err
	}
	msg := make([]byte, size)
	_, err = io.ReadFull(r, msg)
	return msg, err
}

func receiveNetstring(r *bufio.Reader) ([]byte, error) {
	length, err := r.ReadString(':')
	if err != nil {
		return nil, err
	}
	size, err := strconv.Atoi(length[:len(length)-1])
	if err != nil {
		return nil, err
	}
	msg := make([]byte, size+1)
	if _, err := io.ReadFull(r, msg); err != nil {
		return nil, err
	}
	if msg[size] != ',' {
		return nil, errors.New("received a netstring without a comma at its end")
	}
	return msg[:size], nil
}
