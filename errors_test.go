package jsonrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func TestServerErrorIsFoundThroughTheWrapping(t *testing.T) {
	client := newClient(t, conversation1(`{"jsonrpc":"2.0","error":{"code":-32000,"message":"Not Found","data":{"path":"/a","n":12345678901234567890}},"id":1}`))
	err := client.Call(t.Context(), "cat", nil, nil)
	err = fmt.Errorf("asking the cat: %w", err)
	e := as[*jsonrpc.Error](t, err)
	if e.Code != -32000 || e.Message != "Not Found" || string(e.Data) != `{"path":"/a","n":12345678901234567890}` {
		t.Errorf("%#v", e)
	}
	if jsonrpc.CodeOf(err) != -32000 || jsonrpc.CodeOf(nil) != 0 || jsonrpc.CodeOf(io.EOF) != 0 {
		t.Error("CodeOf")
	}
	if !errors.Is(err, &jsonrpc.Error{Code: -32000}) || errors.Is(err, &jsonrpc.Error{Code: -32001}) {
		t.Error("errors.Is tells by the code")
	}
	data, err := jsonrpc.DataAs[struct{ N json.Number }](e)
	if err != nil || data.N != "12345678901234567890" {
		t.Errorf("%v, %v", data, err)
	}
	if _, err := jsonrpc.DataAs[int](e); err == nil {
		t.Error("an object is no int")
	}
	if none, err := jsonrpc.DataAs[string](&jsonrpc.Error{}); none != "" || err != nil {
		t.Error(none, err)
	}
	text, err := json.Marshal(e)
	if err != nil || string(text) != `{"code":-32000,"message":"Not Found","data":{"path":"/a","n":12345678901234567890}}` {
		t.Errorf("%s, %v", text, err)
	}
}

func TestErrorDataIsNotOverwrittenByLaterReplies(t *testing.T) {
	client := newClient(t, conversation1(`{"jsonrpc":"2.0","error":{"code":1,"message":"m","data":["kept"]},"id":null}`))
	first := as[*jsonrpc.Error](t, client.Call(t.Context(), "a", nil, nil))
	for range 10 {
		_ = client.Call(t.Context(), "b", nil, nil, jsonrpc.WithMaxReply(1000))
	}
	if string(first.Data) != `["kept"]` {
		t.Errorf("%s", first.Data)
	}
}

func TestEachErrorHasItsType(t *testing.T) {
	broken := errors.New("broken pipe")
	refused := tripper(func(context.Context, *transport.Message) (io.ReadCloser, error) {
		return nil, &transport.Error{Op: "connect", Err: broken}
	})
	halfway := tripper(func(context.Context, *transport.Message) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader(`{"json`), failing{broken})), nil
	})
	tests := map[string]struct {
		rt   transport.RoundTripper
		want string
		is   func(error) bool
		sent bool // MaybeSent
	}{
		"not JSON": {conversation1(`<`), "jsonrpc: cat at test:: the reply is not JSON: unexpected \"<\", wanted a value at byte 0: <", isType[*jsonrpc.ParseResponseError], true},
		"not JSON-RPC": {conversation1(`1`), "jsonrpc: cat at test:: the reply is not valid JSON-RPC 2.0: clause 5: it is not a response object: 1",
			func(err error) bool {
				e, ok := errors.AsType[*jsonrpc.ValidationError](err)
				return ok && e.Deviation == jsonrpc.DeviationNotResponse && string(e.Reply) == "1"
			}, true},
		"does not fit": {conversation1(`{"jsonrpc":"2.0","result":"a","id":1}`), "jsonrpc: cat at test:: the result does not fit: json: cannot unmarshal string into Go value of type int",
			func(err error) bool {
				e, ok := errors.AsType[*jsonrpc.DecodeError](err)
				return ok && string(e.Result) == `"a"`
			}, true},
		"nothing":   {conversation1(``), "jsonrpc: cat at test:: the server sent no response to the request", isError(jsonrpc.ErrNoResponse), true},
		"too large": {conversation1(strings.Repeat(" ", 101)), "jsonrpc: cat at test:: reply too large: over the limit of 100 bytes (WithMaxReply raises it)", isError(jsonrpc.ErrReplyTooLarge), true},
		"too deep":  {conversation1(strings.Repeat("[", 1001)), "jsonrpc: cat at test:: reply too large: nested deeper than 1000", isError(jsonrpc.ErrReplyTooLarge), true},
		"refused":   {refused, "jsonrpc: cat: connect: broken pipe", func(err error) bool { return isType[*transport.Error](err) && errors.Is(err, broken) }, false},
		"halfway":   {halfway, "jsonrpc: cat: broken pipe", isError(broken), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var opts []jsonrpc.ClientOption
			if name == "too large" {
				opts = append(opts, jsonrpc.WithMaxReply(100))
			}
			client := newClient(t, test.rt, opts...)
			n, err := jsonrpc.Call[int](t.Context(), client, "cat", nil)
			wantError(t, err, test.want)
			if err = fmt.Errorf("in context: %w", err); !test.is(err) || n != 0 {
				t.Errorf("%T is not found in it", err)
			}
			if jsonrpc.MaybeSent(err) != test.sent {
				t.Errorf("MaybeSent is %v", !test.sent)
			}
		})
	}
	if !jsonrpc.MaybeSent(nil) || jsonrpc.MaybeSent(jsonrpc.ErrClosed) || jsonrpc.MaybeSent(jsonrpc.ErrNotSent) {
		t.Error("MaybeSent")
	}
}

