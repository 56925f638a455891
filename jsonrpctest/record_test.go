package jsonrpctest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// sayOn says a line on a stream of the recorder's, and hears another.
func sayOn(t *testing.T, r *jsonrpctest.Recorder, line, answer string) {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close()
	go func() {
		buf := make([]byte, len(line)+1)
		_, _ = io.ReadFull(theirs, buf)
		_, _ = io.WriteString(theirs, answer+"\n")
	}()
	stream := r.Stream(transport.NewStream(ours, nil))
	if err := stream.Write(context.Background(), []byte(line)); err != nil {
		t.Fatal(err)
	}
	if got, err := stream.Read(context.Background(), nil); string(got) != answer || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
}

// TestRecorderContinues: a recording is gone on with; HTTP and streams stand in one;
// what is no JSON is said to be none.
func TestRecorderContinues(t *testing.T) {
	var text strings.Builder
	sayOn(t, jsonrpctest.NewRecorder(&text, nil), `{"jsonrpc":"2.0","method":"a","id":1}`, `{"jsonrpc":"2.0","result":1,"id":1}`)
	text.WriteString(`--> {"jsonrpc":"2.0","meth`) // it was killed
	first, err := jsonrpctest.ReadRecording(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	r := jsonrpctest.NewRecorder(&text, nil)
	r.Continue(first)
	over := r.HTTP(roundTripFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"jsonrpc":"2.0","result":2,"id":1}`))}, nil
	}))
	resp, err := over.RoundTrip(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"jsonrpc":"2.0","method":"b","id":1}`)))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	sayOn(t, r, `{"jsonrpc":"2.0","method":"a","id":1}`, "no JSON at all")
	const want = `//jsonrpc:stream 1
--> {"jsonrpc":"2.0","method":"a","id":1}
<-- {"jsonrpc":"2.0","result":1,"id":1}
--> {"jsonrpc":"2.0","meth
//jsonrpc:stream 0
--> {"jsonrpc":"2.0","method":"b","id":1}
<-- {"jsonrpc":"2.0","result":2,"id":1}

//jsonrpc:stream 2
--> {"jsonrpc":"2.0","method":"a","id":1}
// This is not JSON:
<-- no JSON at all
`
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
	whole, err := jsonrpctest.ReadRecording(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	var streams []int
	for _, e := range whole.Exchanges {
		streams = append(streams, e.Stream)
	}
	if len(streams) != 4 || streams[0] != 1 || streams[1] != 1 || streams[2] != 0 || streams[3] != 2 {
		t.Errorf("the exchanges are of the streams %v", streams)
	}
}

