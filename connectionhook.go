package jsonrpc

import (
	"slices"
	"sync"
)

// A ConnectionState is what has become of the connection of a client of a stream.
type ConnectionState uint8

const (
	// Connected says that there is a connection: the first or the next.
	Connected ConnectionState = iota
	// ConnectionLost says that it has ended, by the client's Close too.
	ConnectionLost
	// ConnectFailed says that an attempt to connect failed. There will be another
	// when a call or a subscription needs it.
	ConnectFailed
)

// String returns the state in words.
func (s ConnectionState) String() string {
	switch s {
	case Connected:
		return "connected"
	case ConnectionLost:
		return "connection lost"
	case ConnectFailed:
		return "connecting failed"
	}
	return "unknown"
}

// A ConnectionEvent is a change of the connection of a client of a stream.
type ConnectionEvent struct {
	Endpoint string // as [Client.String] has it; of a pool, that of one of its endpoints
	State    ConnectionState
	Err      error // why it was lost, or why connecting failed
}

// WithConnectionHook has f called with each change of the client's connection, one
// after the other, in their order. f may use the client, and may take its time: the
// client does not wait for it. Of a pool it gets the changes of all endpoints, those
// of different endpoints at the same time. Clients that have no stream never call it.
func WithConnectionHook(f func(ConnectionEvent)) ClientOption {
	return clientOnly(func(s *settings) {
		if f != nil {
			s.stream.hooks = append(slices.Clip(s.stream.hooks), f)
		}
	})
}

// tellLocked tells of a change. The caller must hold c.mu.
func (c *conn) tellLocked(state ConnectionState, err error) {
	name := c.name
	if c.owner != nil {
		c.owner.watch(state)
		name = c.owner.name
	}
	if len(c.set.hooks) == 0 {
		return
	}
	c.news.put(c.set.hooks, ConnectionEvent{c.secrets.mask(name), state, c.set.shown.with(c.secrets).maskTree(err)})
}

// news are changes on their way to the hooks.
type news struct {
	mu      sync.Mutex // for what follows
	queue   []ConnectionEvent
	telling bool // a goroutine does
}

// put adds a change without waiting for the hooks.
func (n *news) put(hooks []func(ConnectionEvent), e ConnectionEvent) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append(n.queue, e)
	if n.telling {
		return
	}
	n.telling = true
	go func() {
		for {
			n.mu.Lock()
			if len(n.queue) == 0 {
				n.telling = false
				n.mu.Unlock()
				return
			}
			e := n.queue[0]
			n.queue = n.queue[1:]
			n.mu.Unlock()
			for _, f := range hooks {
				f(e)
			}
		}
	}()
}