func TestPagesInAnyEncodingAreQuoted(t *testing.T) {
	for page, want := range map[string]string{
		"<TITLE>Bad Gateway</Title>":                            "Bad Gateway",
		"<title>\xce\xf8\xe8\xe1\xea\xe0 502</title>":           "\ufffd 502", // windows-1251
		"\xef\xf0\xee\xea\xf1\xe8<title>Bad Gateway</title>":    "Bad Gateway",
		strings.Repeat("\u023a", 100) + "<title>Bad</title>":    "Bad", // is longer in small letters
		"<title>" + strings.Repeat("\xff", 100) + "</title>":    "\ufffd",
		strings.Repeat("\u212a", 100) + "<title>Kelvin</title>": "Kelvin", // is shorter
	} {
		err := &jsonrpc.HTTPError{StatusCode: 502, Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte(page)}
		wantError(t, err, "the server answered 502 text/html: "+want)
	}
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func isType[E error](err error) bool { _, ok := errors.AsType[E](err); return ok }

func isError(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func TestErrorShowsTheStartOfALongReply(t *testing.T) {
	client := newClient(t, conversation1(`{"x":"`+strings.Repeat("ab ", 10_000)+`"}`))
	err := client.Call(t.Context(), "cat", nil, nil)
	e := as[*jsonrpc.ValidationError](t, err)
	if len(e.Reply) != 4<<10 {
		t.Errorf("%d bytes of it are kept", len(e.Reply))
	}
	if len(err.Error()) > 800 || !strings.Contains(err.Error(), "…") {
		t.Errorf("%d bytes: %v", len(err.Error()), err)
	}
}

func TestHTTPErrorTexts(t *testing.T) {
	tests := map[string]struct {
		status      int
		contentType string
		body        string
		want        string
	}{
		"a title":          {502, "text/html; charset=utf-8", "<html><head><TITLE lang=en>502 Bad\n Gateway</Title></head><body>x</body>", "the server answered 502 text/html: 502 Bad Gateway"},
		"no title":         {503, "text/html", "<html><body><h1>Down for <b>maintenance</b></h1></body>", "the server answered 503 text/html: Down for maintenance"},
		"plain text":       {404, "text/plain; charset=utf-8", "404 page not found\n", "the server answered 404 text/plain: 404 page not found"},
		"no body":          {401, "text/plain", "", "the server answered 401 text/plain: Unauthorized"},
		"no type, no body": {403, "", "", "the server answered 403 Forbidden"},
		"JSON":             {404, "application/json", `{"detail":"Not Found"}`, `the server answered 404 application/json: {"detail":"Not Found"}`},
		"control":          {500, "text/plain", "a\x1b[2Jb\x00c\u202ed", "the server answered 500 text/plain: a\ufffd[2Jb\ufffdc\ufffdd"},
		"long":             {500, "text/plain", strings.Repeat("a", 300), "the server answered 500 text/plain: " + strings.Repeat("a", 200) + "…"},
		"unclosed title":   {500, "text/html", "<title>a", "the server answered 500 text/html: a"},
		"an unknown one":   {599, "text/x", "", "the server answered 599 text/x"},
	}
	for name, test := range tests {
		e := &jsonrpc.HTTPError{StatusCode: test.status, Status: "403 Forbidden", Header: map[string][]string{}, Body: []byte(test.body)}
		if test.contentType != "" {
			e.Header.Set("Content-Type", test.contentType)
		}
		if e.Error() != test.want {
			t.Errorf("%s: %s", name, e)
		}
	}
}
