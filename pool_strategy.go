package jsonrpc

import (
	"cmp"
	"context"
	"hash/fnv"
	"math"
	"slices"
)

// A Strategy says which endpoint of a [Pool] a call goes to, of those with the best
// [Endpoint.Priority] that do not rest. The zero Strategy is RoundRobin.
type Strategy struct {
	kind uint8
	key  func(context.Context) string
}

const (
	roundRobin uint8 = iota
	leastLoaded
	ordered
	sticky
)

// RoundRobin gives calls to the endpoints in turn, as many to each as its
// [Endpoint.Weight] says.
func RoundRobin() Strategy { return Strategy{kind: roundRobin} }

// LeastLoaded gives a call to the endpoint with the fewest calls under way for its
// [Endpoint.Weight], so that a slow one gets fewer.
func LeastLoaded() Strategy { return Strategy{kind: leastLoaded} }

// Ordered gives each call to the first endpoint, as long as it is well, then to the
// second, and so on: a primary and its backups.
func Ordered() Strategy { return Strategy{kind: ordered} }

// Sticky gives all calls of a session to one endpoint: those with the same key, which
// is that of [WithSession] or, if there is none, what key returns for the context of
// the call. key may be nil. Calls without a key go in turn.
//
// Keys are spread by rendezvous hashing: an endpoint that comes or goes moves only the
// sessions that it gets or had, and every process that has the same endpoints gives a
// session to the same one. While its endpoint rests, a session is at the next.
func Sticky(key func(ctx context.Context) string) Strategy {
	return Strategy{kind: sticky, key: key}
}

// session returns the key of the call's session, empty if it has none.
func (s Strategy) session(ctx context.Context, x *Exchange) string {
	switch {
	case s.kind != sticky:
		return ""
	case x != nil && x.set.session != "":
		return x.set.session
	case s.key != nil:
		return s.key(ctx)
	}
	return ""
}

// members are the endpoints of a pool at one time.
type members struct {
	all   []*endpoint
	tiers []tier // the best first
}

// A tier are the endpoints of one priority.
type tier struct {
	endpoints []*endpoint
	slots     []*endpoint // for turns: each as often as its weight says
	weights   []int       // of endpoints
}

// newMembers sorts endpoints, which may stand in any order, by what specs say of them.
func newMembers(all []*endpoint, specs []Endpoint) *members {
	type ranked struct {
		*endpoint
		priority, weight int
	}
	byKey := make(map[string]Endpoint, len(specs))
	for _, spec := range slices.Backward(specs) { // the first of a key counts
		byKey[spec.key()] = spec
	}
	sorted := make([]ranked, len(all))
	for i, e := range all {
		spec := byKey[e.key]
		sorted[i] = ranked{e, spec.Priority, max(spec.Weight, 1)}
		e.priority.Store(int64(spec.Priority))
		e.weight.Store(int64(max(spec.Weight, 1)))
	}
	slices.SortStableFunc(sorted, func(a, b ranked) int { return cmp.Compare(a.priority, b.priority) })
	m := &members{all: all}
	for i, r := range sorted {
		if i == 0 || r.priority != sorted[i-1].priority {
			m.tiers = append(m.tiers, tier{})
		}
		t := &m.tiers[len(m.tiers)-1]
		t.endpoints, t.weights = append(t.endpoints, r.endpoint), append(t.weights, r.weight)
	}
	for i := range m.tiers {
		m.tiers[i].spread()
	}
	return m
}

// spread fills the slots: smoothly, so that an endpoint's turns do not come one after
// the other.
func (t *tier) spread() {
	const most = 128 // slots for the weights, beside one for each endpoint
	sum := 0.        // of large ones it does not fit into an int
	divisor := 0
	for _, w := range t.weights {
		sum, divisor = sum+float64(w), gcd(divisor, w)
	}
	turns, total := make([]int, len(t.weights)), 0
	for i, w := range t.weights {
		if turns[i] = w / divisor; sum/float64(divisor) > most {
			turns[i] = max(1, int(float64(w)*most/sum))
		}
		total += turns[i]
	}
	credit := make([]int, len(turns))
	for range total {
		best := 0
		for i := range turns {
			if credit[i] += turns[i]; credit[i] > credit[best] {
				best = i
			}
		}
		credit[best] -= total
		t.slots = append(t.slots, t.endpoints[best])
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// pick returns the endpoint of the tier that the search should try next, nil if there
// is none. What it passes over because there is no connection is s.cold.
func (p *Pool) pick(t *tier, s *search) *endpoint {
	switch kind := p.set.strategy.kind; {
	case kind == ordered:
		return s.first(t.endpoints, 0)
	case kind == leastLoaded:
		return s.least(t)
	case kind == sticky && s.session != "":
		return s.home(t)
	}
	return s.first(t.slots, int(s.turn%uint64(len(t.slots))))
}

// first returns the first that is of use, from start on.
func (s *search) first(from []*endpoint, start int) *endpoint {
	for i := range from {
		if i += start; i >= len(from) {
			i -= len(from)
		}
		if e := from[i]; s.usable(e) {
			return e
		}
	}
	return nil
}

// least returns the one with the least load; of several, which one is by turn.
func (s *search) least(t *tier) (best *endpoint) {
	var load float64
	start := int(s.turn % uint64(len(t.endpoints)))
	for i := range t.endpoints {
		if i += start; i >= len(t.endpoints) {
			i -= len(t.endpoints)
		}
		e := t.endpoints[i]
		l := float64(e.inFlight.Load()) / float64(t.weights[i])
		if (best == nil || l < load) && s.usable(e) {
			best, load = e, l
		}
	}
	return best
}

// home returns the one that the session belongs to.
func (s *search) home(t *tier) (best *endpoint) {
	key, before := hashOf(s.session), s.cold
	var (
		cold                 *endpoint
		highest, highestCold = math.Inf(-1), math.Inf(-1)
	)
	for i, e := range t.endpoints {
		score := rendezvous(key, e.hash, t.weights[i])
		s.cold = nil
		if s.usable(e) {
			if score > highest {
				best, highest = e, score
			}
		} else if s.cold != nil && score > highestCold {
			cold, highestCold = e, score
		}
	}
	if s.cold = before; before == nil && highestCold > highest {
		s.cold = cold
	}
	return best
}

// rendezvous returns how much a session belongs to an endpoint (Highest Random Weight,
// Thaler and Ravishankar 1998, with the weights of Schindelhauer and Schomaker 2005).
func rendezvous(key, endpoint uint64, weight int) float64 {
	h := mix(key ^ mix(endpoint))
	unit := (float64(h>>11) + 0.5) / (1 << 53) // in (0, 1)
	return -float64(weight) / math.Log(unit)
}

// mix spreads the bits of h (the finalizer of MurmurHash3).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func hashOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}
