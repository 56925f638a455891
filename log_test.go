package jsonrpc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// arrows returns a logger that prints to the buffer as NewLogHandler does.
func arrows() (*slog.Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return slog.New(jsonrpc.NewLogHandler(&b)), &b
}

func TestLogShowsArrows(t *testing.T) {
	logger, log := arrows()
	client := newClient(t, conversation1("{\"jsonrpc\":\"2.0\",\r\n  \"result\": \"meow\", \"id\": 1 }\n"), jsonrpc.WithLogger(logger))
	var sound string
	if err := client.Call(t.Context(), "cat", jsonrpc.Named{"name": "Mittens"}, &sound); err != nil || sound != "meow" {
		t.Fatal(sound, err)
	}
	const want = `--> {"jsonrpc":"2.0","method":"cat","params":{"name":"Mittens"},"id":1}
<-- {"jsonrpc":"2.0","result":"meow","id":1}
`
	if log.String() != want {
		t.Errorf("logged\n%swant\n%s", log, want)
	}
}

func TestLogRecords(t *testing.T) {
	var b bytes.Buffer
	handler := slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "duration" && a.Value.Duration() >= 0 {
			return slog.Attr{}
		}
		return a
	}})
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, r, "1") })
	client := dial(t, server.URL+"/rpc?key=secret", jsonrpc.WithLogger(slog.New(handler)))
	if err := client.Call(t.Context(), "cat", nil, nil); err != nil {
		t.Fatal(err)
	}
	want := `level=INFO msg="--> {\"jsonrpc\":\"2.0\",\"method\":\"cat\",\"id\":1}" endpoint=URL
level=INFO msg="<-- {\"jsonrpc\":\"2.0\",\"result\":1,\"id\":1}" endpoint=URL http_status=200
`
	if want = strings.ReplaceAll(want, "URL", server.URL+"/rpc"); b.String() != want {
		t.Errorf("logged\n%swant\n%s", &b, want)
	}
}

// What could move a terminal's cursor, or turn text around, is escaped; the rest is as
// it was sent.
func TestLogShowsWhatIsInvisible(t *testing.T) {
	logger, log := arrows()
	client := newClient(t, conversation1(`{"jsonrpc":"2.0","result":"a`+"\u009b2J\u202e\U000e0001\u007f é"+`\u0041","id":1}`), jsonrpc.WithLogger(logger))
	got, err := jsonrpc.Call[string](t.Context(), client, "cat", nil, jsonrpc.WithID(jsonrpc.IntID(1)))
	if err != nil || got != "a\u009b2J\u202e\U000e0001\u007f éA" {
		t.Errorf("%q, %v", got, err)
	}
	if want := `<-- {"jsonrpc":"2.0","result":"a\u009b2J\u202e\udb40\udc01\u007f é\u0041","id":1}`; !strings.Contains(log.String(), want+"\n") {
		t.Errorf("logged\n%swant\n%s", log, want)
	}
}

func TestLogTrimsLongValues(t *testing.T) {
	long := strings.Repeat("foo", 100)
	tests := map[string]struct{ text, want string }{
		"a string":           {`"` + long + `"`, `"foofo…oofoo"`},
		"nested":             {`{"a":{"b":["` + long + `"]}}`, `{"a":{"b":["foofo…oofoo"]}}`},
		"an array":           {`[1,2,3,4,5,6,7,8,9,10,11,12]`, `[1,2,3,4,5,6,7,8,9,10,…]`},
		"ten are not cut":    {`[1,2,3,4,5,6,7,8,9,10]`, `[1,2,3,4,5,6,7,8,9,10]`},
		"ten runes":          {`"éééééééééé"`, `"éééééééééé"`},
		"runes stay whole":   {`"` + strings.Repeat("é", 11) + `"`, `"ééééé…ééééé"`},
		"escapes stay whole": {`"\n\n\n\n\n\n\n\n\n\n\n"`, `"\n\n\n\n\n…\n\n\n\n\n"`},
		"names are not cut":  {`{"` + long + `":1}`, `{"` + long + `":1}`},
		"escapes as sent":    {`"\u0041\/"`, `"\u0041\/"`},
		"empty ones":         {`[[],{},""]`, `[[],{},""]`},
		"numbers are whole":  {`12345678901234567890`, `12345678901234567890`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			logger, log := arrows()
			reply := `{"jsonrpc":"2.0","result":` + test.text + `,"id":1}`
			client := newClient(t, conversation1(reply), jsonrpc.WithLogger(logger), jsonrpc.WithIDs(func() jsonrpc.ID { return jsonrpc.IntID(1) }))
			if err := client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithLogTrim(10)); err != nil {
				t.Fatal(err)
			}
			if want := `{"jsonrpc":"2.0","result":` + test.want + `,"id":1}`; !strings.Contains(log.String(), "<-- "+want+"\n") {
				t.Errorf("logged\n%swant\n%s", log, want)
			}
			log.Reset()
			if err := client.Call(t.Context(), "cat", nil, nil); err != nil || !strings.Contains(log.String(), reply) {
				t.Errorf("without trimming: %v\n%s", err, log)
			}
		})
	}
}

func TestLogOfWhatGoesWrong(t *testing.T) {
	tests := map[string]struct {
		rt   transport.RoundTripper
		want string // after the request's line
	}{
		"the server's error": {conversation1(`{"jsonrpc":"2.0","error":{"code":1,"message":"no"},"id":1}`), `<-- {"jsonrpc":"2.0","error":{"code":1,"message":"no"},"id":1}` + "\n"},
		"not JSON":           {conversation1("<p>\nhello"), "<-- <p> hello the reply is not JSON: unexpected \"<\", wanted a value at byte 0: <p> hello\n"},
		"nothing":            {conversation1(``), "<-- the server sent no response to the request\n"},
		"no connection": {tripper(func(context.Context, *transport.Message) (io.ReadCloser, error) {
			return nil, &transport.Error{Op: "connect", Err: errors.New("refused")}
		}), "<-- connect: refused\n"},
		"a notification's nothing": {conversation1(``), ""},
	}
	for name, test := range tests {
		logger, log := arrows()
		client := newClient(t, test.rt, jsonrpc.WithLogger(logger))
		request := `{"jsonrpc":"2.0","method":"cat","id":1}`
		if strings.HasPrefix(name, "a notification") {
			request = `{"jsonrpc":"2.0","method":"cat"}`
			_ = client.Notify(t.Context(), "cat", nil)
		} else {
			_ = client.Call(t.Context(), "cat", nil, nil)
		}
		if want := "--> " + request + "\n" + test.want; log.String() != want {
			t.Errorf("%s: logged\n%swant\n%s", name, log, want)
		}
	}
}

func TestLogCanBeTurnedOffAndOnForACall(t *testing.T) {
	logger, log := arrows()
	client := newClient(t, conversation1(`{"jsonrpc":"2.0","result":1,"id":null}`), jsonrpc.WithLogger(logger), jsonrpc.WithValidation(false))
	if err := client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithLogger(nil)); err != nil || log.Len() > 0 {
		t.Errorf("%v, logged %s", err, log)
	}
	client = newClient(t, conversation1(`{"jsonrpc":"2.0","result":1,"id":null}`), jsonrpc.WithValidation(false))
	if err := client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithLogger(logger)); err != nil || strings.Count(log.String(), "\n") != 2 {
		t.Errorf("%v, logged %s", err, log)
	}
}
