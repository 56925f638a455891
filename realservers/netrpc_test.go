package realservers

import (
	"errors"
	"net"
	"net/rpc"
	netjsonrpc "net/rpc/jsonrpc"
	"sync"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// Calculator is a service for package net/rpc, which wants it exported.
type Calculator struct{ held chan struct{} }

// Operands are the one parameter of [Calculator.Add].
type Operands struct{ A, B int }

// Add adds.
func (*Calculator) Add(o Operands, sum *int) error {
	*sum = o.A + o.B
	return nil
}

// Fail fails.
func (*Calculator) Fail(struct{}, *int) error { return errors.New("no good") }

// Most returns a number that is no float64.
func (*Calculator) Most(_ struct{}, n *uint64) error {
	*n = 1<<64 - 1
	return nil
}

// Wait answers once Release is called.
func (c *Calculator) Wait(_ struct{}, n *int) error {
	<-c.held
	return nil
}

// Release has Wait answer.
func (c *Calculator) Release(struct{}, *int) error {
	close(c.held)
	return nil
}

// startNetRPC returns the URL of a server on Go's own package net/rpc.
func startNetRPC(t *testing.T) string {
	t.Helper()
	server := rpc.NewServer()
	wantNone(t, server.Register(&Calculator{held: make(chan struct{})}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	wantNone(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { server.ServeCodec(netjsonrpc.NewServerCodec(conn)) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		serving.Wait() // for the clients, which are closed before this
	})
	return "tcp://" + l.Addr().String()
}

// net/rpc speaks 1.0 with one parameter: its errors are strings, it answers notifications, and it takes no batch.
func TestNetRPC(t *testing.T) {
	t.Parallel()
	url := startNetRPC(t)
	ctx := t.Context()
	opts := []jsonrpc.DialOption{jsonrpc.WithVersion1(), jsonrpc.WithFraming(transport.Bare)}
	client := dial(t, url, opts...)

	t.Run("call", func(t *testing.T) {
		sum, err := jsonrpc.Call[int](ctx, client, "Calculator.Add", jsonrpc.Args{Operands{1, 2}})
		wantNone(t, err)
		wantEqual(t, sum, 3)
	})
	t.Run("result beyond float64", func(t *testing.T) {
		n, err := jsonrpc.Call[uint64](ctx, client, "Calculator.Most", jsonrpc.Args{struct{}{}})
		wantNone(t, err)
		wantEqual(t, n, 1<<64-1)
	})
	t.Run("its own error, a string", func(t *testing.T) {
		e := wantError(t, client.Call(ctx, "Calculator.Fail", jsonrpc.Args{struct{}{}}, nil), 0, "no good")
		wantEqual(t, string(e.Data), `"no good"`)
	})
	t.Run("unknown method", func(t *testing.T) {
		err := client.Call(ctx, "no_such_method", nil, nil)
		wantError(t, err, 0, "rpc: service/method request ill-formed: no_such_method")
	})
	t.Run("bad params", func(t *testing.T) {
		err := client.Call(ctx, "Calculator.Add", jsonrpc.Args{"x"}, nil)
		wantError(t, err, 0, "json: cannot unmarshal string into Go value of type realservers.Operands")
	})
	t.Run("id 2^53+1", func(t *testing.T) {
		err := client.Call(ctx, "Calculator.Add", jsonrpc.Args{Operands{}}, nil, jsonrpc.WithID(jsonrpc.IntID(1<<53+1)))
		wantNone(t, err)
	})
	t.Run("answers out of order", func(t *testing.T) {
		waited := make(chan error, 1)
		go func() { waited <- client.Call(ctx, "Calculator.Wait", jsonrpc.Args{struct{}{}}, nil) }()
		wantNone(t, client.Call(ctx, "Calculator.Release", jsonrpc.Args{struct{}{}}, nil))
		wantNone(t, receive(t, waited))
	})
	t.Run("many calls at once", func(t *testing.T) {
		var calls sync.WaitGroup
		for n := range 100 {
			calls.Go(func() {
				sum, err := jsonrpc.Call[int](ctx, client, "Calculator.Add", jsonrpc.Args{Operands{n, n}})
				if err != nil || sum != 2*n {
					t.Errorf("Add(%d, %d) = %d, %v", n, n, sum, err)
				}
			})
		}
		calls.Wait()
	})
	wantStats(t, client, jsonrpc.StreamStats{})

	// Its answer to a notification has the id null. It must not be taken for the answer to the call after it.
	t.Run("notification, which it answers", func(t *testing.T) {
		client := dial(t, url, opts...)
		const notifications = 100
		for range notifications {
			wantNone(t, client.Notify(ctx, "Calculator.Add", jsonrpc.Args{Operands{20, 20}}))
			sum, err := jsonrpc.Call[int](ctx, client, "Calculator.Add", jsonrpc.Args{Operands{1, 2}})
			wantNone(t, err)
			wantEqual(t, sum, 3)
		}
		eventually(t, "all its answers to notifications came", func() bool {
			return client.StreamStats().Strays == notifications
		})
	})
	t.Run("batch, which ends the connection", func(t *testing.T) {
		client := dial(t, url, append(opts, jsonrpc.WithoutReconnect())...)
		var b jsonrpc.Batch
		sum := jsonrpc.Queue[int](&b, "Calculator.Add", jsonrpc.Args{Operands{1, 2}})
		_, err := client.Send(ctx, &b)
		wantEqual(t, wantAs[*transport.Error](t, err).Op, "read")
		wantEqual(t, jsonrpc.MaybeSent(err), true)
		_, err = sum.Get()
		wantAs[*transport.Error](t, err)
	})
}
