package jsonrpc_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A reply that notes that it was closed.
type closing struct {
	io.Reader
	closed *int
}

func (c closing) Close() error {
	*c.closed++
	return nil
}

// A loop over rows, or whatever else of the caller's runs while a reply is read, may
// panic: the connection is given back all the same.
func TestPanicWhileAReplyIsRead(t *testing.T) {
	closed := 0
	client := newClient(t, tripper(func(context.Context, *transport.Message) (io.ReadCloser, error) {
		return closing{strings.NewReader(`{"jsonrpc":"2.0","result":[1,2],"id":1}`), &closed}, nil
	}))
	func() {
		defer func() {
			if p := recover(); p != "oh" {
				t.Errorf("recovered %v", p)
			}
		}()
		for n, err := range jsonrpc.Rows[int](t.Context(), client, "all", nil) {
			if n == 1 && err == nil {
				panic("oh")
			}
		}
	}()
	if closed != 1 {
		t.Errorf("closed %d times", closed)
	}
}
