package discover

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/openrpc"
)

// answers returns a server whose methods have fixed results.
func answers(results map[string]string) jsonrpctest.Handlers {
	handlers := jsonrpctest.Handlers{}
	for name, result := range results {
		handlers[name] = func(context.Context, json.RawMessage) (any, error) { return json.RawMessage(result), nil }
	}
	return handlers
}

func ask(t *testing.T, handlers jsonrpctest.Handlers, server Server) (*Description, error) {
	t.Helper()
	client := jsonrpctest.Connect(handlers)
	t.Cleanup(func() { _ = client.Close() })
	server.Caller = client
	return Ask(t.Context(), server)
}

func TestOpenRPC(t *testing.T) {
	d, err := ask(t, answers(map[string]string{
		"rpc.discover":       `{"openrpc":"1.3.2","info":{"title":"Pets"},"methods":[{"name":"cat","params":[]}]}`,
		"system.listMethods": `["dog"]`,
	}), Server{})
	if err != nil || d.Via != OpenRPC || strings.Join(d.MethodNames(), " ") != "cat" {
		t.Fatalf("got %+v, %v", d, err)
	}
	if m := d.Find("cat", nil); m == nil || Method(m) != "cat" || IsNameOnly(m) || IsModule(m) {
		t.Errorf("got %+v", m)
	}
}

// TestNames: lists of names, with what there is to each.
func TestNames(t *testing.T) {
	handlers := answers(map[string]string{"system.listMethods": `["b","a","system.methodHelp","system.methodSignature"]`})
	handlers["system.methodHelp"] = jsonrpctest.Func(func(name string) (string, error) { return " Help of " + name + ". ", nil })
	handlers["system.methodSignature"] = jsonrpctest.Func(func(name string) (any, error) {
		switch name {
		case "a":
			return [][]string{{"int", "string"}, {"int", "string", "struct", "Weight"}}, nil
		case "b":
			return "undef", nil
		}
		return nil, errors.New("none")
	})
	d, err := ask(t, handlers, Server{})
	if err != nil || d.Via != Names {
		t.Fatalf("got %+v, %v", d, err)
	}
	a := d.Document.Method("a")
	if a.Description != "Help of a." || len(a.Params) != 3 || !a.Params[0].Required || a.Params[1].Required || !a.Result.Schema.Is("integer") ||
		!a.Params[1].Schema.Is("object") || a.ParamStructure != openrpc.ByPosition || IsNameOnly(a) {
		t.Errorf("a: %s", a.Raw)
	}
	if b := d.Document.Method("b"); !IsNameOnly(b) || IsModule(b) || b.Description != "Help of b." {
		t.Errorf("b: %s", b.Raw)
	}
}

func TestModules(t *testing.T) {
	d, err := ask(t, answers(map[string]string{"rpc_modules": `{"net":"1.0","eth":"1.1"}`}), Server{})
	if err != nil || d.Via != Modules || strings.Join(d.MethodNames(), " ") != "eth_* net_*" || !IsModule(d.Document.Methods[0]) {
		t.Fatalf("got %+v, %v", d, err)
	}
}

// TestMCP: a session over HTTP with its headers, tools in pages, and schemas whose
// references lead within.
func TestMCP(t *testing.T) {
	handlers := answers(map[string]string{
		"initialize": `{"protocolVersion":"2025-06-18","capabilities":{"tools":{},"logging":{}},"serverInfo":{"name":"everything","version":"3"},"instructions":"Be kind."}`,
	})
	handlers["notifications/initialized"] = jsonrpctest.Func(func() (any, error) { return nil, nil })
	handlers["tools/list"] = func(_ context.Context, params json.RawMessage) (any, error) {
		if strings.Contains(string(params), "page2") {
			return json.RawMessage(`{"tools":[{"name":"greet","description":"Says hello.",
				"inputSchema":{"type":"object","required":["who"],"properties":{"who":{"$ref":"#/$defs/Who"}},"$defs":{"Who":{"type":"string"}}},
				"outputSchema":{"type":"object","properties":{"text":{"$ref":"#/$defs/Text"}},"$defs":{"Text":{"type":"string"}}}}]}`), nil
		}
		return json.RawMessage(`{"tools":[{"name":"zero","inputSchema":{"type":"object"}}],"nextCursor":"page2"}`), nil
	}
	rpc := jsonrpctest.NewServer(handlers)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		opened := r.Header.Get("Mcp-Session-Id") == "s-1" && r.Header.Get("Mcp-Protocol-Version") == "2025-06-18"
		w.Header().Set("Mcp-Session-Id", "s-1")
		body := new(strings.Builder)
		if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			http.Error(w, "not acceptable", http.StatusNotAcceptable)
			return
		}
		r.Body = teeBody(r.Body, body)
		inner := httptest.NewRecorder()
		rpc.ServeHTTP(inner, r)
		if !opened && !strings.Contains(body.String(), `"initialize"`) {
			http.Error(w, "no session", http.StatusBadRequest)
			return
		}
		w.WriteHeader(inner.Code)
		_, _ = w.Write(inner.Body.Bytes())
	}))
	defer web.Close()
	client, err := jsonrpc.Dial(t.Context(), web.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	d, err := Ask(t.Context(), Server{Caller: client, HTTP: true})
	if err != nil || d.Via != MCP || d.Document.Info.Title != "everything" || d.Document.Info.Description != "Be kind." {
		t.Fatalf("got %+v, %v", d, err)
	}
	if got := strings.Join(d.MethodNames(), " "); got != "greet zero tools/list tools/call logging/setLevel" {
		t.Errorf("got %s", got)
	}
	if len(d.Document.Unresolved) > 0 {
		t.Errorf("unresolved: %v", d.Document.Unresolved)
	}
	greet := d.Find("tools/call", json.RawMessage(`{"name":"greet","arguments":{}}`))
	if greet == nil || Method(greet) != "tools/call" || greet.ParamStructure != openrpc.ByName || !greet.Params[1].Required || IsNameOnly(greet) {
		t.Fatalf("greet: %+v", greet)
	}
	if zero := d.Document.Method("zero"); zero.Params[1].Required {
		t.Errorf("zero: %s", zero.Raw)
	}
	if d.Find("tools/call", json.RawMessage(`[]`)) != nil {
		t.Error("a tool without a name was found")
	}
}

