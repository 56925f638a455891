package jsonrpc

import (
	"context"
	"errors"
	"io"

	"example.com/jsonrpc/transport"
)

// Open calls a method and returns a reader of the JSON text of its result, for what
// is too large to be in memory, or goes elsewhere as it is: a file, another JSON
// engine. Over HTTP it is read as it arrives, in constant memory; on a stream the
// message arrives whole before.
//
//	result, err := jsonrpc.Open(ctx, client, "dump", nil)
//	if err != nil {
//		return err
//	}
//	defer result.Close()
//	_, err = io.Copy(file, result)
//
// Open returns once the result has begun to arrive, or the error of [Client.Call].
// Text that was read is JSON as far as it goes; that it is the whole result of the
// request is known only at its end, where Read returns io.EOF or what is wrong with
// the reply. The limit of [WithMaxReply] and the timeout of [WithTimeout] count for
// all of it.
//
// The reader must be closed, which gives up what was not read. It is for one
// goroutine.
func Open(ctx context.Context, c Caller, method string, params any, opts ...CallOption) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	r, w := io.Pipe()
	o := &opened{reader: r, to: w, begun: make(chan struct{}), over: make(chan struct{}), ctx: ctx, cancel: cancel}
	go func() {
		defer close(o.over)
		defer cancel()
		defer func() { // or the panic of an interceptor would end the program
			if o.panicked = recover(); o.panicked != nil {
				_ = w.CloseWithError(errOver)
			}
		}()
		stop := context.AfterFunc(ctx, func() { _ = w.CloseWithError(errOver) }) // as the reader may not read
		o.err = c.Call(ctx, method, params, o, opts...)
		stop()
		_ = w.CloseWithError(o.err) // it never fails
	}()
	select {
	case <-o.begun:
		return o, nil
	case <-o.over:
	}
	select {
	case <-o.begun: // and over at once
		return o, nil
	default:
	}
	err := o.outcome()
	if err == nil {
		err = errors.New("the caller cannot give a result as text: it takes no jsonrpc.Client's call")
	}
	return nil, err
}

// opened is a variable for the text of a result, which it hands to a reader.
type opened struct {
	reader *io.PipeReader
	to     *io.PipeWriter
	ctx    context.Context
	cancel context.CancelFunc

	begun chan struct{} // closed once there is a result
	given bool          // one was

	over     chan struct{} // closed once the call is, and with it what follows is set
	err      error
	panicked any
}

// errOver has the reader wait for the outcome of the call, which is over or about to be.
var errOver = errors.New("the call is over")

func (o *opened) Read(p []byte) (int, error) {
	n, err := o.reader.Read(p)
	if err == errOver {
		if err = o.outcome(); err == nil {
			err = io.EOF
		}
	}
	return n, err
}

// outcome waits for the call to be over, and panics if it did.
func (o *opened) outcome() error {
	<-o.over
	if o.panicked != nil {
		panic(o.panicked)
	}
	return o.err
}

// Close gives up what was not read.
func (o *opened) Close() error {
	_ = o.reader.Close()
	o.cancel()
	<-o.over
	return nil
}

// begin is called before the first text.
func (o *opened) begin() error {
	if o.given {
		return errRepeated
	}
	o.given = true
	close(o.begun)
	return nil
}

// take hands text on.
func (o *opened) take(text []byte) error {
	_, err := o.to.Write(text)
	if err != nil && o.ctx.Err() != nil {
		err = &transport.Error{Op: "read", Sent: true, Err: context.Cause(o.ctx)}
	}
	return err
}

// whole hands on a text that is known to be JSON.
func (o *opened) whole(text []byte) error {
	err := o.begin()
	if err == nil {
		err = o.take(text)
	}
	return err
}

// arriving hands on the value that r begins with. It returns what was read of what
// comes after it.
func (o *opened) arriving(r io.Reader) (unread []byte, err error) {
	if err = o.begin(); err != nil {
		return nil, err
	}
	buf := windows.Get().(*[windowSize]byte)
	defer windows.Put(buf)
	var s partScanner
	for {
		n, readErr := r.Read(buf[:])
		used, ended, err := s.scan(buf[:n])
		if err == nil && used > 0 { // an empty write would end a Read with nothing
			err = o.take(buf[:used])
		}
		switch {
		case err != nil:
			return nil, err
		case ended:
			return append(unread, buf[used:n]...), nil
		case readErr == io.EOF:
			return nil, &syntaxError{s.seen, "unexpected end, wanted more of the result"}
		case readErr != nil:
			return nil, readErr
		}
	}
}
