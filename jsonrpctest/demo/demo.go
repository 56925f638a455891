// Package demo is a JSON-RPC server to play with and to show things on. It says
// what it can do itself: its method rpc.discover returns an OpenRPC document.
package demo

import (
	"context"
	_ "embed" // for the document
	"encoding/json"
	"fmt"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

//go:embed openrpc.json
var document []byte

// New returns the demo server: an http.Handler, and a transport for clients in
// the same program, with these methods:
//
//	ping                                  "pong"
//	cat [name]                            "meow"
//	dog [name]                            "woof"
//	cube n                                n³, exactly
//	sum numbers…                          their sum, exactly
//	subtract minuend subtrahend           their difference, exactly
//	echo …                                its params, as they came
//	sleep seconds                         the seconds, when they are over
//	fail [code] [message] [data]          that error, by default -32000 "It failed"
//	rpc.discover                          the OpenRPC document of all this
func New() *jsonrpctest.Server {
	s := jsonrpctest.NewServer(jsonrpctest.Handlers{
		"ping":         jsonrpctest.Func(func() string { return "pong" }),
		"cat":          jsonrpctest.Func(func(*string) string { return "meow" }, "name"),
		"dog":          jsonrpctest.Func(func(*string) string { return "woof" }, "name"),
		"cube":         jsonrpctest.Func(cube, "n"),
		"sum":          jsonrpctest.Func(sum, "numbers"),
		"subtract":     jsonrpctest.Func(subtract, "minuend", "subtrahend"),
		"echo":         echo,
		"sleep":        jsonrpctest.Func(sleep, "seconds"),
		"fail":         jsonrpctest.Func(fail, "code", "message", "data"),
		"rpc.discover": jsonrpctest.Func(discover),
	})
	s.Name = "demo"
	return s
}

func discover() json.RawMessage { return document }

func echo(_ context.Context, params json.RawMessage) (any, error) { return params, nil }

// maxSleep keeps a served demo from collecting sleepers for ever.
const maxSleep = time.Hour

func sleep(ctx context.Context, seconds float64) (float64, error) {
	if !(seconds >= 0 && seconds <= maxSleep.Seconds()) {
		return 0, &jsonrpc.Error{
			Code:    jsonrpc.CodeInvalidParams,
			Message: fmt.Sprintf("Invalid params: seconds: got %v, expected 0 to %v", seconds, maxSleep.Seconds()),
		}
	}
	timer := time.NewTimer(time.Duration(seconds * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return seconds, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func fail(code *int64, message *string, data *json.RawMessage) error {
	e := &jsonrpc.Error{Code: -32000, Message: "It failed"}
	if code != nil {
		e.Code = *code
	}
	if message != nil {
		e.Message = *message
	}
	if data != nil {
		e.Data = *data
	}
	return e
}
