package jsonrpctest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/internal/recorded"
	"example.com/jsonrpc/jsonrpctest"
)

// TestRecordingOfRealServers: what two dozen servers have said fits into a
// recording, and comes out of it as it was.
func TestRecordingOfRealServers(t *testing.T) {
	n := 0
	files := recorded.Conversations(t)
	for _, file := range files {
		recording := &jsonrpctest.Recording{Exchanges: readConversation(t, file)}
		again, err := jsonrpctest.ReadRecording(strings.NewReader(recording.String()))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if len(again.Exchanges) != len(recording.Exchanges) {
			t.Errorf("%s: %d exchanges became %d", file, len(recording.Exchanges), len(again.Exchanges))
			continue
		}
		for i := range recording.Exchanges {
			if got, want := again.Exchanges[i], recording.Exchanges[i]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s:\ngot  %+v\nwant %+v", file, got, want)
			}
		}
		for i := range recording.Exchanges {
			checkPlayed(t, &recording.Exchanges[i])
			n++
		}
	}
	t.Logf("%d exchanges of %d servers", n, len(files))
}

// readConversation returns those of a file that came by HTTP, with a body.
func readConversation(t *testing.T, file string) (exchanges []jsonrpctest.Recorded) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line struct {
			Request     string
			Response    any
			Status      int    `json:"http_status"`
			ContentType string `json:"content_type"`
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Status == 0 {
			continue
		}
		text, ok := line.Response.(string)
		if !ok || line.Request == "" || strings.ContainsAny(line.Request, "\r\n") {
			continue
		}
		e := jsonrpctest.Recorded{Request: []byte(line.Request), Status: line.Status, Replies: [][]byte{[]byte(text)}}
		if line.ContentType != "" {
			e.Header = http.Header{"Content-Type": {line.ContentType}}
		}
		exchanges = append(exchanges, e)
	}
	return exchanges
}

// checkPlayed has one exchange repeated, which must give the same.
func checkPlayed(t *testing.T, e *jsonrpctest.Recorded) {
	t.Helper()
	player := jsonrpctest.NewPlayer(&jsonrpctest.Recording{Exchanges: []jsonrpctest.Recorded{*e}}, nil)
	w := httptest.NewRecorder()
	player.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(e.Request)))
	if w.Code != e.Status || w.Body.String() != string(e.Replies[0]) {
		t.Errorf("--> %s\ngot  %d %q\nwant %d %q", e.Request, w.Code, w.Body, e.Status, e.Replies[0])
	}
}

