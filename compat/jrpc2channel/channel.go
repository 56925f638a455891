// Package jrpc2channel makes streams of package transport of the channels of
// github.com/creachadair/jrpc2, and the other way round, so that each library's
// clients and servers can use what was written for the other. It needs no jrpc2:
// a channel is anything with its three methods.
package jrpc2channel

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"example.com/jsonrpc/transport"
)

// A Channel carries messages both ways. It has the methods of channel.Channel of
// jrpc2, so that one is the other. One goroutine sends at a time, and one
// receives.
type Channel interface {
	// Send sends a message whole.
	Send(msg []byte) error
	// Recv waits for the next message. Its error is io.EOF once the peer has
	// closed in order.
	Recv() ([]byte, error)
	// Close ends the channel; a Send or Recv under way returns.
	Close() error
}

// Stream returns a stream over a channel, for jsonrpc.NewStreamClient:
//
//	client, err := jsonrpc.NewStreamClient(ctx, "backend", func(context.Context) (transport.Stream, error) {
//		conn, err := net.Dial("tcp", "localhost:4000")
//		if err != nil {
//			return nil, err
//		}
//		return jrpc2channel.Stream(channel.Line(conn, conn)), nil
//	})
//
// A context that ends leaves a Send or Recv under way to a goroutine, which ends
// with Close. Limits on the size of a message are the channel's.
func Stream(ch Channel) transport.Stream {
	return &stream{ch: ch, turn: make(chan struct{}, 1), closed: make(chan struct{})}
}

type stream struct {
	ch     Channel
	turn   chan struct{} // has room for the one who sends
	closed chan struct{}
	once   sync.Once
	err    error // of Close

	reading chan received // of a Recv whose caller has gone; the one reader's
}

type received struct {
	msg []byte
	err error
}

var errClosed = errors.New("the channel is closed")

// Read appends the next message to buf.
func (s *stream) Read(ctx context.Context, buf []byte) ([]byte, error) {
	if ctx.Err() != nil {
		return buf, context.Cause(ctx)
	}
	if s.reading == nil {
		reading := make(chan received, 1)
		go func() {
			msg, err := s.ch.Recv()
			reading <- received{msg, err}
		}()
		s.reading = reading
	}
	select {
	case r := <-s.reading:
		s.reading = nil
		if r.err != nil && s.isClosed() {
			r.err = errClosed
		}
		return append(buf, r.msg...), r.err
	case <-ctx.Done():
		return buf, context.Cause(ctx)
	}
}

func (s *stream) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// Write sends msg.
func (s *stream) Write(ctx context.Context, msg []byte) error {
	if ctx.Err() != nil {
		return &transport.Error{Op: "send", Err: context.Cause(ctx)}
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return &transport.Error{Op: "send", Err: context.Cause(ctx)}
	case <-s.closed:
		return &transport.Error{Op: "send", Err: errClosed}
	}
	if s.isClosed() {
		<-s.turn
		return &transport.Error{Op: "send", Err: errClosed}
	}
	sent := make(chan error, 1)
	msg = slices.Clone(msg) // Send may go on when nobody waits for it
	go func() {
		err := s.ch.Send(msg)
		<-s.turn
		sent <- err
	}()
	select {
	case err := <-sent:
		if err != nil {
			return &transport.Error{Op: "send", Sent: true, Err: err}
		}
		return nil
	case <-ctx.Done():
		return &transport.Error{Op: "send", Sent: true, Err: context.Cause(ctx)}
	}
}

// Close closes the channel.
func (s *stream) Close() error {
	s.once.Do(func() {
		close(s.closed)
		s.err = s.ch.Close()
	})
	return s.err
}

// FromStream returns a channel over a stream, for jrpc2.NewClient and
// jrpc2.Server.Start: WebSockets and child processes, say, which jrpc2 has none
// of. An error of a single message (a *transport.FrameError) ends the channel, as
// jrpc2 knows no other.
func FromStream(s transport.Stream) Channel { return &fromStream{s} }

type fromStream struct{ stream transport.Stream }

func (c *fromStream) Send(msg []byte) error { return c.stream.Write(context.Background(), msg) }

func (c *fromStream) Recv() ([]byte, error) {
	msg, err := c.stream.Read(context.Background(), nil)
	if err != nil && errors.Is(err, io.EOF) {
		err = io.EOF
	}
	return msg, err
}

func (c *fromStream) Close() error { return c.stream.Close() }
