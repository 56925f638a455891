package jsonrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"example.com/jsonrpc"
)

// ask has h handle a request and returns the code of its error.
func ask(t *testing.T, h jsonrpc.Handler, method, params string) (any, int64) {
	t.Helper()
	m := &jsonrpc.ServerMessage{Method: method, ID: jsonrpc.IntID(1)}
	if params != "" {
		m.Params = json.RawMessage(params)
	}
	result, err := h.Handle(t.Context(), m)
	return result, jsonrpc.CodeOf(err)
}

func TestMux(t *testing.T) {
	var mux jsonrpc.Mux
	type point struct{ X, Y int }
	jsonrpc.Handle(&mux, "sum", func(_ context.Context, p point) (int, error) { return p.X + p.Y, nil })
	jsonrpc.Handle(&mux, "count", func(_ context.Context, p []any) (int, error) { return len(p), nil })
	jsonrpc.Handle(&mux, "nothing", func(_ context.Context, p *point) (bool, error) { return p == nil, nil })
	tests := []struct {
		method, params string
		result         any
		code           int64
	}{
		{"sum", `{"x":1,"y":2}`, 3, 0},
		{"sum", `{}`, 0, 0},
		{"sum", ``, 0, 0},
		{"sum", `{"x":"1"}`, nil, jsonrpc.CodeInvalidParams},
		{"sum", `[1,2]`, nil, jsonrpc.CodeInvalidParams},
		{"count", `[1,2]`, 2, 0},
		{"count", ``, 0, 0},
		{"nothing", ``, true, 0},
		{"Sum", `{}`, nil, jsonrpc.CodeMethodNotFound},
		{"", ``, nil, jsonrpc.CodeMethodNotFound},
	}
	for _, test := range tests {
		result, code := ask(t, &mux, test.method, test.params)
		if result != test.result || code != test.code {
			t.Errorf("%s(%s): %v, code %d, want %v, code %d", test.method, test.params, result, code, test.result, test.code)
		}
	}
}

func TestMuxInvalidParamsSayWhy(t *testing.T) {
	var mux jsonrpc.Mux
	jsonrpc.Handle(&mux, "count", func(_ context.Context, p []int) (int, error) { return len(p), nil })
	_, err := mux.Handle(t.Context(), &jsonrpc.ServerMessage{Method: "count", Params: json.RawMessage(`["a"]`)})
	if text := as[*jsonrpc.Error](t, err).Message; !strings.HasPrefix(text, "Invalid params: ") {
		t.Error(text)
	}
}

func TestMuxSet(t *testing.T) {
	var mux jsonrpc.Mux
	mux.Set("gone", nil) // of an empty mux
	mux.Set("m", handlerOf(1, nil))
	mux.Set("m", handlerOf(2, nil))
	if result, _ := ask(t, &mux, "m", ""); result != 2 {
		t.Errorf("got %v", result)
	}
	mux.Set("m", nil)
	if _, code := ask(t, &mux, "m", ""); code != jsonrpc.CodeMethodNotFound {
		t.Errorf("code %d", code)
	}
	errNo := errors.New("no")
	mux.Set("m", handlerOf(nil, errNo))
	if _, err := mux.Handle(t.Context(), &jsonrpc.ServerMessage{Method: "m"}); err != errNo {
		t.Error(err)
	}
}

func TestMuxByManyGoroutines(t *testing.T) {
	var mux jsonrpc.Mux
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				mux.Set("m", handlerOf(1, nil))
				ask(t, &mux, "m", "")
			}
		})
	}
	wg.Wait()
}