func TestLSP(t *testing.T) {
	handlers := answers(map[string]string{
		"initialize": `{"capabilities":{"hoverProvider":true,"renameProvider":{"prepareProvider":true},"monikerProvider":false,"positionEncoding":"utf-16"},"serverInfo":{"name":"ls","version":"1"}}`,
		"shutdown":   `null`,
	})
	var got []string
	handlers["exit"] = jsonrpctest.Func(func() (any, error) { got = append(got, "exit"); return nil, nil })
	d, err := ask(t, handlers, Server{LSP: true})
	if err != nil || d.Via != LSP || strings.Join(d.MethodNames(), " ") != "textDocument/hover textDocument/rename" {
		t.Fatalf("got %+v, %v", d, err)
	}
	if text := d.Document.Info.Description; !strings.Contains(text, "positionEncoding") {
		t.Errorf("got %q", text)
	}
	if text := d.Document.Method("textDocument/rename").Description; !strings.Contains(text, `{"prepareProvider":true}`) {
		t.Errorf("got %q", text)
	}
	if len(got) != 1 {
		t.Errorf("it was told to exit %d times", len(got))
	}
}

// TestNone: a server that has no description, or nonsense, says so in each way.
func TestNone(t *testing.T) {
	for name, results := range map[string]map[string]string{
		"none": nil,
		"all":  {"rpc.discover": `"x"`, "system.listMethods": `[1]`, "rpc_modules": `{}`, "initialize": `null`},
	} {
		_, err := ask(t, answers(results), Server{})
		if !errors.Is(err, ErrNone) {
			t.Errorf("%s: %v", name, err)
		}
		for _, via := range Ways {
			if err == nil || !strings.Contains(err.Error(), string(via)+": ") {
				t.Errorf("%s: %v tells nothing of %s", name, err, via)
			}
		}
	}
	if _, err := ask(t, answers(map[string]string{"rpc_modules": `{"a":"1"}`}), Server{Via: Names}); !errors.Is(err, ErrNone) || strings.Contains(err.Error(), "rpc_modules") {
		t.Errorf("of one way: %v", err)
	}
}

// TestEnd: what is no answer is not asked for again in another way.
func TestEnd(t *testing.T) {
	asked := 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer web.Close()
	client, err := jsonrpc.Dial(t.Context(), web.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	var status *jsonrpc.HTTPError
	if _, err := Ask(t.Context(), Server{Caller: client, HTTP: true}); !errors.As(err, &status) || asked != 1 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

func TestCache(t *testing.T) {
	c := Cache{Dir: t.TempDir()}
	if c.Load("a") != nil {
		t.Error("nothing was stored, and something found")
	}
	doc, err := openrpc.Parse([]byte(`{"openrpc":"1.3.2","methods":[{"name":"cat","params":[]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for range 2 { // the second replaces the first
		if err := c.Store("https://tom:jerry@a", &Description{Via: Names, At: at, Document: doc}); err != nil {
			t.Fatal(err)
		}
	}
	got := c.Load("https://tom:jerry@a")
	if got == nil || got.Via != Names || !got.At.Equal(at) || !slices.Equal(got.MethodNames(), []string{"cat"}) {
		t.Errorf("got %+v", got)
	}
	files, _ := os.ReadDir(c.Dir + "/discover")
	if len(files) != 1 || strings.Contains(files[0].Name(), "jerry") {
		t.Errorf("files: %v", files)
	}
	for _, text := range []string{"", "{", `{"document":{}}`} {
		if err := os.WriteFile(c.path("broken"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if c.Load("broken") != nil {
			t.Errorf("%q was loaded", text)
		}
	}
	file := c.Dir + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (Cache{Dir: file}).Store("a", got); err == nil {
		t.Error("stored in a file")
	}
}

func TestAge(t *testing.T) {
	d := &Description{At: time.Unix(1e9, 0)}
	for after, want := range map[time.Duration]string{
		-time.Hour: "0 seconds", 0: "0 seconds", time.Second: "1 second", 59 * time.Second: "59 seconds",
		time.Minute: "1 minute", 119 * time.Minute: "1 hour", 25 * time.Hour: "1 day", 240 * time.Hour: "10 days",
	} {
		if got := d.Age(d.At.Add(after)); got != want {
			t.Errorf("%v: %s, want %s", after, got, want)
		}
	}
}
