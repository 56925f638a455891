package main

import (
	"context"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"

	gorilla "github.com/gorilla/websocket"
	sourcegraph2 "github.com/sourcegraph/jsonrpc2"
	sourcegraphws "github.com/sourcegraph/jsonrpc2/websocket"
	xjsonrpc2 "golang.org/x/exp/jsonrpc2"
)

// Peers that speak over sockets only.

var sourcegraph = library{
	name: "sourcegraph/jsonrpc2",
	tcp: func(at addresses) (caller, error) {
		conn, err := net.Dial("tcp", at.TCP)
		if err != nil {
			return nil, err
		}
		return newSourcegraph(sourcegraph2.NewPlainObjectStream(conn)), nil
	},
	webSocket: func(at addresses) (caller, error) {
		conn, resp, err := gorilla.DefaultDialer.Dial(at.WebSocket, nil)
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
		return newSourcegraph(sourcegraphws.NewObjectStream(conn)), nil
	},
}

type sourcegraphCaller struct{ conn *sourcegraph2.Conn }

func newSourcegraph(s sourcegraph2.ObjectStream) sourcegraphCaller {
	nothing := sourcegraph2.HandlerWithError(func(context.Context, *sourcegraph2.Conn, *sourcegraph2.Request) (any, error) {
		return nil, nil
	})
	return sourcegraphCaller{sourcegraph2.NewConn(background, s, nothing)}
}

func (sourcegraphCaller) args(params ...any) any { return params }

func (c sourcegraphCaller) call(method string, params, result any) error {
	return c.conn.Call(background, method, params, result)
}

func (c sourcegraphCaller) close() { _ = c.conn.Close() }

var xexp = library{
	name: "x/exp/jsonrpc2",
	tcp: func(at addresses) (caller, error) {
		conn, err := xjsonrpc2.Dial(background, xjsonrpc2.NetDialer("tcp", at.TCP, net.Dialer{}),
			xjsonrpc2.ConnectionOptions{Framer: xjsonrpc2.RawFramer()})
		return xexpCaller{conn}, err
	},
}

type xexpCaller struct{ conn *xjsonrpc2.Connection }

func (xexpCaller) args(params ...any) any { return params }

func (c xexpCaller) call(method string, params, result any) error {
	return c.conn.Call(background, method, params).Await(background, result)
}

func (c xexpCaller) close() { _ = c.conn.Close() }

var netrpc = library{
	name: "net/rpc/jsonrpc",
	tcp: func(at addresses) (caller, error) {
		client, err := jsonrpc.Dial("tcp", at.NetRPC)
		return netrpcCaller{client}, err
	},
}

type netrpcCaller struct{ client *rpc.Client }

func (netrpcCaller) args(params ...any) any { return params }

func (c netrpcCaller) call(method string, params, result any) error {
	return c.client.Call(method, params, result)
}

func (c netrpcCaller) close() { _ = c.client.Close() }
