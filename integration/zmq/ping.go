package zmq

import (
	"bytes"
	"context"
	"sync"
)

// Commands begin with a name, which begins with its length (RFC 37/ZMTP 3.1,
// "Connection Heartbeating").
const (
	pingName = "\x04PING" // then two bytes, the time to live, and a context of 16 bytes at most
	pongName = "\x04PONG" // then the same context
)

// isPong tells the one command that goes through [stream.Write] from messages:
// no JSON text begins with a control character.
func isPong(msg []byte) bool { return bytes.HasPrefix(msg, []byte(pongName)) }

// command takes in a command from the server. All but PING can be passed over.
// A server that hears nothing after a PING closes the connection.
func (s *splitter) command(body []byte) {
	if rest, ok := bytes.CutPrefix(body, []byte(pingName)); ok && len(rest) >= 2 && len(rest) <= 2+16 {
		s.ping(rest[2:])
	}
}

// A ponger answers PINGs, so that the reader does not have to wait for a writer.
// Of those that come while an answer is being sent only the last is answered: a
// flood of PINGs must not become one of memory.
type ponger struct {
	mu      sync.Mutex // for what follows
	next    []byte     // the answer to be sent; nil if there is none
	sending bool
}

func (p *ponger) answer(pingContext []byte, write func(context.Context, []byte) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = append([]byte(pongName), pingContext...)
	if !p.sending {
		p.sending = true
		go p.send(write)
	}
}

func (p *ponger) send(write func(context.Context, []byte) error) {
	for {
		p.mu.Lock()
		answer := p.next
		p.next = nil
		p.sending = answer != nil
		p.mu.Unlock()
		if answer == nil {
			return
		}
		_ = write(context.Background(), answer) // ends with the connection
	}
}
