package jsonrpc_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A noted stream notes who was asked to write, in order.
type noted struct {
	transport.Stream
	name string
	log  *[]string
}

func (n *noted) Write(ctx context.Context, msg []byte) error {
	*n.log = append(*n.log, n.name)
	return n.Stream.Write(ctx, msg)
}

func TestWithStreamWrap(t *testing.T) {
	var log []string
	wrap := func(name string) jsonrpc.DialOption {
		return jsonrpc.WithStreamWrap(func(s transport.Stream) transport.Stream { return &noted{s, name, &log} })
	}
	client := dial(t, "exec:cat", wrap("outer"), wrap("inner"))
	// cat sends the request back, which is then one of the server's.
	if err := client.Notify(t.Context(), "ping", nil); err != nil {
		t.Fatal(err)
	}
	if want := []string{"outer", "inner"}; !slices.Equal(log, want) {
		t.Errorf("%q, want %q", log, want)
	}
	if s, ok := client.Transport().(interface{ String() string }); !ok || !strings.HasPrefix(s.String(), "exec:cat") {
		t.Errorf("%v", client.Transport())
	}
}

// TestStderrOfSeveralChildren: the endpoints of a pool, and a child and the one after
// it, write to one writer, one at a time. Without that the race detector complains.
func TestStderrOfSeveralChildren(t *testing.T) {
	var w bytes.Buffer
	stderr := jsonrpc.WithStderr(&w)
	var clients []*jsonrpc.Client
	for range 2 {
		clients = append(clients, dial(t, `exec:sh -c "echo hello >&2; exec cat"`, stderr))
	}
	for _, c := range clients {
		_ = c.Close()
	}
	if w.String() != strings.Repeat("hello\n", 2) {
		t.Errorf("they said %q", &w)
	}
}
