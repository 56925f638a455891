package jsonrpctest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/jsonrpc"
)

// TestTranscripts plays the client of the scripts in testdata, to a server that
// has the methods they need.
func TestTranscripts(t *testing.T) {
	quiet(t)
	server := NewServer(Handlers{
		"subtract":     Func(func(minuend, subtrahend int) int { return minuend - subtrahend }, "minuend", "subtrahend"),
		"sum":          Func(func(numbers ...int) (sum int) { return add(numbers) }),
		"update":       Func(func(...int) {}),
		"notify_sum":   Func(func(...int) {}),
		"notify_hello": Func(func(int) {}),
		"get_data":     Func(func() []any { return []any{"hello", 5} }),
		"nothing":      Func(func() {}),
		"panic":        Func(func() { panic("out of cheese") }),
		"plain":        Func(func() error { return errors.New("out of milk") }),
		"unencodable":  Func(func() chan int { return make(chan int) }),
		"badraw":       Func(func() json.RawMessage { return json.RawMessage("1 2") }),
		"baddata":      Func(func() error { return &jsonrpc.Error{Code: 1, Data: json.RawMessage("{")} }),
		"refuse": Func(func() error {
			return &jsonrpc.Error{Code: 7, Message: "a <b>", Data: json.RawMessage(`{"retry":[1.0]}`)}
		}),
		"echo": func(_ context.Context, params json.RawMessage) (any, error) { return params, nil },
	})
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 2 {
		t.Fatalf("Glob = %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { playClient(t, server, file) })
	}
}

func add(numbers []int) (sum int) {
	for _, n := range numbers {
		sum += n
	}
	return sum
}

// quiet keeps the stacks of panics that are meant out of the test's output.
func quiet(t *testing.T) {
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
}

func playClient(t *testing.T, h http.Handler, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	exchanges, err := parseScript(string(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range exchanges {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(x.request.text()))))
		got, want := w.Body.Bytes(), x.reply.text()
		if len(want) == 0 {
			if w.Code != http.StatusNoContent || len(got) > 0 {
				t.Errorf("%s:%d: got %d %s, want 204 and nothing", file, x.line, w.Code, got)
			}
			continue
		}
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s:%d: got %d %s, want 200 application/json", file, x.line, w.Code, w.Header())
		}
		if !strings.Contains(string(want), `"data"`) {
			got = withoutData(t, got)
		}
		if g, w := compact(got), compact(want); string(g) != string(w) {
			t.Errorf("%s:%d:\n--> %s\n<-- %s\nwant\n<-- %s", file, x.line, x.request.text(), g, w)
		}
	}
}

// withoutData removes the data of a reply's errors.
func withoutData(t *testing.T, text []byte) []byte {
	type errorObject struct {
		Code    jsontext.Value `json:"code"`
		Message string         `json:"message"`
	}
	strip := func(item json.RawMessage) []byte {
		var b strings.Builder
		b.WriteByte('{')
		for name, value := range object(item) {
			if name == "error" {
				var e errorObject
				if err := json.Unmarshal(value, &e); err != nil {
					t.Fatalf("%s: %v", item, err)
				}
				value, _ = encode(e)
			}
			if b.Len() > 1 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + name + `":` + string(value))
		}
		b.WriteByte('}')
		return []byte(b.String())
	}
	if text[0] != '[' {
		return strip(text)
	}
	var items [][]byte
	for _, item := range splitArray(text) {
		items = append(items, strip(item))
	}
	return joinArray(items)
}
