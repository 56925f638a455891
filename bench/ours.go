package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"unsafe"

	"github.com/bytedance/sonic"

	"example.com/jsonrpc"
)

// This library, as Dial sets it up: validation on, limits on.
var ours = oursLibrary("ours", func() (context.Context, func()) { return background, func() {} })

// The same with a context that can end, as most programs have one; what it costs
// to honour it.
var oursContext = oursLibrary("ours, context", func() (context.Context, func()) {
	return context.WithCancel(background)
})

func oursLibrary(name string, newContext func() (context.Context, func())) library {
	open := func(url string, rt http.RoundTripper) (caller, error) {
		c, err := dialOurs(url, rt)
		if err != nil {
			return nil, err
		}
		c.ctx, c.cancel = newContext()
		return c, nil
	}
	return library{
		name:      name,
		http:      func(at addresses, rt http.RoundTripper) (caller, error) { return open(at.HTTP, rt) },
		tcp:       func(at addresses) (caller, error) { return open("tcp://"+at.TCP, nil) },
		webSocket: func(at addresses) (caller, error) { return open(at.WebSocket, nil) },
	}
}

// Options that are measured in rows of their own.
var (
	lean       = jsonrpc.WithLeanHTTP()
	coalescing = jsonrpc.WithCoalescing(jsonrpc.Coalescing{})
	codec      = jsonrpc.WithCodec(jsonrpc.Codec{Marshal: sonic.ConfigStd.Marshal, Unmarshal: unmarshalSonic})
)

const leanName = "ours, lean HTTP"

// unmarshalSonic is sonic with copies of strings, because the memory of a reply is
// used again, but without the copy of the whole text that its Unmarshal makes first.
func unmarshalSonic(data []byte, v any) error {
	text := unsafe.String(unsafe.SliceData(data), len(data)) //nolint:gosec // nothing keeps it
	err := sonic.ConfigStd.UnmarshalFromString(text, v)
	if err != nil {
		err = errors.New(err.Error()) // sonic's own has the text
	}
	return err
}

type oursCaller struct {
	ctx    context.Context
	cancel func()
	client *jsonrpc.Client
}

// noLimit is over every result that is asked for here.
const noLimit = 1 << 40

func dialOurs(url string, rt http.RoundTripper, opts ...jsonrpc.DialOption) (oursCaller, error) {
	opts = append(opts, jsonrpc.WithMaxReply(noLimit))
	if rt != nil {
		opts = append(opts, jsonrpc.WithHTTPTransport(rt))
	}
	client, err := jsonrpc.Dial(background, url, opts...)
	return oursCaller{background, func() {}, client}, err
}

func (oursCaller) args(params ...any) any { return jsonrpc.Args(params) }

func (c oursCaller) call(method string, params, result any) error {
	return c.client.Call(c.ctx, method, params, result)
}

func (c oursCaller) batch(params any, sounds []string) error {
	var b jsonrpc.Batch
	results := make([]*jsonrpc.Result[string], len(sounds))
	for i := range sounds {
		results[i] = jsonrpc.Queue[string](&b, "cat", params)
	}
	if _, err := c.client.Send(c.ctx, &b); err != nil {
		return err
	}
	for i := range sounds {
		var err error
		if sounds[i], err = results[i].Get(); err != nil {
			return err
		}
	}
	return nil
}

func (c oursCaller) close() {
	c.cancel()
	_ = c.client.Close()
}

// oursWith is a contender over HTTP with one more option.
func oursWith(name string, opt jsonrpc.DialOption, work func(caller) func() error) []contender {
	return []contender{using(name, work, func(at addresses) (caller, error) {
		return dialOurs(at.HTTP, nil, opt)
	})}
}

// oursIterating reads a large result row by row.
func oursIterating(size int64) []contender {
	return []contender{{"ours, row by row", func(at addresses) (op, error) {
		c, err := dialOurs(at.HTTP, nil)
		if err != nil {
			return op{}, err
		}
		method := fmt.Sprintf("rows/%d", size)
		return op{close: c.close, caller: c, do: func() error {
			n := 0
			for r, err := range jsonrpc.Rows[record](background, c.client, method, nil) {
				if err != nil {
					return err
				}
				if !r.is(n % blockLen) {
					return fmt.Errorf("row %d is %+v", n, r)
				}
				n++
			}
			if n != rowsFor(size) {
				return fmt.Errorf("%d rows, want %d", n, rowsFor(size))
			}
			return nil
		}}, nil
	}}}
}