func TestPlayer(t *testing.T) {
	const overHTTP = `
		--> {"jsonrpc":"2.0","method":"cat","id":1}
		<-- {"jsonrpc":"2.0","result":"meow","id":1}
		--> {"jsonrpc":"2.0","method":"float","id":2}
		<-- {"jsonrpc":"2.0","result":2,"id":2.0}
		--> {"jsonrpc":"2.0","method":"text","id":3}
		<-- {"jsonrpc":"2.0","result":3,"id":"3"}
		--> {"jsonrpc":"2.0","method":"lost","id":4}
		<-- HTTP 500
		<-- {"jsonrpc":"2.0","error":{"code":4,"message":"id"},"id":null}
		--> {"jsonrpc":"2.0","method":"page","id":5}
		<-- HTTP 502 Content-Type: text/html
		<-- <h1>Bad</h1>
		--> {"jsonrpc":"2.0","method":"events","id":6}
		<-- HTTP 200 Content-Type: text/event-stream
		<-- data: {"jsonrpc":"2.0","method":"n"}
		<--
		<-- data: {"jsonrpc":"2.0","result":6,"id":6}
		<--
		<--
		--> [{"jsonrpc":"2.0","method":"a","id":7},{"jsonrpc":"2.0","method":"b"},{"jsonrpc":"2.0","method":"c","id":"x"}]
		<-- [{"jsonrpc":"2.0","result":"c","id":"x"},{"jsonrpc":"2.0","result":"a","id":7}]
		--> {"jsonrpc":"2.0","method":"worth","params":{"y":[0.0],"x":1.5},"id":20}
		<-- {"jsonrpc":"2.0","result":"same","id":20}
		--> {"jsonrpc":"2.0","method":"note"}
		--> {"jsonrpc":"2.0","method":"marked","id":21}
		<~~ "\ufeff{\"jsonrpc\":\"2.0\",\"result\":4,\"id\":21}"
	`
	const onStream = `
		//jsonrpc:stream 1
		<-- {"jsonrpc":"2.0","method":"hello"}
		--> {"jsonrpc":"2.0","method":"one","id":1}
		--> {"jsonrpc":"2.0","method":"two","id":2}
		<-- {"jsonrpc":"2.0","method":"tick"}
		<-- {"jsonrpc":"2.0","result":2,"id":2}
		//jsonrpc:stream 2
		--> {"jsonrpc":"2.0","method":"ask","id":1}
		<-- {"jsonrpc":"2.0","method":"server/asks","id":"s"}
		//jsonrpc:stream 1
		<-- {"jsonrpc":"2.0","result":1,"id":1}
		//jsonrpc:stream 2
		--> {"jsonrpc":"2.0","result":null,"id":"s"}
		<-- {"jsonrpc":"2.0","method":"then"}
		<-- {"jsonrpc":"2.0","result":3,"id":1}
	`
	for _, test := range []struct {
		name, script string
		lines        []string
	}{
		{"HTTP on a stream", overHTTP, []string{
			`--> {"jsonrpc":"2.0","method":"cat","id":"mine"}`, `<-- {"jsonrpc":"2.0","result":"meow","id":"mine"}`,
			`--> {"jsonrpc":"2.0","method":"float","id":12}`, `<-- {"jsonrpc":"2.0","result":2,"id":12.0}`,
			`--> {"jsonrpc":"2.0","method":"text","id":13}`, `<-- {"jsonrpc":"2.0","result":3,"id":"13"}`,
			`--> {"jsonrpc":"2.0","method":"text","id":"a"}`, `<-- {"jsonrpc":"2.0","result":3,"id":"3"}`,
			`--> {"jsonrpc":"2.0","method":"lost","id":14}`, `<-- {"jsonrpc":"2.0","error":{"code":4,"message":"id"},"id":null}`,
			`--> {"jsonrpc":"2.0","method":"page","id":15}`, `<-- {"jsonrpc":"2.0","error":{"code":502,"message":"Bad Gateway"},"id":15}`,
			`--> {"jsonrpc":"2.0","method":"events","id":16}`, `<-- {"jsonrpc":"2.0","method":"n"}`, `<-- {"jsonrpc":"2.0","result":6,"id":16}`,
			`--> [{"jsonrpc":"2.0","method":"a","id":17},{"jsonrpc":"2.0","method":"b"},{"jsonrpc":"2.0","method":"c","id":18}]`,
			`<-- [{"jsonrpc":"2.0","result":"c","id":18},{"jsonrpc":"2.0","result":"a","id":17}]`,
			`--> {"jsonrpc":"2.0","method":"worth","params":{"x":150e-2,"y":[-0]},"id":1}`, `<-- {"jsonrpc":"2.0","result":"same","id":1}`,
			`--> {"jsonrpc":"2.0","method":"marked","id":22}`, "<-- \ufeff" + `{"jsonrpc":"2.0","result":4,"id":22}`,
			`--> {"jsonrpc":"2.0","method":"note"}`,
			`--> {"jsonrpc":"2.0","method":"note","id":19}`,
			`<-- {"jsonrpc":"2.0","error":{"code":-32601,"message":"jsonrpctest: the recording has no such call: note\n  it has note\n    one of them is a notification"},"id":19}`,
		}},
		{"a stream", onStream, []string{
			`<-- {"jsonrpc":"2.0","method":"hello"}`,
			`--> {"jsonrpc":"2.0","method":"one","id":5}`, `<-- {"jsonrpc":"2.0","result":1,"id":5}`,
			`--> {"jsonrpc":"2.0","method":"two","id":6}`, `<-- {"jsonrpc":"2.0","method":"tick"}`, `<-- {"jsonrpc":"2.0","result":2,"id":6}`,
			`--> {"jsonrpc":"2.0","method":"ask","id":7}`, `<-- {"jsonrpc":"2.0","method":"server/asks","id":"s"}`,
			`--> {"jsonrpc":"2.0","result":null,"id":"s"}`, `<-- {"jsonrpc":"2.0","method":"then"}`, `<-- {"jsonrpc":"2.0","result":3,"id":7}`,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			recording, err := jsonrpctest.ReadRecording(strings.NewReader(test.script))
			if err != nil {
				t.Fatal(err)
			}
			e, err := jsonrpctest.NewPlayer(recording, nil).Listen("tcp://127.0.0.1:0", nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = e.Close() })
			converse(t, openers["tcp"](t, e.URL), test.lines...)
		})
	}
	t.Run("a stream over HTTP", func(t *testing.T) {
		recording, err := jsonrpctest.ReadRecording(strings.NewReader(onStream))
		if err != nil {
			t.Fatal(err)
		}
		client, err := jsonrpc.NewClient(jsonrpctest.NewPlayer(recording, nil))
		if err != nil {
			t.Fatal(err)
		}
		for want, method := range []string{1: "one", 2: "two", 3: "ask"} {
			if method == "" {
				continue
			}
			if got, err := jsonrpc.Call[int](t.Context(), client, method, nil); got != want && method != "ask" || err != nil && method != "ask" {
				t.Errorf("%s: %d, %v", method, got, err)
			}
		}
	})
}

