package jsonrpc

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// However few they are, what waits for a subscriber or for a handler has 64 MiB at most.
func TestQueuesAreBoundedInBytes(t *testing.T) {
	const size, fit, sent = 8 << 20, 8, 11
	large := json.RawMessage(make([]byte, size))
	fill := func(policy Policy) *Subscription {
		s := &Subscription{size: 1024, policy: policy}
		s.wake.L = &s.mu
		for range sent {
			s.put(Event{Data: large})
		}
		return s
	}
	read := func(s *Subscription) (events, dropped int, err error) {
		for {
			if len(s.queue) == 0 && s.err == nil {
				return events, dropped, nil
			}
			e, err := s.next(t.Context())
			switch {
			case err != nil:
				return events, dropped, err
			case e.Gap != nil:
				dropped += e.Gap.Dropped
			default:
				events++
			}
		}
	}
	s := fill(DropOldest)
	if events, dropped, err := read(s); events != fit || dropped != sent-fit || err != nil || s.bytes != 0 {
		t.Errorf("%d events and a gap of %d, %v, then %d bytes", events, dropped, err, s.bytes)
	}
	s = fill(EndWhenFull)
	if events, dropped, err := read(s); events != fit || dropped != 0 || !errors.Is(err, ErrSlowSubscriber) || s.bytes != 0 {
		t.Errorf("%d events and a gap of %d, %v, then %d bytes", events, dropped, err, s.bytes)
	}

	var q inbox
	q.wake.L = &q.mu
	var e early
	kept := 0
	for range sent {
		m := &ServerMessage{Params: large}
		if q.put(m) {
			kept++
		}
		e.keep(arrival{ServerMessage: m, at: time.Now()})
	}
	if kept != fit || len(e.events) != fit || e.gap == nil || e.gap.Dropped != sent-fit {
		t.Errorf("%d wait for the handler, %d came early, and a gap: %v", kept, len(e.events), e.gap)
	}
	for range kept {
		q.take()
	}
	if q.len() != 0 || q.bytes != 0 || !q.put(&ServerMessage{Params: make([]byte, 2*maxQueuedBytes)}) {
		t.Errorf("then %d wait, of %d bytes; one that is larger than all has to have room", q.len(), q.bytes)
	}
}
