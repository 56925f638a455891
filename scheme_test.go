package jsonrpc_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func init() {
	jsonrpc.RegisterScheme("test+stream", jsonrpc.Scheme{Stream: func(context.Context, *jsonrpc.Target) (transport.Stream, error) {
		near, _ := net.Pipe()
		return transport.NewStream(near, nil), nil
	}})
	jsonrpc.RegisterScheme("test+call", jsonrpc.Scheme{RoundTripper: func(context.Context, *jsonrpc.Target) (transport.RoundTripper, error) {
		return nil, errors.New("swordfish is wrong")
	}})
}

// Once, a scheme's connection that was made without an error ended in a panic if the URL held a password, which is
// looked for in each error.
func TestSchemeWithPassword(t *testing.T) {
	client, err := jsonrpc.Dial(t.Context(), "test+stream://alice:swordfish@host")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if want := "test+stream://host"; client.String() != want {
		t.Errorf("the client is called %s, want %s", client, want)
	}
}

// Once, the error of a scheme that dials no stream did not say which server was dialled.
func TestSchemeErrorNamesTheServer(t *testing.T) {
	_, err := jsonrpc.Dial(t.Context(), "test+call://alice:swordfish@host?key=value")
	if want := "jsonrpc: test+call://host: *** is wrong"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
