package jsonrpc_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func TestOpen(t *testing.T) {
	large := `[` + strings.Repeat(`{"name":"Mittens é€😀 \" \u00e9","n":[-1.5e+10,0,true,false,null,{}]}, `, 5000) + `[] ]`
	for name, test := range map[string]struct {
		reply string
		want  string // the text
		err   any    // at its end
	}{
		"small":             {`{"jsonrpc":"2.0","result": {"a" : 1} ,"id":1}`, `{"a" : 1}`, nil},
		"null":              {`{"jsonrpc":"2.0","result":null,"id":1}`, `null`, nil},
		"a number":          {`{"jsonrpc":"2.0","result":12.5e3 ,"id":1}`, `12.5e3`, nil},
		"large":             {`{"jsonrpc":"2.0","result":` + large + `,"id":1}`, large, nil},
		"a large string":    {`{"jsonrpc":"2.0","id":1,"result":"` + strings.Repeat(`é\n`, 50_000) + `"}`, `"` + strings.Repeat(`é\n`, 50_000) + `"`, nil},
		"a foreign id":      {`{"jsonrpc":"2.0","result":` + large + `,"id":2}`, large, new(*jsonrpc.ValidationError)},
		"twice":             {`{"jsonrpc":"2.0","result":` + large + `,"result":1,"id":1}`, large, new(*jsonrpc.ValidationError)},
		"more after it":     {`{"jsonrpc":"2.0","result":` + large + `,"id":1}{}`, large, new(*jsonrpc.ParseResponseError)},
		"cut in the result": {`{"jsonrpc":"2.0","result":` + large[:200_000], large[:200_000], new(*jsonrpc.ParseResponseError)},
		"cut after it":      {`{"jsonrpc":"2.0","result":` + large, large, new(*jsonrpc.ParseResponseError)},
	} {
		for _, chunked := range []bool{false, true} {
			result, err := jsonrpc.Open(t.Context(), dial(t, answering(t, test.reply, chunked)), "dump", nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			text, err := io.ReadAll(result)
			if string(text) != test.want {
				t.Errorf("%s, chunked %v: %d bytes, want %d", name, chunked, len(text), len(test.want))
			}
			if test.err == nil && err != nil || test.err != nil && !errors.As(err, test.err) {
				t.Errorf("%s, chunked %v: %v, want %T", name, chunked, err, test.err)
			}
			if err := result.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// What is wrong before the result begins is found out by Open.
func TestOpenFails(t *testing.T) {
	for name, test := range map[string]struct {
		reply string
		err   any
	}{
		"an error":           {`{"jsonrpc":"2.0","error":{"code":1,"message":"no"},"id":1}`, new(*jsonrpc.Error)},
		"not JSON":           {`{"jsonrpc":"2.0",,`, new(*jsonrpc.ParseResponseError)},
		"a small foreign id": {`{"jsonrpc":"2.0","id":2}`, new(*jsonrpc.ValidationError)},
	} {
		result, err := jsonrpc.Open(t.Context(), dial(t, answering(t, test.reply, true)), "dump", nil)
		if err == nil {
			_, err = io.ReadAll(result)
			_ = result.Close()
		}
		if !errors.As(err, test.err) {
			t.Errorf("%s: %v, want %T", name, err, test.err)
		}
	}
}

func TestOpenOnAStream(t *testing.T) {
	result, err := jsonrpc.Open(t.Context(), lineClient(t, `{"jsonrpc":"2.0","result":[1, 2],"id":1}`), "dump", nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(result); err != nil || string(text) != "[1, 2]" {
		t.Error(string(text), err)
	}
	_ = result.Close()
}

// A reader that is closed, and one that nobody reads when the context ends, hold
// nothing back.
func TestOpenGivenUp(t *testing.T) {
	client := dial(t, answering(t, `{"jsonrpc":"2.0","result":[`+strings.Repeat("1,", 1_000_000)+`1],"id":1}`, true))
	for range 3 {
		result, err := jsonrpc.Open(t.Context(), client, "dump", nil, jsonrpc.WithID(jsonrpc.IntID(1)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(result, make([]byte, 10)); err != nil {
			t.Error(err)
		}
		_ = result.Close()
		if _, err := result.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	result, err := jsonrpc.Open(ctx, client, "dump", nil, jsonrpc.WithID(jsonrpc.IntID(1)))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(result); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	_ = result.Close()
}

// The error of a call whose context ends in mid-result is as that of any call: it names
// the method and the server.
func TestOpenCancelledInTheMiddle(t *testing.T) {
	stop := errors.New("enough")
	for name, test := range map[string]struct {
		read bool // before
		rest func(w http.ResponseWriter, r *http.Request)
	}{
		"nobody reads": {false, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat(",2", 1_000_000))
		}},
		"nothing comes": {true, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	} {
		client := dial(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":[1`)
			w.(http.Flusher).Flush()
			test.rest(w, r)
		}).URL)
		ctx, cancel := context.WithCancelCause(t.Context())
		result, err := jsonrpc.Open(ctx, client, "dump", nil)
		if err != nil {
			t.Fatal(err)
		}
		if test.read {
			if _, err := io.ReadFull(result, make([]byte, 2)); err != nil {
				t.Error(err)
			}
		}
		cancel(stop)
		_, err = io.ReadAll(result)
		if !errors.Is(err, stop) || !errors.Is(err, context.Canceled) || !jsonrpc.MaybeSent(err) {
			t.Errorf("%s: %v", name, err)
		}
		wantError(t, err, "jsonrpc: dump at "+client.String()+": read: enough")
		if err = result.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The first of a result is there before the rest of it was sent.
func TestOpenWhileItArrives(t *testing.T) {
	goOn := make(chan struct{})
	client := dial(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":["first"`)
		w.(http.Flusher).Flush()
		<-goOn
		_, _ = io.WriteString(w, `,"second"]}`)
	}).URL)
	result, err := jsonrpc.Open(t.Context(), client, "dump", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	first := make([]byte, len(`["first"`))
	if _, err := io.ReadFull(result, first); err != nil || string(first) != `["first"` {
		t.Error(string(first), err)
	}
	close(goOn)
	if rest, err := io.ReadAll(result); err != nil || string(rest) != `,"second"]` {
		t.Error(string(rest), err)
	}
}

// A result that is used up as it arrives is shared and repeated by nobody.
func TestOpenGoesByItself(t *testing.T) {
	copyable := true
	client := newClient(t, says(`{"jsonrpc":"2.0","result":[],"id":1}`),
		around(func(ctx context.Context, x *jsonrpc.Exchange, next jsonrpc.Invoker) error {
			_, key := x.Key()
			copyable = x.Copyable() || key
			return next(ctx, x)
		}))
	result, err := jsonrpc.Open(t.Context(), client, "dump", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(result)
	_ = result.Close()
	if copyable {
		t.Error("it can be copied")
	}
}

// A Read that brings nothing says why.
func TestOpenReadsSomething(t *testing.T) {
	client := newClient(t, tripper(func(context.Context, *transport.Message) (io.ReadCloser, error) {
		return io.NopCloser(iotest.OneByteReader(strings.NewReader(`{"jsonrpc":"2.0","result":123,"id":1}`))), nil
	}))
	result, err := jsonrpc.Open(t.Context(), client, "x", nil, jsonrpc.WithID(jsonrpc.IntID(1)))
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	for err == nil {
		var n int
		if n, err = result.Read(make([]byte, 10)); n == 0 && err == nil {
			t.Error("it brought neither text nor an error")
		}
	}
	if err != io.EOF {
		t.Error(err)
	}
}
