package jsonrpctest

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
)

// An Expectation is a call that a test wants to come, and what it is answered.
// Make one with [Server.Expect]. Unless its methods say otherwise, the call comes
// once, has any params, and is answered with the result null.
type Expectation struct {
	method string
	line   string // where the test has it

	mu       sync.Mutex // for the rest
	with     json.RawMessage
	where    func(params json.RawMessage) bool
	handler  Handler
	fault    *Fault
	min, max int // max is -1 for no limit
	came     int
}

// Expect has the test expect a call of a method: a request or a notification. A
// call goes to the first expectation that it fits and that has not come as often
// as it may; if there is none, to the method's handler; if there is none either,
// it is answered with an error and the test fails. An expectation that was not
// met fails the test at its end, with what came instead.
//
//	srv.Expect("cat").With(jsonrpc.Named{"name": "Mittens"}).Return("meow").Times(2)
//	srv.Expect("dog").Fail(&jsonrpc.Error{Code: 7, Message: "asleep"})
//	srv.Expect("log").AtLeast(1)
//
// The server must be made by [New].
func (s *Server) Expect(method string) *Expectation {
	b := s.ofTest("Expect")
	e := &Expectation{method: method, min: 1, max: 1}
	if _, file, line, ok := runtime.Caller(1); ok {
		e.line = fmt.Sprintf("%s:%d", filepath.Base(file), line)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expectations = append(b.expectations, e)
	return e
}

// set changes the expectation, which may be in use.
func (e *Expectation) set(change func()) *Expectation {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
	return e
}

// With expects these params: jsonrpc.Args, jsonrpc.Named, or any value. They are
// compared as JSON values: the order of members and the way in which a number or
// a string is written do not matter. With(nil) expects none. It panics if params
// cannot be encoded.
func (e *Expectation) With(params any) *Expectation {
	text := []byte("null")
	if params != nil {
		var err error
		if text, err = encode(params); err != nil {
			panic(fmt.Sprintf("jsonrpctest: the params to expect of %q cannot be encoded: %v", e.method, err))
		}
	}
	return e.set(func() { e.with = text })
}

// Where expects params for which fits returns true. They are an array, an
// object, or nil. It is asked about one call at a time, and must not make calls
// of the server.
func (e *Expectation) Where(fits func(params json.RawMessage) bool) *Expectation {
	return e.set(func() { e.where = fits })
}

// Return answers with a result, encoded by the rules of encoding/json.
func (e *Expectation) Return(result any) *Expectation {
	return e.Do(func(context.Context, json.RawMessage) (any, error) { return result, nil })
}

// Fail answers with an error: a *jsonrpc.Error as it is, any other as [Handler]
// says.
func (e *Expectation) Fail(err error) *Expectation {
	return e.Do(func(context.Context, json.RawMessage) (any, error) { return nil, err })
}

// Do answers with what a handler returns. [Func] makes one of a function.
func (e *Expectation) Do(h Handler) *Expectation {
	return e.set(func() { e.handler = h })
}

// Fault has something go wrong with the reply. The call itself counts as come,
// even if the fault is one that has it not carried out.
func (e *Expectation) Fault(f Fault) *Expectation {
	return e.set(func() { e.fault = &f })
}

// Times expects the call just so many times; 0 forbids it, whatever handlers and
// later expectations there are.
func (e *Expectation) Times(n int) *Expectation { return e.set(func() { e.min, e.max = n, n }) }

// AtLeast expects the call so many times or more.
func (e *Expectation) AtLeast(n int) *Expectation { return e.set(func() { e.min, e.max = n, -1 }) }

// AnyTimes allows the call, any number of times or never.
func (e *Expectation) AnyTimes() *Expectation { return e.AtLeast(0) }

// take counts a call that the expectation is for, and returns what answers it, and
// whether that carries it out; nil if it is not for it.
func (e *Expectation) take(c Call) (answer Handler, executes bool) {
	if c.Method != e.method || e.isUsedUp() || !e.fits(c.Params) {
		return nil, false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.came++
	h, f := e.handler, e.fault
	executes = f == nil || f.Executes()
	return func(ctx context.Context, params json.RawMessage) (any, error) {
		if f != nil {
			Inject(ctx, *f)
		}
		if h == nil || !executes {
			return nil, nil
		}
		return h(ctx, params)
	}, executes
}

func (e *Expectation) isUsedUp() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.came == e.max
}

// fits is called without a lock that the server's methods take, because a test's
// Where may call them.
func (e *Expectation) fits(params json.RawMessage) bool {
	e.mu.Lock()
	with, where := e.with, e.where
	e.mu.Unlock()
	if with != nil && len(differences(params, with)) > 0 {
		return false
	}
	return where == nil || where(params)
}

// take returns the handler of the expectation for a call, nil if there is none, and
// whether it carries the call out. If there is no other handler either, the call is
// one that the test does not expect.
func (b *book) take(c Call, handled bool) (answer Handler, executes bool) {
	b.taking.Lock()
	defer b.taking.Unlock()
	expectations, _ := b.expected()
	forbidden := false
	for _, e := range expectations {
		if h, executes := e.take(c); h != nil {
			return h, executes
		}
		if most, usedUp := e.usedUp(c); usedUp && most == 0 {
			forbidden = true
			break
		}
	}
	if !forbidden && (handled || len(expectations) == 0) {
		return nil, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.strangers = append(b.strangers, c)
	return unexpected(c), true
}

// expected returns the expectations, and the calls that none was for.
func (b *book) expected() ([]*Expectation, []Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.expectations), slices.Clone(b.strangers)
}
