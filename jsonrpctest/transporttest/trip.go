package transporttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"example.com/jsonrpc/transport"
)

// trip is a RoundTripper under test with its server.
type trip struct {
	transport.RoundTripper
	release chan struct{} // closed when servers that are silent may go on
	notes   chan request  // messages without an answer that the server has received

	mu   sync.Mutex // for what follows
	seen []request
}

func newTrip() *trip {
	return &trip{release: make(chan struct{}), notes: make(chan request, 10)}
}

// A request is a message that tells the server what to do.
type request struct {
	Version string          `json:"jsonrpc"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params,omitempty"`
	ID      int             `json:"id,omitempty"`
}

// What the server is asked to do.
const (
	echo   = "echo"   // reply with the params
	silent = "silent" // reply when the test is over
	stall  = "stall"  // reply with half of it, and with the rest when the test is over
	cut    = "cut"    // break off in the middle of the reply
)

func (r request) message() *transport.Message {
	r.Version = "2.0"
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		panic(err) // its params are ours
	}
	return &transport.Message{Body: bytes.TrimSpace(body.Bytes()), Reply: r.ID != 0}
}

// reply is what the server answers.
func (r request) reply() []byte {
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","result":%s,"id":%d}`, r.Params, r.ID)
}

// handle is the server.
func (c *trip) handle(msg []byte, w io.Writer) error {
	var r request
	if err := json.Unmarshal(msg, &r); err != nil {
		r.Method = fmt.Sprintf("the server received %s: %v", brief(msg), err)
	}
	c.mu.Lock()
	c.seen = append(c.seen, r)
	c.mu.Unlock()
	if r.ID == 0 {
		c.notes <- r
		return nil
	}
	reply := r.reply()
	switch r.Method {
	case silent:
		<-c.release
	case stall, cut:
		_, err := w.Write(reply[:len(reply)/2])
		if r.Method == cut {
			return errors.New("cut")
		}
		<-c.release
		if err != nil {
			return err
		}
		reply = reply[len(reply)/2:]
	}
	_, err := w.Write(reply)
	return err
}

// saw reports whether the server has received such a message.
func (c *trip) saw(r request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.seen {
		if s.ID == r.ID && s.Method == r.Method && bytes.Equal(s.Params, r.Params) {
			return true
		}
	}
	return false
}

// call sends a message and reads the reply, with a limit on how long it takes.
// Then it makes the message unreadable, unless the transport has kept it.
func (c *trip) call(ctx context.Context, m *transport.Message) (reply []byte, err error) {
	err = within("RoundTrip, or reading its reply,", func() (err error) {
		defer func() {
			if !m.Kept() {
				scribble(m.Body)
			}
		}()
		r, err := c.RoundTrip(ctx, m)
		switch {
		case err != nil && !isTransportError(err):
			return fmt.Errorf("the error of RoundTrip is no *transport.Error: %w", err)
		case err != nil:
			return err
		case r == nil && m.Reply:
			return errors.New("RoundTrip returned neither a reply nor an error")
		case r == nil:
			return nil
		}
		defer r.Close()
		if events, ok := r.(transport.EventsReply); ok {
			reply, err = events.Next(64 << 20)
			reply = bytes.Clone(reply)
			return err
		}
		reply, err = io.ReadAll(r)
		return err
	})
	return reply, err
}

// wantReply sends a request that is answered.
func (c *trip) wantReply(r request) error {
	got, err := c.call(context.Background(), r.message())
	if err != nil {
		return fmt.Errorf("instead of the reply to request %d: %w", r.ID, err)
	}
	return same(fmt.Sprintf("the reply to request %d is", r.ID), got, r.reply())
}