// FuzzRecording: whatever a recording holds, it is read as it was written, and
// nothing panics.
func FuzzRecording(f *testing.F) {
	f.Add("--> {\"a\":\n1}\n<-- HTTP 200 A: b\n<-- x\n<~~ \"\\xff\"\n", []byte("HTTP 200\n\x00"))
	f.Add("//jsonrpc:stream 1\n<-- {}\n--> {\"id\":1}\n<-- {\"id\":1,\"result\":[]}\n", []byte(`{"id":1,"method":"x"}`))
	f.Add("//jsonrpc:stream 0\n", []byte(`[{"id":1},2]`))
	f.Add("//jsonrpc:stream 1\n-->\n<-- {}\n-->\n<-- 1\n//jsonrpc:stream 2\n-->\n", []byte(`{}`)) // a client that says nothing
	f.Fuzz(func(t *testing.T, script string, message []byte) {
		recording, err := jsonrpctest.ReadRecording(strings.NewReader(script))
		if err != nil {
			return
		}
		text := recording.String()
		again, err := jsonrpctest.ReadRecording(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%v of\n%s\nof\n%s", err, text, script)
		}
		if twice := again.String(); twice != text {
			t.Fatalf("got\n%s\nthen\n%s", text, twice)
		}
		player := jsonrpctest.NewPlayer(again, nil)
		for _, e := range append(again.Exchanges, jsonrpctest.Recorded{Request: message}) {
			w := httptest.NewRecorder()
			player.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(e.Request)))
			_, _ = io.Copy(io.Discard, w.Body)
		}
	})
}

// FuzzMask: what is masked is valid where it was, and no secret is in it.
func FuzzMask(f *testing.F) {
	f.Add(`{"password":"hunter2","a":[{"token":{"x":["hunter2",1.5e3]}}],"b":"hunter2"}`)
	f.Add(`[{"pass\u0077ord":"a\\\"hunter2"}, 17]`)
	f.Add("[{\"password\":\"caf\xe9\"}, {\"seed\":\"\\ud800\"}, 17]") // Latin-1, and half of a surrogate pair
	f.Fuzz(func(t *testing.T, text string) {
		var out strings.Builder
		recorder := jsonrpctest.NewRecorder(&out, &jsonrpctest.Mask{Values: []string{"hunter2"}})
		trip := recorder.HTTP(roundTripFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(text))}, nil
		}))
		resp, err := trip.RoundTrip(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{}`)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		if err != nil || string(got) != text {
			t.Fatalf("got %q, %v", got, err)
		}
		if strings.Contains(out.String(), "hunter2") {
			t.Fatalf("it is in\n%s", &out)
		}
		recording, err := jsonrpctest.ReadRecording(strings.NewReader(out.String()))
		if err != nil || len(recording.Exchanges) != 1 {
			t.Fatalf("%v in\n%s", err, &out)
		}
		if replies := recording.Exchanges[0].Replies; len(replies) > 0 && json.Valid([]byte(text)) && !json.Valid(replies[0]) {
			t.Fatalf("%s became %s", text, replies[0])
		}
	})
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func ExampleReadRecording() {
	recording, err := jsonrpctest.ReadRecording(strings.NewReader(`
		--> {"jsonrpc":"2.0","method":"cat","params":["Mittens"],"id":1}
		<-- {"jsonrpc":"2.0","result":"meow","id":1}
	`))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(jsonrpctest.NewPlayer(recording, nil))
	defer server.Close()
	resp, err := http.Post(server.URL, "application/json", strings.NewReader(`{"jsonrpc":"2.0","method":"cat","params":["Mittens"],"id":"mine"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	reply, _ := io.ReadAll(resp.Body)
	fmt.Println(string(reply))
	// Output: {"jsonrpc":"2.0","result":"meow","id":"mine"}
}
