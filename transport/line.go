package transport

import (
	"context"
	"sync"
)

// A line is of those who wait for their turn, in their order. It is used under a
// mutex, and uses the memory of its places again.
type line struct {
	first, last *place
	spare       *place
	spares      int
}

// A place in line.
type place struct {
	at           int64 // what is waited for
	ready        chan struct{}
	served       bool
	before, next *place
}

// wait waits in line, for what is at, and reports whether it was served before
// ctx ended. The caller must hold mu, which is not held meanwhile.
func (l *line) wait(ctx context.Context, mu sync.Locker, at int64) bool {
	p := l.join(at)
	mu.Unlock()
	if done := ctx.Done(); done == nil {
		<-p.ready
	} else {
		select {
		case <-p.ready:
		case <-done:
		}
	}
	mu.Lock()
	served := p.served
	if served {
		select { // it may have been served in the moment in which ctx ended
		case <-p.ready:
		default:
		}
	} else {
		l.remove(p)
	}
	const maxSpares = 256
	if p.served = false; l.spares < maxSpares {
		p.next, l.spare = l.spare, p
		l.spares++
	}
	return served
}

// join returns a place at the end of the line.
func (l *line) join(at int64) *place {
	p := l.spare
	if p == nil {
		p = &place{ready: make(chan struct{}, 1)}
	} else {
		l.spare = p.next
		l.spares--
	}
	p.at, p.before, p.next = at, l.last, nil
	if l.last == nil {
		l.first = p
	} else {
		l.last.next = p
	}
	l.last = p
	return p
}

// serve serves those who wait for at or less.
func (l *line) serve(at int64) {
	for l.first != nil && l.first.at <= at {
		l.serveFirst()
	}
}

// serveFirst serves the first in line.
func (l *line) serveFirst() {
	p := l.first
	l.remove(p)
	p.served = true
	p.ready <- struct{}{}
}

// remove takes a place out of the line.
func (l *line) remove(p *place) {
	if p.before == nil {
		l.first = p.next
	} else {
		p.before.next = p.next
	}
	if p.next == nil {
		l.last = p.before
	} else {
		p.next.before = p.before
	}
	p.before, p.next = nil, nil
}
