package zmq

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
)

// ErrRefused says that the server refused the handshake, as it does with a wrong
// user name or password.
var ErrRefused = errors.New("the server refused the handshake")

var errHungUp = errors.New("the server closed the connection during the handshake")

// maxHandshake bounds a command of the handshake in bytes.
const maxHandshake = 64 << 10

// A gate stands between a connection and the handshake of package zmq4, which
// allocates memory on the word of a length, and whose errors do not say what the
// server sent. It hands on a whole greeting and whole commands, once they are
// found to be in order, and reads no byte beyond.
type gate struct {
	net.Conn
	mechanism string // of ours: NULL or PLAIN
	password  string // never to be in an error

	greeted bool
	passed  []byte // arrived and in order
	err     error  // what was not
}

// Read reads what has passed.
func (g *gate) Read(p []byte) (int, error) {
	if len(g.passed) == 0 && g.err == nil {
		if !g.greeted {
			g.passed, g.err = g.greeting()
			g.greeted = true
		} else {
			g.passed, g.err = g.command()
		}
	}
	if g.err != nil {
		return 0, g.err
	}
	n := copy(p, g.passed)
	g.passed = g.passed[n:]
	return n, nil
}

// greeting reads the greeting.
func (g *gate) greeting() ([]byte, error) {
	greeting := make([]byte, 64)
	if err := g.fillGreeting(greeting); err == errHungUp {
		// Libzmq does so when it has read our mechanism, before it has sent its own.
		return nil, fmt.Errorf("%w: only one of the two uses a user name and a password (PLAIN), or it is no ZeroMQ socket", errHungUp)
	} else if err != nil {
		return nil, err
	}
	mechanism, _, _ := bytes.Cut(greeting[12:32], []byte{0})
	if string(mechanism) == g.mechanism {
		return greeting, nil
	}
	switch string(mechanism) {
	case "PLAIN":
		return nil, errors.New("the server wants a user name and a password (PLAIN)")
	case "NULL":
		return nil, errors.New("the server takes no user name and password (PLAIN)")
	}
	return nil, fmt.Errorf("the server's security mechanism is %.20q: only NULL and PLAIN are supported", mechanism)
}

// fillGreeting reads piece by piece, so that a server that speaks something else
// is found out by its first byte and not by its silence.
func (g *gate) fillGreeting(greeting []byte) error {
	if err := g.fill(greeting[:1]); err != nil {
		return err
	}
	if greeting[0] != 0xff {
		return errors.New("the server does not speak ZMTP 3: it is no ZeroMQ socket, or a very old one")
	}
	if err := g.fill(greeting[1:11]); err != nil {
		return err
	}
	if greeting[10] < 3 {
		return errors.New("the server does not speak ZMTP 3: it needs libzmq 4 or newer")
	}
	return g.fill(greeting[11:])
}

// command reads a command of the handshake.
func (g *gate) command() ([]byte, error) {
	head := make([]byte, 9)
	if err := g.fill(head[:2]); err != nil {
		return nil, err
	}
	length := uint64(head[1])
	switch head[0] {
	case flagCommand:
		head = head[:2]
	case flagCommand | flagLong:
		if err := g.fill(head[2:]); err != nil {
			return nil, err
		}
		length = binary.BigEndian.Uint64(head[1:])
	default:
		return nil, fmt.Errorf("malformed handshake: a frame begins with %#02x", head[0])
	}
	if length > maxHandshake {
		return nil, fmt.Errorf("malformed handshake: a command of %d bytes", length)
	}
	all := make([]byte, len(head)+int(length))
	body := all[copy(all, head):]
	if err := g.fill(body); err != nil {
		return nil, err
	}
	// The PLAIN servers of libzmq 4.3 write "\x5ERROR" in C, which is "^RROR".
	for _, name := range []string{"\x05ERROR", "^RROR"} {
		if rest, ok := bytes.CutPrefix(body, []byte(name)); ok {
			return nil, g.refused(rest)
		}
	}
	return all, nil
}

// refused returns the error for an ERROR command: its reason has its length
// before it. Libzmq gives the code of its authenticator, such as 400.
func (g *gate) refused(reason []byte) error {
	if len(reason) > 0 {
		reason = reason[1:]
	}
	text := string(reason)
	if g.password != "" {
		text = strings.ReplaceAll(text, g.password, "***")
	}
	if text == "" {
		return ErrRefused
	}
	return fmt.Errorf("%w: %.200q", ErrRefused, text)
}

// fill reads exactly len(p) bytes.
func (g *gate) fill(p []byte) error {
	_, err := io.ReadFull(g.Conn, p)
	if err == io.EOF || err == io.ErrUnexpectedEOF || errors.Is(err, syscall.ECONNRESET) {
		return errHungUp
	}
	return err
}