// What a recording cannot look into is not in it, nor are URLs.
func TestRecorderMasksWhatItCannotRead(t *testing.T) {
	var text strings.Builder
	asked := ""
	over := jsonrpctest.NewRecorder(&text, nil).HTTP(roundTripFunc(func(r *http.Request) (*http.Response, error) {
		asked = r.Header.Get("Accept-Encoding")
		return &http.Response{
			StatusCode: 307, Header: http.Header{"Location": {"/rpc?apikey=s3cr3t"}}, Body: io.NopCloser(strings.NewReader("")),
		}, nil
	}))
	post := func(encoding string) (*http.Response, error) {
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"jsonrpc":"2.0","method":"b","id":1}`))
		req.Header.Set("Accept-Encoding", "zstd, gzip")
		if encoding != "" {
			req.Header.Set("Content-Encoding", encoding)
		}
		return over.RoundTrip(req)
	}
	resp, err := post("")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	if strings.Contains(text.String(), "s3cr3t") || asked != "gzip" || resp.Header.Get("Location") != "/rpc?apikey=s3cr3t" {
		t.Errorf("asked for %q, got %v, recorded\n%s", asked, resp.Header, &text)
	}
	if _, err := post("zstd"); err == nil || !strings.Contains(err.Error(), "zstd") {
		t.Error(err)
	}
	if _, err := post("gzip"); err == nil || !strings.Contains(err.Error(), "gzip") {
		t.Error(err)
	}
}

// TestRecorderMasksWhatIsBroken: a reply that breaks off, or is no JSON, may have a
// secret in it all the same.
func TestRecorderMasksWhatIsBroken(t *testing.T) {
	zipped := func(text string, keep int) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, text)
		_ = z.Flush()
		return b.String()[:b.Len()-keep]
	}
	for _, test := range []struct{ encoding, body, want string }{
		{"", `{"result":{"password":"s3cr3t","x":`, `{"result":{"password":"***","x":`},
		{"", `{"a":1,"password" : "s3cr`, `{"a":1,"password"***`},
		{"", `{"credentials":{"user":"s3cr3t","n":123456,"more":["s3cr`, `{"credentials":{"user":"***","n":0,"more":[***`},
		{"", `{"token":"s3cr3t"}{"a":1,"token":"s3cr3t"}`, `{"token":"***"}{"a":1,"token":"***"}`},
		{"", `<p class="x">{"api_key": "s3\"cr3t", "a": "b", "seed":-12.5}</p>`, `<p class="x">{"api_key": "***", "a": "b", "seed":0}</p>`},
		{"", "{\"a\":1,} \"pass\\u0077ord\": \"s3cr3t", `"pass\u0077ord": "***"`},
		{"", "data: {\"a\":\ndata:  \"password\": \"s3cr3t\"}\n\n", `"password": "***"}`},
		{"", `{"a": "password": "s3cr3t", "token": 17}`, `{"a": "password": "***", "token": 0}`},
		{"", "event: message\ndata: {\"token\":\ndata:   {\ndata:     \"x\": \"s3cr3t\"}}\n\ndata: {\"password\": \"s3cr3t\"}\n\n", `"x": "***"}}`},
		{"", "data: {\"token\":\ndata: \"s3cr", `{"token"***`},
		{"", "\ufeff{\"credentials\":{\"user\":\"s3cr3t\",\"more\":[\"s3cr3t\"]}}", `{\"credentials\":{\"user\":\"***\",\"more\":[\"***\"]}}`},
		{"gzip", zipped(`{"result":{"password":"s3cr3t","x":1`, 5), `{"result":{"password":"***","x":1`},
		{"br", `{"password":"s3cr3t"}`, `compressed with "br"`},
	} {
		var text strings.Builder
		over := jsonrpctest.NewRecorder(&text, nil).HTTP(roundTripFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: 200, Header: http.Header{"Content-Encoding": {test.encoding}}, Body: io.NopCloser(strings.NewReader(test.body)),
			}, nil
		}))
		resp, err := over.RoundTrip(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"method":"b"}`)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(resp.Body); string(got) != test.body || err != nil {
			t.Errorf("the client got %q, %v", got, err)
		}
		if got := text.String(); !strings.Contains(got, test.want) || strings.Contains(got, "s3cr") || strings.Contains(got, "s3\\") || strings.Contains(got, "12") {
			t.Errorf("of %q is recorded\n%s", test.body, got)
		}
	}
}

// TestRecorderMasksValues: a secret is found in whatever way a server escapes it,
// and whole if another one is a part of it.
func TestRecorderMasksValues(t *testing.T) {
	mask := &jsonrpctest.Mask{Values: []string{"hunter", "hunter/2 é&", "2x"}}
	for _, test := range []struct{ message, want string }{
		{`["hunter/2 é&","hunter"]`, `["***","***"]`},
		{`["hunter\/2 \u00e9&"]`, `["***"]`},                           // PHP
		{`["hunter/2 \u00e9&"]`, `["***"]`},                            // Python
		{`["hunter/2 é\u0026"]`, `["***"]`},                            // Go
		{`["hunter%2F2+%C3%A9%26"]`, `["***"]`},                        // in a URL's query
		{`["/hunter%2F2%20%C3%A9&/"]`, `["/***/"]`},                    // in its path
		{`["{\"a\":\"hunter\\/2 \\u00e9&\"}"]`, `["{\"a\":\"***\"}"]`}, // in JSON in a string
	} {
		var text strings.Builder
		over := jsonrpctest.NewRecorder(&text, mask).RoundTripper(answering(test.message))
		reply, err := over.RoundTrip(t.Context(), &transport.Message{Body: []byte(`{"method":"b"}`)})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(reply); string(got) != test.message || err != nil {
			t.Errorf("the client got %s, %v", got, err)
		}
		if want := "--> {\"method\":\"b\"}\n<-- " + test.want + "\n"; text.String() != want {
			t.Errorf("of %s is recorded\n%swant\n%s", test.message, &text, want)
		}
	}
}

// answering is a transport whose every reply is the same.
type answering string

func (a answering) RoundTrip(context.Context, *transport.Message) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(string(a))), nil
}
