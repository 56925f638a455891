package jsonrpc_test

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc/internal/recorded"
)

// A recording is one exchange that a real server was seen to have.
type recording struct {
	Server    string
	Transport string
	Request   string
	Response  any // a text, a list of messages, or null
	Status    int `json:"http_status"`
	Note      string
	Headers   []string `json:"response_headers"`
	Version   string   `json:"http_version"`

	name string // file:line
}

// readRecordings returns what is in the folder of recordings, and skips the test
// if there is none.
func readRecordings(t *testing.T) (all []recording) {
	t.Helper()
	for _, file := range recorded.Conversations(t) {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 16<<20)
		for n := 0; lines.Scan(); n++ {
			r := recording{name: fmt.Sprintf("%s:%d", strings.TrimSuffix(filepath.Base(file), ".jsonl"), n)}
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatalf("%s: %v", r.name, err)
			}
			all = append(all, r)
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	return all
}

// A replay is a message and the reply to it, ready to be sent again.
type replay struct {
	name    string
	note    string
	request string     // as recorded
	send    string     // request, or a well-formed one where that one cannot be sent
	text    string     // the message that answers, "" if none
	http    *wireReply // how it came, nil if not by HTTP
}

// replays turns a recording into what can be replayed, or says why it cannot.
func (r *recording) replays() (_ []replay, skipped string) {
	if members, _ := objectMembers(r.Request); !hasMethod(members) && slices.ContainsFunc(members, isResult) {
		return nil, "what a client answers to a server"
	}
	if strings.HasPrefix(r.Transport, "http") {
		return r.httpReplay()
	}
	var answers, others []string
	for _, message := range r.messages() {
		switch members, _ := objectMembers(message); {
		case !json.Valid([]byte(message)):
			return nil, aboutConnection(message)
		case hasMethod(members) || notifications(message):
			others = append(others, message)
		default:
			answers = append(answers, message)
		}
	}
	requests := valuesIn(strings.ReplaceAll(r.Request, "\x1e", "\n"))
	for _, request := range requests {
		if notification(request) {
			return []replay{{name: r.name, note: r.Note, request: request, send: request, text: strings.Join(answers, "")}}, ""
		}
	}
	switch {
	case len(answers) == 0 && len(others) > 0:
		return nil, "a stream: what the server says of its own accord"
	case len(answers) == 0:
		return nil, "a stream: the server says nothing, so there is nothing to read"
	}
	var all []replay
	for i, answer := range answers {
		request := r.Request
		if len(requests) == len(answers) {
			request = requestFor(requests, answer, i)
		}
		all = append(all, replay{name: r.name, note: r.Note, request: request, send: sendable(request, answer), text: answer})
	}
	return all, ""
}

func (r *recording) httpReplay() ([]replay, string) {
	text, _ := r.Response.(string)
	p := replay{name: r.name, note: r.Note, request: r.Request, http: &wireReply{
		version: "HTTP/" + cmp.Or(r.Version, "1.1"), status: r.Status, header: r.Headers, body: []byte(text),
	}}
	switch {
	case strings.Contains(text, "timed out"):
		return nil, "HTTP: the server never answers; a deadline ends the call"
	case r.Status == 0 && !strings.Contains(text, "closed") && !strings.Contains(text, "reset"):
		return nil, "HTTP: a verdict about the connection"
	case r.Status == 0:
		p.send = sendable(r.Request, "")
		return []replay{p}, ""
	case strings.Contains(text, "<<still open>>"):
		return nil, "HTTP: an event stream that is not a reply"
	}
	if packed, ok := strings.CutPrefix(text, "base64:"); ok {
		p.http.body, _ = base64.StdEncoding.DecodeString(packed)
		text = gunzip(p.http.body)
	}
	if slices.ContainsFunc(r.Headers, func(line string) bool { return strings.HasPrefix(line, "Content-Type: text/event-stream") }) {
		text = answerInEvents(text, r.Request)
	}
	p.text = text
	p.send = sendable(r.Request, text)
	return []replay{p}, ""
}

func gunzip(packed []byte) string {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err.Error()
	}
	text, _ := io.ReadAll(z)
	return string(text)
}

// answerInEvents returns the response to a request in an event stream, "" if
// there is none: others are somebody else's.
func answerInEvents(stream, request string) string {
	requests, _ := readSent(request)
	for event := range strings.SplitSeq(stream, "\n\n") {
		_, data, _ := strings.Cut(event, "data: ")
		members, ok := objectMembers(data)
		id, _ := get(members, "id")
		if same, _ := sameID(requests[0].id, id); ok && same && !hasMethod(members) {
			return data
		}
	}
	return ""
}

