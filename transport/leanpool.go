package transport

import (
	"sync"
	"time"
)

// A leanPool has the idle connections of a [LeanRoundTripper].
type leanPool struct {
	max     int // to one server
	timeout time.Duration

	mu     sync.Mutex                 // for what follows
	idle   map[leanServer][]*leanConn // of each, the one idle longest first
	sweep  *time.Timer                // while there are any
	closed bool                       // since the last request
}

// take returns the connection that was idle for the shortest time and is good, and
// for how long it was, or nil.
func (p *leanPool) take(server leanServer) (*leanConn, time.Duration) {
	for {
		c := p.pop(server)
		if c == nil {
			return nil, 0
		}
		if idle := time.Since(c.idle); idle < p.timeout && c.isQuiet() {
			return c, idle
		}
		_ = c.conn.Close()
	}
}

func (p *leanPool) pop(server leanServer) *leanConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = false
	all := p.idle[server]
	last := len(all) - 1
	if last < 0 {
		return nil
	}
	c := all[last]
	all[last] = nil
	p.idle[server] = all[:last]
	return c
}

// put keeps c, which must not be used any more by the caller, or closes it.
func (p *leanPool) put(c *leanConn) {
	c.used, c.idle = true, time.Now()
	if !p.push(c) {
		_ = c.conn.Close()
	}
}

func (p *leanPool) push(c *leanConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.idle[c.server]
	if p.closed || len(all) >= p.max {
		return false
	}
	if p.idle == nil {
		p.idle = make(map[leanServer][]*leanConn)
	}
	p.idle[c.server] = append(all, c)
	if p.sweep == nil {
		p.sweep = time.AfterFunc(p.timeout, p.closeOld)
	}
	return true
}

// closeOld closes the connections that have been idle for too long.
func (p *leanPool) closeOld() {
	p.mu.Lock()
	var old []*leanConn
	now, next := time.Now(), time.Duration(0)
	for server, all := range p.idle {
		for len(all) > 0 && now.Sub(all[0].idle) >= p.timeout {
			old, all = append(old, all[0]), all[1:]
		}
		if len(all) == 0 {
			delete(p.idle, server)
			continue
		}
		p.idle[server] = append([]*leanConn(nil), all...)
		next = max(next, now.Sub(all[0].idle))
	}
	p.sweep = nil
	if len(p.idle) > 0 {
		p.sweep = time.AfterFunc(p.timeout-next, p.closeOld)
	}
	p.mu.Unlock()
	for _, c := range old {
		_ = c.conn.Close()
	}
}

// closeAll closes all connections, and those that come before the next request.
func (p *leanPool) closeAll() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	if p.sweep != nil {
		p.sweep.Stop()
		p.sweep = nil
	}
	p.mu.Unlock()
	for _, all := range idle {
		for _, c := range all {
			_ = c.conn.Close()
		}
	}
}
