package jrpc2channel_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/compat/jrpc2channel"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/jsonrpctest/transporttest"
	"example.com/jsonrpc/transport"
)

// A line is a channel with a message on each line, as channel.Line of jrpc2.
type line struct {
	conn net.Conn
	in   *bufio.Reader
}

func newLine(conn net.Conn) *line { return &line{conn, bufio.NewReader(conn)} }

func (l *line) Send(msg []byte) error {
	_, err := l.conn.Write(transport.Newline.AppendFrame(nil, msg))
	return err
}

func (l *line) Recv() ([]byte, error) {
	text, err := l.in.ReadBytes('\n')
	if err == io.EOF && len(text) > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	return text[:len(text)-1], nil
}

func (l *line) Close() error { return l.conn.Close() }

// TestStream: a channel keeps the rules of a stream, but for the one on limits,
// which are the channel's.
func TestStream(t *testing.T) {
	t.Run("rules", func(t *testing.T) {
		transporttest.TestStreamInBubble(t, func(t *testing.T, limit int64) (transport.Stream, *transporttest.Peer) {
			if limit > 0 {
				t.Skip("a channel has no limit of its own")
			}
			ours, theirs := net.Pipe()
			return jrpc2channel.Stream(newLine(ours)), transporttest.NewPeer(theirs, transport.Newline)
		})
	})
}

// TestThereAndBack: a stream made a channel made a stream keeps them too.
func TestThereAndBack(t *testing.T) {
	transporttest.TestStreamInBubble(t, func(t *testing.T, limit int64) (transport.Stream, *transporttest.Peer) {
		if limit > 0 {
			t.Skip("an error of one message ends a channel")
		}
		ours, theirs := net.Pipe()
		stream := transport.NewStream(ours, nil)
		return jrpc2channel.Stream(jrpc2channel.FromStream(stream)), transporttest.NewPeer(theirs, transport.Newline)
	})
}

func TestFromStreamEnds(t *testing.T) {
	ours, theirs := net.Pipe()
	ch := jrpc2channel.FromStream(transport.NewStream(ours, nil))
	_ = theirs.Close()
	if _, err := ch.Recv(); err != io.EOF {
		t.Errorf("got %v, want io.EOF itself", err)
	}
	_ = ch.Close()
	if err := ch.Send([]byte("{}")); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("sent on a closed channel: %v", err)
	}
}

func ExampleStream() {
	ctx := context.Background()
	ours, theirs := net.Pipe()
	server := jsonrpctest.NewServer(jsonrpctest.Handlers{"cube": jsonrpctest.Func(func(n int) int { return n * n * n })})
	go func() { _ = server.ServeStream(ctx, transport.NewStream(theirs, nil)) }()

	client, err := jsonrpc.NewStreamClient(ctx, "cubes", func(context.Context) (transport.Stream, error) {
		return jrpc2channel.Stream(newLine(ours)), nil // channel.Line(conn, conn) of jrpc2
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(jsonrpc.Call[int](ctx, client, "cube", jsonrpc.Args{3}))
	// Output: 27 <nil>
}
