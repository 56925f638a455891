package jsonrpc_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A reply means the same however it comes: whole, in an event, as a line of a stream.
func TestReplyByEveryPath(t *testing.T) {
	const cat = `{"jsonrpc":"2.0","result":"a","id":1}`
	nested := func(deep int) string {
		return `{"jsonrpc":"2.0","result":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + `,"id":1}`
	}
	for name, test := range map[string]struct{ reply, on, off string }{
		"plain":                     {cat, "", ""},
		"white space":               {"\t " + cat + " \t", "", ""},
		"a byte order mark":         {"\ufeff" + cat, "not JSON: it begins with a byte order mark", ""},
		"a mark, then space":        {"\ufeff " + cat, "not JSON: it begins with a byte order mark", ""},
		"a mark before an array":    {"\ufeff[" + cat + "]", "not JSON: it begins with a byte order mark", ""},
		"other space before":        {"\u00a0" + cat, "not JSON: unexpected '\\u00a0'", "not JSON: unexpected '\\u00a0'"},
		"other space after":         {cat + "\u2003", "nothing after the ", "nothing after the "},
		"a form feed after":         {cat + "\f", "nothing after the ", "nothing after the "},
		"nested as deep as allowed": {nested(1000), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for validate, want := range map[bool]string{true: test.on, false: test.off} {
				for way, reply := range map[string]io.ReadCloser{
					"whole":    io.NopCloser(strings.NewReader(test.reply)),
					"an event": &flow{messages: []string{test.reply}},
				} {
					client := newClient(t, tripper(func(context.Context, *transport.Message) (io.ReadCloser, error) {
						return reply, nil
					}), jsonrpc.WithValidation(validate))
					var result any
					err := client.Call(t.Context(), "cat", nil, &result)
					if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
						t.Errorf("validation %v, %s: %.200v, want %q", validate, way, err, want)
					}
				}
				inBubble(t, func(t *testing.T, p *peer) {
					var reports tray
					call := startCall(t.Context(), t, p.client(jsonrpc.WithValidation(validate), jsonrpc.WithStreamErrors(reports.put)), "cat")
					p.play(`--> {"jsonrpc":"2.0","method":"cat","id":1}`)
					if _, err := io.WriteString(p.newest(), test.reply+"\n"); err != nil {
						t.Fatal(err)
					}
					if strings.HasPrefix(test.reply, "\u00a0") { // nobody knows whose it is
						reports.want(t, want)
						p.play("drop")
						want = "closed the connection"
					}
					_, err := call.get()
					decode := (*jsonrpc.DecodeError)(nil) // the call wants a string
					if want == "" && err != nil && !errors.As(err, &decode) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
						t.Errorf("validation %v, a line: %.200v, want %q", validate, err, want)
					}
				})
			}
		})
	}
}

// Notifications and the items of a batch may have the mark before them too.
func TestByteOrderMarkInAFlow(t *testing.T) {
	const one, two, note = `{"jsonrpc":"2.0","result":1,"id":1}`, `{"jsonrpc":"2.0","result":2,"id":2}`, `{"jsonrpc":"2.0","method":"n"}`
	for validate, want := range map[bool]string{true: "it begins with a byte order mark", false: ""} {
		heard := 0
		client := newClient(t, tripper(func(context.Context, *transport.Message) (io.ReadCloser, error) {
			return &flow{messages: []string{"\ufeff" + note, "\ufeff" + two, "\ufeff" + one}}, nil
		}), jsonrpc.WithValidation(validate), jsonrpc.WithHandler(handlerFunc(func() { heard++ })))
		var b jsonrpc.Batch
		first, second := jsonrpc.Queue[int](&b, "a", nil), jsonrpc.Queue[int](&b, "b", nil)
		_, err := client.Send(t.Context(), &b)
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Error(err)
			}
			continue
		}
		n, _ := first.Get()
		m, _ := second.Get()
		if err != nil || n != 1 || m != 2 || heard != 1 {
			t.Error(err, n, m, heard)
		}
	}
}
