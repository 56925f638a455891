package jsonrpc

import "time"

// An EndpointState says whether an endpoint of a [Pool] gets calls.
type EndpointState string

const (
	// EndpointIdle is one on a stream that no call has needed since its connection
	// was lost, or at all. The next that needs it connects.
	EndpointIdle EndpointState = "idle"
	// EndpointConnecting is one that is being connected to.
	EndpointConnecting EndpointState = "connecting"
	// EndpointUp is one that gets calls.
	EndpointUp EndpointState = "up"
	// EndpointResting is one that gets no calls because it has failed.
	EndpointResting EndpointState = "resting"
	// EndpointTrial is one whose rest is over: a call or a probe will show, or is just
	// showing, whether it is well again.
	EndpointTrial EndpointState = "trial"
	// EndpointLeaving is one that was removed and works off its last calls.
	EndpointLeaving EndpointState = "leaving"
)

// EndpointStats is what a [Pool] knows of one of its endpoints.
type EndpointStats struct {
	Name     string // without secrets
	Priority int
	Weight   int
	State    EndpointState
	// InFlight is how many attempts are under way there.
	InFlight int64
	// Calls is how many attempts have gone there, and Failures how many of them, and
	// of connections and probes, showed that the endpoint was at fault.
	Calls    int64
	Failures int64
	// RestUntil is when its rest ends; zero if it does not rest.
	RestUntil time.Time
	// Err is its last failure, nil if there was none since it was found well.
	Err error
}

// Stats returns what the pool knows of its endpoints, in their order, and of those that
// are leaving.
func (p *Pool) Stats() []EndpointStats {
	all := p.members.Load().all
	stats := make([]EndpointStats, 0, len(all))
	for _, e := range all {
		stats = append(stats, e.stats())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for e := range p.goers {
		stats = append(stats, e.stats())
	}
	return stats
}

func (e *endpoint) stats() EndpointStats {
	s := EndpointStats{
		Name: e.name, Priority: int(e.priority.Load()), Weight: int(e.weight.Load()),
		InFlight: e.inFlight.Load(), Calls: e.calls.Load(), Failures: e.failures.Load(),
	}
	h := &e.health
	h.mu.Lock()
	until := h.until.Load()
	if until != 0 || h.row > 0 {
		s.Err = h.cause
	}
	h.mu.Unlock()
	now := e.pool.now()
	switch {
	case e.gone.Load():
		s.State = EndpointLeaving
	case until > now:
		s.State, s.RestUntil = EndpointResting, e.pool.time(until)
	case until != 0:
		s.State = EndpointTrial
	case e.ready.Load():
		s.State = EndpointUp
	case e.connecting():
		s.State = EndpointConnecting
	default:
		s.State = EndpointIdle
	}
	return s
}

// connecting reports whether the endpoint is being connected to.
func (e *endpoint) connecting() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dialing == nil {
		return false
	}
	select {
	case <-e.dialing.done:
		return false
	default:
		return true
	}
}

// streamStats are the sums of the endpoints' StreamStats.
func (p *Pool) streamStats() (sum StreamStats) {
	for _, e := range p.members.Load().all {
		if c := e.client.Load(); c != nil {
			s := c.StreamStats()
			sum.Connects += s.Connects
			sum.Strays += s.Strays
			sum.Malformed += s.Malformed
			sum.Dropped += s.Dropped
		}
	}
	return sum
}
