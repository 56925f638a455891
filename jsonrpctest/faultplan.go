package jsonrpctest

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// An Arrival is a message that has come to a server, as a [FaultPlan] sees it.
type Arrival struct {
	// Number counts the messages of the server, from 0.
	Number int
	// Text is the message. It must not be changed or kept.
	Text []byte
	// Method is the method of a single request or notification, empty for a
	// batch and for what is neither.
	Method string
	// Batch reports whether the message is an array.
	Batch bool
	// Stream reports whether it came on a stream.
	Stream bool
}

// A FaultPlan says what goes wrong with a message. It is asked once for each, by
// one goroutine at a time, in the order in which they come.
type FaultPlan func(a *Arrival) Fault

// Always is the plan by which the same goes wrong each time.
func Always(f Fault) FaultPlan { return func(*Arrival) Fault { return f } }

// InTurn is the plan by which the first message meets the first fault, the second
// one the second, and so on; after that nothing goes wrong.
func InTurn(faults ...Fault) FaultPlan {
	return func(a *Arrival) Fault {
		if a.Number >= len(faults) {
			return Fault{}
		}
		return faults[a.Number]
	}
}

// AtRandom is the plan by which a message meets one of the faults with the given
// probability, each as likely as the others. The same seed gives the same faults
// in the same order. Which call gets which is certain only if calls are made one
// after the other.
func AtRandom(seed uint64, probability float64, faults ...Fault) FaultPlan {
	r := rand.New(rand.NewPCG(seed, 0))
	return func(*Arrival) Fault {
		if r.Float64() >= probability || len(faults) == 0 {
			return Fault{}
		}
		return faults[r.IntN(len(faults))]
	}
}

// SetFaults has things go wrong as the plan says, from the next message on; nil
// ends that. The count of messages begins anew. It may be called while the server
// is in use.
func (s *Server) SetFaults(plan FaultPlan) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.plan, s.faults.arrived = plan, 0
}

// RefuseConnections has the next n connections to the addresses of
// [Server.Listen] closed as soon as they are made.
func (s *Server) RefuseConnections(n int) { s.faults.refuse.Store(int64(n)) }

// planned returns the fault for a message.
func (s *Server) planned(in *incoming) Fault {
	s.faults.asking.Lock()
	defer s.faults.asking.Unlock()
	plan, number := s.faults.next()
	if plan == nil {
		return Fault{}
	}
	a := Arrival{Number: number, Text: in.text, Stream: in.peer != nil}
	if checkJSON(in.text) == nil {
		if a.Batch = oneOf(in.text, "["); !a.Batch {
			r, _ := parseRequest(in.text)
			a.Method = r.method
		}
	}
	f := plan(&a)
	if f.batches && !a.Batch {
		return Fault{}
	}
	return f
}

// next returns the plan, nil if there is none, and the number of a message.
func (fs *faults) next() (plan FaultPlan, number int) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	number = fs.arrived
	fs.arrived++
	return fs.plan, number
}

// A chosenFault is the fault of one message, which its handlers may change.
type chosenFault struct {
	mu    sync.Mutex
	fault Fault // under mu
}

func (c *chosenFault) set(f Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = f
}

func (c *chosenFault) get() Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault
}

// pause waits, and reports whether ctx has not ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
