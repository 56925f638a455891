package jsonrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

// events answers each POST with an event stream. %s is the request's id.
func events(t *testing.T, stream string) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		id := "null"
		if found := requestID.FindStringSubmatch(string(body)); found != nil {
			id = found[1]
		}
		_, _ = io.WriteString(w, strings.ReplaceAll(stream, "%s", id))
	}).URL
}

func TestEventStreamReplies(t *testing.T) {
	const meow = `{"jsonrpc":"2.0","result":"meow","id":%s}`
	tests := map[string]struct{ stream, want string }{
		"one event":                {"data: " + meow + "\n\n", ""},
		"with its type":            {"event: message\ndata: " + meow + "\n\n", ""},
		"with all fields and CRLF": {": hello\r\nid: 1\r\nretry: 10\r\nevent: message\r\ndata: " + meow + "\r\n\r\n", ""},
		"no space":                 {"data:" + meow + "\n\n", ""},
		"on several lines":         {"data: {\"jsonrpc\":\"2.0\",\ndata: \"result\":\"meow\",\ndata:\"id\":%s}\n\n", ""},
		"heartbeats first":         {": ping\n\n: ping\n\ndata:\n\n\n\ndata: " + meow + "\n\n", ""},
		"another type first":       {"event: ping\ndata: {}\n\nevent: endpoint\ndata: /x\n\ndata: " + meow + "\n\n", ""},
		"a notification first":     {`data: {"jsonrpc":"2.0","method":"progress","params":[50]}` + "\n\ndata: " + meow + "\n\n", ""},
		"somebody else's first":    {`data: {"jsonrpc":"2.0","result":"woof","id":"other"}` + "\n\ndata: " + meow + "\n\n", ""},
		"nobody reads on":          {"data: " + meow + "\n\ndata: {dodgy\n\n", ""},
		"an error":                 {`data: {"jsonrpc":"2.0","error":{"code":-32601,"message":"no cat"},"id":%s}` + "\n\n", "no cat (code -32601)"},
		"an error without id":      {`data: {"jsonrpc":"2.0","error":{"code":-32700,"message":"what?"},"id":null}` + "\n\n", "what? (code -32700)"},
		"nothing":                  {"", "the server sent no response to the request"},
		"only a notification":      {`data: {"jsonrpc":"2.0","method":"progress"}` + "\n\n", "the server sent no response to the request"},
		"an event cut short":       {"data: " + meow + "\n", "the server sent no response to the request"},
		"not JSON":                 {"data: {dodgy}\n\n", `the reply is not JSON: unexpected "d", wanted a member's name at byte 1: {dodgy}`},
		"not JSON-RPC":             {"data: 42\n\n", "the reply is not valid JSON-RPC 2.0: clause 5: it is not a response object: 42"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			url := events(t, test.stream)
			client := dial(t, url, jsonrpc.WithHeader("Accept", "application/json, text/event-stream"))
			for range 2 {
				sound, err := jsonrpc.Call[string](t.Context(), client, "cat", nil)
				if test.want != "" {
					wantError(t, err, "jsonrpc: cat at "+url+": "+test.want)
				} else if err != nil || sound != "meow" {
					t.Error(sound, err)
				}
			}
			if err := client.Notify(t.Context(), "log", nil); err != nil {
				t.Errorf("a notification: %v", err)
			}
		})
	}
}

func TestEventStreamRepliesToABatch(t *testing.T) {
	const one, two = `{"jsonrpc":"2.0","result":1,"id":1}`, `{"jsonrpc":"2.0","error":{"code":2,"message":"two"},"id":2}`
	for name, stream := range map[string]string{
		"an event each":     "data: " + two + "\n\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n\ndata: " + one + "\n\ndata: {dodgy}\n\n",
		"one array":         "data: [" + two + "," + one + "]\n\n",
		"and somebody's":    "data: {\"jsonrpc\":\"2.0\",\"result\":1,\"id\":\"x\"}\n\ndata: " + one + "\n\ndata: " + two + "\n\n",
		"one twice":         "data: " + one + "\n\ndata: " + one + "\n\ndata: " + two + "\n\n",
		"one is missing":    "data: " + one + "\n\n",
		"none":              "",
		"one error for all": "data: {\"jsonrpc\":\"2.0\",\"error\":{\"code\":3,\"message\":\"no batches\"},\"id\":null}\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			client := dial(t, events(t, stream))
			var b jsonrpc.Batch
			first, second := jsonrpc.Queue[int](&b, "a", nil), jsonrpc.Queue[int](&b, "b", nil)
			_, err := client.Send(t.Context(), &b)
			n, err1 := first.Get()
			_, err2 := second.Get()
			switch name {
			case "one twice":
				as[*jsonrpc.ValidationError](t, err)
				as[*jsonrpc.ValidationError](t, err1)
				if jsonrpc.CodeOf(err2) != 2 {
					t.Error(err2)
				}
			case "one is missing":
				if err != nil || n != 1 || !errors.Is(err2, jsonrpc.ErrNoResponse) {
					t.Error(err, n, err2)
				}
			case "none":
				if !errors.Is(err, jsonrpc.ErrNoResponse) || !errors.Is(err1, jsonrpc.ErrNoResponse) {
					t.Error(err, err1)
				}
			case "one error for all":
				if jsonrpc.CodeOf(err) != 3 || jsonrpc.CodeOf(err1) != 3 || jsonrpc.CodeOf(err2) != 3 {
					t.Error(err, err1, err2)
				}
			default:
				if err != nil || n != 1 || err1 != nil || jsonrpc.CodeOf(err2) != 2 {
					t.Error(err, n, err1, err2)
				}
			}
		})
	}
}

