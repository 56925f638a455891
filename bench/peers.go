package main

import (
	"net"
	"net/http"

	"github.com/creachadair/jrpc2/channel"
	"github.com/creachadair/jrpc2/jhttp"
	"github.com/ethereum/go-ethereum/rpc"

	creachadair "github.com/creachadair/jrpc2"
)

// Peers are used as their documentation shows, and out of the box: what is slow
// about that, such as the two idle connections of http.DefaultTransport, is
// measured with them.

var jrpc2 = library{
	name: "creachadair/jrpc2",
	http: func(at addresses, rt http.RoundTripper) (caller, error) {
		var opts jhttp.ChannelOptions
		if rt != nil {
			opts.Client = &http.Client{Transport: rt}
		}
		return jrpc2Caller{creachadair.NewClient(jhttp.NewChannel(at.HTTP, &opts), nil)}, nil
	},
	tcp: func(at addresses) (caller, error) {
		conn, err := net.Dial("tcp", at.TCP)
		if err != nil {
			return nil, err
		}
		return jrpc2Caller{creachadair.NewClient(channel.Line(conn, conn), nil)}, nil
	},
}

type jrpc2Caller struct{ client *creachadair.Client }

func (jrpc2Caller) args(params ...any) any { return params }

func (c jrpc2Caller) call(method string, params, result any) error {
	return c.client.CallResult(background, method, params, result)
}

func (c jrpc2Caller) batch(params any, sounds []string) error {
	specs := make([]creachadair.Spec, len(sounds))
	for i := range specs {
		specs[i] = creachadair.Spec{Method: "cat", Params: params}
	}
	responses, err := c.client.Batch(background, specs)
	if err != nil {
		return err
	}
	for i, r := range responses {
		if err := r.UnmarshalResult(&sounds[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c jrpc2Caller) close() { _ = c.client.Close() }

var geth = library{
	name: "go-ethereum/rpc",
	http: func(at addresses, rt http.RoundTripper) (caller, error) {
		var opts []rpc.ClientOption
		if rt != nil {
			opts = append(opts, rpc.WithHTTPClient(&http.Client{Transport: rt}))
		}
		client, err := rpc.DialOptions(background, at.HTTP, opts...)
		return gethCaller{client, nil}, err
	},
	tcp: func(at addresses) (caller, error) {
		conn, err := net.Dial("tcp", at.TCP)
		if err != nil {
			return nil, err
		}
		client, err := rpc.DialIO(background, conn, conn)
		return gethCaller{client, conn}, err
	},
	webSocket: func(at addresses) (caller, error) {
		client, err := rpc.DialWebsocket(background, at.WebSocket, "")
		return gethCaller{client, nil}, err
	},
}

type gethCaller struct {
	client *rpc.Client
	conn   net.Conn // to be closed first: DialIO does not, and Close waits for its end
}

func (gethCaller) args(params ...any) any { return params }

func (c gethCaller) call(method string, params, result any) error {
	list, _ := params.([]any)
	return c.client.CallContext(background, result, method, list...)
}

func (c gethCaller) batch(params any, sounds []string) error {
	elems := make([]rpc.BatchElem, len(sounds))
	for i := range elems {
		elems[i] = rpc.BatchElem{Method: "cat", Args: params.([]any), Result: &sounds[i]}
	}
	if err := c.client.BatchCallContext(background, elems); err != nil {
		return err
	}
	for i := range elems {
		if elems[i].Error != nil {
			return elems[i].Error
		}
	}
	return nil
}

func (c gethCaller) close() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
	c.client.Close()
}
