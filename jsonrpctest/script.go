package jsonrpctest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"sync"
)

// Script serves exactly the replies that are written down, each to exactly the
// request before it, in turn, at the URL it returns. The test fails if another
// request comes, or if one has not come when it ends.
//
//	url := jsonrpctest.Script(t, `
//		// The token is wrong at first.
//		--> HTTP Authorization: Bearer old
//		--> {"jsonrpc":"2.0","method":"ping","id":1}
//		<-- HTTP 401 WWW-Authenticate: Bearer
//		<-- HTTP Content-Type: text/plain
//		<-- go away
//
//		--> {"jsonrpc":"2.0","method":"log","params":["hello"]}
//	`)
//
// A line that begins with --> is a request, and the lines with <-- after it are
// the reply, joined by line breaks. A line without an arrow goes on with the one
// before. Empty lines, those that begin with //, and white space at the beginning
// of a line are for the reader.
//
// The JSON of requests is compared byte by byte but for white space. Replies go
// out as they stand, be they JSON or not, with status 200 and the type
// application/json; an exchange without any is answered with 204. Lines of the
// form HTTP [STATUS] [NAME: VALUE] set the status and the headers of a reply,
// and name headers that a request must have. With the arrows ~~> and <~~ comes
// text quoted as in Go, for what does not fit on a line: <~~ "\xff\x00".
func Script(t TB, script string) (url string) {
	t.Helper()
	exchanges, err := parseScript(script)
	if err != nil {
		t.Fatalf("jsonrpctest: %v", err)
	}
	if len(exchanges) > 0 && exchanges[0].conn > 0 {
		t.Fatalf("jsonrpctest: the script is the recording of a stream: serve it with NewPlayer")
	}
	s := &scripted{t: t, exchanges: exchanges}
	// Cleanups run last in, first out: the server is closed before.
	t.Cleanup(s.finish)
	return start(t, s)
}

// scripted serves a script.
type scripted struct {
	t TB

	mu        sync.Mutex
	exchanges []exchange // under mu; those to come
	done      int        // under mu
}

// finish complains of requests that did not come.
func (s *scripted) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.exchanges) > 0 {
		s.t.Errorf("jsonrpctest: the script has %d more requests, the next in line %d:\n--> %s",
			len(s.exchanges), s.exchanges[0].line, s.exchanges[0].request.text())
	}
}

// next returns the exchange that is to answer a request, or what is wrong with
// it.
func (s *scripted) next(r *http.Request, body []byte) (exchange, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done++
	if len(s.exchanges) == 0 {
		return exchange{}, fmt.Sprintf("request %d is not in the script, which has ended:\n--> %s", s.done, body)
	}
	x := s.exchanges[0]
	// Also of a wrong request, so that one mistake is one failure.
	s.exchanges = s.exchanges[1:]
	if want := x.request.text(); !bytes.Equal(compact(body), compact(want)) {
		return x, fmt.Sprintf("request %d is not that of line %d:\n--> %s\nthe script expects\n--> %s", s.done, x.line, body, want)
	}
	for name, values := range x.request.header {
		if got := r.Header.Values(name); fmt.Sprint(got) != fmt.Sprint(values) {
			return x, fmt.Sprintf("request %d, of line %d, has %s: %q, the script expects %q", s.done, x.line, name, got, values)
		}
	}
	return x, ""
}

// ServeHTTP sends the next reply.
func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r, DefaultMaxBody)
	if err != nil {
		s.t.Errorf("jsonrpctest: %v", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	x, problem := s.next(r, body)
	if problem != "" {
		s.t.Errorf("jsonrpctest: %s", problem)
		http.Error(w, "jsonrpctest: the request is not that of the script", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	maps.Copy(header, x.reply.header)
	status := x.reply.status
	switch {
	case status != 0:
	case x.reply.lines == nil:
		status = http.StatusNoContent
	default:
		status = http.StatusOK
	}
	w.WriteHeader(status)
	_, _ = w.Write(x.reply.text()) // if the client is gone, nobody wants it
}

// compact removes the white space of JSON; what is not JSON stays as it is.
func compact(text []byte) []byte {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return bytes.TrimSpace(text)
	}
	return b.Bytes()
}