// TestServerMessagesInAnEventStream: notifications go to the handler in order;
// requests are answered with a POST that has the headers of the call, without
// which the server would not let it in.
func TestServerMessagesInAnEventStream(t *testing.T) {
	answers := make(chan string, 10)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer abc" || r.Header.Get("Mcp-Session-Id") != "s1" {
			t.Errorf("headers %v", r.Header)
		}
		if !strings.Contains(string(body), `"method"`) {
			answers <- string(body)
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		say := func(text string) {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", text)
			_ = http.NewResponseController(w).Flush()
		}
		say(`{"jsonrpc":"2.0","method":"progress","params":{"percent":50}}`)
		say(`{"jsonrpc":"2.0","method":"progress","params":{"percent":99}}`)
		var got []string
		for _, request := range []string{
			`{"jsonrpc":"2.0","method":"ask","params":["sure?"],"id":"q1"}`,
			`{"jsonrpc":"2.0","method":"refuse","id":7}`,
			`{"jsonrpc":"2.0","method":"fail","id":8}`,
			`{"jsonrpc":"2.0","method":"panic","id":9}`,
			`{"jsonrpc":"2.0","method":"channel","id":10}`,
		} {
			say(request)
			got = append(got, <-answers)
		}
		want := []string{
			`{"jsonrpc":"2.0","result":"sure? yes","id":"q1"}`,
			`{"jsonrpc":"2.0","error":{"code":-32601,"message":"no such thing","data":[1]},"id":7}`,
			`{"jsonrpc":"2.0","error":{"code":-32603,"message":"out of ink"},"id":8}`,
			`{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error"},"id":9}`,
		}
		if !slices.Equal(got[:4], want) || !strings.HasPrefix(got[4], `{"jsonrpc":"2.0","error":{"code":-32603,"message":"the result does not encode as JSON: `) {
			t.Errorf("answered\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		say(response(string(body), `"done"`))
	})
	var progress []int
	handler := jsonrpc.HandlerFunc(func(_ context.Context, m *jsonrpc.ServerMessage) (any, error) {
		switch m.Method {
		case "progress":
			var params struct{ Percent int }
			if err := m.Decode(&params); err != nil || !m.Notification() {
				t.Error(err)
			}
			progress = append(progress, params.Percent)
			return nil, nil
		case "ask":
			var params [1]string
			if err := m.Decode(&params); err != nil || m.Notification() || m.ID != jsonrpc.StringID("q1") {
				t.Error(err)
			}
			return params[0] + " yes", nil
		case "refuse":
			return nil, fmt.Errorf("asked: %w", &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: "no such thing", Data: []byte("[1]")})
		case "panic":
			panic("oh")
		case "channel":
			return make(chan int), nil
		}
		return nil, errors.New("out of ink")
	})
	client := dial(t, server.URL, jsonrpc.WithHandler(handler), jsonrpc.WithBearer(func(context.Context) (string, error) { return "abc", nil }))
	done, err := jsonrpc.Call[string](t.Context(), client, "work", nil, jsonrpc.WithHeader("Mcp-Session-Id", "s1"))
	if err != nil || done != "done" || !slices.Equal(progress, []int{50, 99}) {
		t.Error(done, err, progress)
	}
}

func TestServerRequestWithoutAHandlerIsRefused(t *testing.T) {
	answers := make(chan string, 1)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), `"method"`) {
			answers <- string(body)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, `data: {"jsonrpc":"2.0","method":"roots/list","id":0}`+"\n\n")
		_ = http.NewResponseController(w).Flush()
		if got := <-answers; got != `{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":0}` {
			t.Errorf("answered %s", got)
		}
		_, _ = fmt.Fprintf(w, "data: %s\n\n", response(string(body), "1"))
	})
	if err := dial(t, server.URL).Call(t.Context(), "cat", nil, nil); err != nil {
		t.Error(err)
	}
}
