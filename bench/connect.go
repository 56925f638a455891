package main

import (
	"encoding/json"
	"net/http"

	"connectrpc.com/connect"
)

// Connect is no JSON-RPC, but a model of an HTTP client: its unary calls post a
// JSON message and get one back, without an envelope to look into.
var connectRPC = library{
	name: "connect (no envelope)",
	http: func(at addresses, rt http.RoundTripper) (caller, error) {
		client := http.DefaultClient
		if rt != nil {
			client = &http.Client{Transport: rt}
		}
		return connectCaller{connect.NewClient[connectRequest, connectReply](client, at.HTTP+"/connect", connect.WithCodec(plainJSON{}))}, nil
	},
}

type (
	connectRequest struct {
		Params any `json:"params"`
	}
	connectReply struct {
		Sound string `json:"sound"`
	}
	connectCaller struct {
		client *connect.Client[connectRequest, connectReply]
	}
)

func (connectCaller) args(params ...any) any { return params }

func (c connectCaller) call(_ string, params, result any) error {
	sound, ok := result.(*string)
	if !ok {
		return errNoParams
	}
	reply, err := c.client.CallUnary(background, connect.NewRequest(&connectRequest{params}))
	if err != nil {
		return err
	}
	*sound = reply.Msg.Sound
	return nil
}

func (c connectCaller) close() {}

// plainJSON has structs for messages; Connect's own codec is for protobuf.
type plainJSON struct{}

func (plainJSON) Name() string                       { return "json" }
func (plainJSON) Marshal(v any) ([]byte, error)      { return json.Marshal(v) }
func (plainJSON) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }
