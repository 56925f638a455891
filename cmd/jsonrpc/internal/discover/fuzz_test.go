package discover

import (
	"context"
	"encoding/json"
	"testing"

	"example.com/jsonrpc"
)

// same answers each call with the same result, and the one of tools/list with its
// own.
type same struct{ result, tools string }

func (s same) Call(_ context.Context, method string, _, result any, _ ...jsonrpc.CallOption) error {
	text := s.result
	if method == "tools/list" {
		text = s.tools
	}
	if err := json.Unmarshal([]byte(text), result); err != nil {
		return &jsonrpc.DecodeError{Result: []byte(text), Err: err}
	}
	return nil
}

func (s same) Notify(context.Context, string, any, ...jsonrpc.CallOption) error { return nil }

func (s same) Send(context.Context, jsonrpc.Message, ...jsonrpc.CallOption) (*jsonrpc.Reply, error) {
	return nil, jsonrpc.ErrNoResponse
}

// FuzzAsk: whatever a server answers, in each way it becomes a document or an error.
func FuzzAsk(f *testing.F) {
	f.Add(`{"protocolVersion":"1","capabilities":{"tools":{}}}`, `{"tools":[{"name":"a","inputSchema":{"type":"object"},"outputSchema":{"$defs":{"A":true}}}]}`)
	f.Add(`{"capabilities":{"hoverProvider":true,"x":{"y":[]}}}`, ``)
	f.Add(`["a","a","system.methodHelp","system.methodSignature"]`, ``)
	f.Add(`{"eth":"1.0"}`, ``)
	f.Add(`{"openrpc":"1.3.2","methods":[{"name":"a","params":[]}]}`, ``)
	f.Fuzz(func(t *testing.T, result, tools string) {
		for _, via := range Ways {
			d, err := Ask(t.Context(), Server{Caller: same{result, tools}, HTTP: true, Via: via})
			if (d == nil) == (err == nil) {
				t.Fatalf("%s: %v, %v", via, d, err)
			}
			if d == nil {
				continue
			}
			for _, m := range d.Document.Methods {
				_, _, _ = Method(m), IsModule(m), d.Find(m.Name, json.RawMessage(result))
			}
		}
	})
}
