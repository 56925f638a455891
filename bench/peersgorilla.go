package main

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/gorilla/rpc/v2/json2"
)

// Gorilla's client is two functions, one that writes a request and one that reads
// a response; what is between them is net/http's. It has no batches.
var gorillaRPC = library{
	name: "gorilla/rpc",
	http: func(at addresses, rt http.RoundTripper) (caller, error) {
		return gorillaCaller{at.HTTP, &http.Client{Transport: rt}}, nil
	},
}

type gorillaCaller struct {
	url    string
	client *http.Client
}

func (gorillaCaller) args(params ...any) any { return params }

func (c gorillaCaller) call(method string, params, result any) error {
	request, err := json2.EncodeClientRequest(method, params)
	if err != nil {
		return err
	}
	resp, err := c.client.Post(c.url, "application/json", bytes.NewReader(request))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answered %s", resp.Status)
	}
	return json2.DecodeClientResponse(resp.Body, result)
}

func (c gorillaCaller) close() { c.client.CloseIdleConnections() }
