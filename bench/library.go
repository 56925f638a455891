package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// A caller is a client of some library, as one calls methods with it. It may be
// used by many goroutines at once.
//
// The params of all calls are made once, by args, in the library's own type: what
// a program allocates to make some is the same with any library, and would hide
// what the libraries differ in. The variable for the result is made for each call.
type caller interface {
	args(params ...any) any
	call(method string, params, result any) error
	close()
}

// A batcher is a caller whose library knows batches.
type batcher interface {
	caller
	// batch sends a call of "cat" for each of sounds and fills in the results.
	batch(params any, sounds []string) error
}

// A library is what there is to compare. A field is nil if the library does not
// have it.
type library struct {
	name string
	// http returns a caller over HTTP: with the library's own HTTP client, or
	// over rt if it is not nil.
	http      func(at addresses, rt http.RoundTripper) (caller, error)
	tcp       func(at addresses) (caller, error)
	webSocket func(at addresses) (caller, error)
}

var libraries = []library{ours, oursContext, jrpc2, geth, gorillaRPC, sourcegraph, xexp, netrpc, connectRPC}

// A contender is one way to do the work of a row.
type contender struct {
	name string
	open func(at addresses) (op, error)
}

// An op does the work of a row once, and checks what comes of it.
type op struct {
	do    func() error
	close func()
	// caller is what do is about, for measurements that are not of do.
	caller caller
}

var background = context.Background()

// small is the call of "cat".
func small(c caller) func() error {
	params := c.args("Mittens", 3)
	return func() error {
		var sound string
		if err := c.call("cat", params, &sound); err != nil {
			return err
		}
		if sound != meow {
			return fmt.Errorf("the cat says %q", sound)
		}
		return nil
	}
}

// batchOf is a batch of n calls of "cat".
func batchOf(n int) func(c caller) func() error {
	return func(c caller) func() error {
		params := c.args("Mittens", 3)
		return func() error {
			sounds := make([]string, n)
			if err := c.(batcher).batch(params, sounds); err != nil {
				return err
			}
			for i, sound := range sounds {
				if sound != meow {
					return fmt.Errorf("cat %d of the batch says %q", i, sound)
				}
			}
			return nil
		}
	}
}

// rowsOf is a call with a large result, decoded into structs.
func rowsOf(size int64) func(c caller) func() error { return resultOf[record]("rows", size) }

// richRowsOf is rowsOf with rich records.
func richRowsOf(size int64) func(c caller) func() error { return resultOf[richRecord]("rich", size) }

func resultOf[R any, P checked[R]](kind string, size int64) func(c caller) func() error {
	return func(c caller) func() error {
		method := fmt.Sprintf("%s/%d", kind, size)
		return func() error {
			var rows []R
			if err := c.call(method, nil, &rows); err != nil {
				return err
			}
			return checkRecords[R, P](rows, size)
		}
	}
}

// overHTTP are the libraries that do the work over HTTP.
func overHTTP(work func(caller) func() error, skip func(library) bool) []contender {
	return overRoundTripper(nil, work, skip)
}

// overRoundTripper is overHTTP with rt.
func overRoundTripper(rt http.RoundTripper, work func(caller) func() error, skip func(library) bool) (all []contender) {
	for _, lib := range libraries {
		if lib.http != nil && (skip == nil || !skip(lib)) {
			all = append(all, using(lib.name, work, func(at addresses) (caller, error) { return lib.http(at, rt) }))
		}
	}
	return all
}

// overTCP are the libraries that do the work over TCP.
func overTCP(work func(caller) func() error) (all []contender) {
	for _, lib := range libraries {
		if lib.tcp != nil {
			all = append(all, using(lib.name, work, lib.tcp))
		}
	}
	return all
}

// overWebSocket are the libraries that do the work over a WebSocket.
func overWebSocket(work func(caller) func() error) (all []contender) {
	for _, lib := range libraries {
		if lib.webSocket != nil {
			all = append(all, using(lib.name, work, lib.webSocket))
		}
	}
	return all
}

func using(name string, work func(caller) func() error, open func(addresses) (caller, error)) contender {
	return contender{name, func(at addresses) (op, error) {
		c, err := open(at)
		if err != nil {
			return op{}, err
		}
		return op{do: work(c), close: c.close, caller: c}, nil
	}}
}

// only returns the contenders with the names, in their order.
func only(all []contender, names ...string) (some []contender) {
	for _, name := range names {
		for _, c := range all {
			if c.name == name {
				some = append(some, c)
			}
		}
	}
	return some
}

// onlySmall is for rows of large results, which a library that only ever makes small
// calls here has nothing to say to.
func onlySmall(lib library) bool {
	return lib.name == connectRPC.name || lib.name == oursContext.name
}

// withoutBatches is the same for batches.
func withoutBatches(lib library) bool { return onlySmall(lib) || lib.name == gorillaRPC.name }

var errNoParams = errors.New("this caller sends one kind of request only")