// messages returns what came over a transport that is not HTTP, without framing.
func (r *recording) messages() (messages []string) {
	switch response := r.Response.(type) {
	case []any:
		for _, m := range response {
			messages = append(messages, strings.TrimPrefix(fmt.Sprint(m), "<<binary>>"))
		}
		return messages
	case string:
		text := strings.ReplaceAll(response, "\x1e", "\n")
		if r.Transport == "nats" {
			text = strings.TrimSuffix(text, "PING\r\n")
			if _, payload, ok := strings.Cut(text, "\r\n"); ok && strings.HasPrefix(text, "MSG") {
				text = payload
			}
		}
		return valuesIn(text)
	}
	return nil
}

// valuesIn returns the JSON values in a text, which may have Content-Length
// headers before them, and what follows them.
func valuesIn(text string) (values []string) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		if header, rest, ok := strings.Cut(text, "\r\n\r\n"); ok && strings.HasPrefix(strings.ToLower(header), "content-") {
			text = rest
			continue
		}
		var value json.RawMessage
		d := json.NewDecoder(strings.NewReader(text))
		if d.Decode(&value) != nil {
			return append(values, text)
		}
		values = append(values, string(value))
		text = text[d.InputOffset():]
	}
	return values
}

func hasMethod(members []member) bool {
	method, _ := get(members, "method")
	return method != ""
}

// notification reports whether a request can only be a notification.
func notification(request string) bool {
	requests, _ := readSent(request)
	return json.Valid([]byte(request)) && len(requests) > 0 &&
		!slices.ContainsFunc(requests, func(s sent) bool { return !s.notification })
}

// notifications reports whether a message is an array of the server's own.
func notifications(message string) bool {
	items, _ := arrayItems(message)
	for _, item := range items {
		if members, _ := objectMembers(item); hasMethod(members) {
			return true
		}
	}
	return false
}

// requestFor returns the request with the id of answer, or the i-th.
func requestFor(requests []string, answer string, i int) string {
	members, _ := objectMembers(answer)
	id, _ := get(members, "id")
	for _, request := range requests {
		if members, ok := objectMembers(request); ok && id != "" {
			if own, _ := get(members, "id"); own == id {
				return request
			}
		}
	}
	return requests[i]
}

// sendable returns request if a client can send it. If not, it is a well-formed
// one that the reply may answer: with its id, or a batch as long as the reply.
func sendable(request, reply string) string {
	items, batch := arrayItems(request)
	if batch {
		all := len(items)
		items = slices.DeleteFunc(items, func(item string) bool { return !sendableObject(item) })
		if len(items) > 0 && len(items) < all {
			return "[" + strings.Join(items, ",") + "]"
		}
	}
	if len(items) > 0 || sendableObject(request) {
		return request
	}
	if items, ok := arrayItems(reply); ok && len(items) > 0 {
		requests := make([]string, len(items))
		for i := range items {
			requests[i] = fmt.Sprintf(`{"jsonrpc":"2.0","method":"m","id":%d}`, i+1)
		}
		return "[" + strings.Join(requests, ",") + "]"
	}
	members, _ := objectMembers(reply)
	id, _ := get(members, "id")
	if id == "" || strings.ContainsAny(id[:1], "ntf[{") {
		id = "1"
	}
	return `{"jsonrpc":"2.0","method":"m","id":` + id + `}`
}

// sendableObject reports whether text is one JSON object whose id, if any, is a
// string, a number or null.
func sendableObject(text string) bool {
	members, ok := objectMembers(text)
	id, _ := get(members, "id")
	return ok && json.Valid([]byte(text)) && (id == "" || !strings.ContainsAny(id[:1], "tf[{"))
}

// aboutConnection says what was noted in place of a message.
func aboutConnection(note string) string {
	for _, about := range []struct{ prefix, reason string }{
		{"<<EOF", "a stream: the server closes the connection"},
		{"<<timed", "a stream: the server says nothing, so there is nothing to read"},
		{"<<pong", "frames of WebSocket"},
		{"HTTP/", "the handshake of WebSocket"},
		{"EXCEPTION", "TLS that fails"},
		{"exited", "a child process: how it ended"},
		{"rc=", "a child process: how it ended"},
		{"HMSG", "the broker's own protocol"},
		{"INFO", "the broker's own protocol"},
		{"CLIENT", "what a client answers to a server"},
	} {
		if strings.HasPrefix(note, about.prefix) {
			return about.reason
		}
	}
	return "unknown: " + note
}

func isResult(m member) bool { return m.name == "result" }

// counts are totals by kind.
type counts map[string]int

func (c counts) String() string {
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&b, "\n%6d %s", c[kind], kind)
	}
	return b.String()
}
