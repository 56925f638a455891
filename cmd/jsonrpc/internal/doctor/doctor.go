// Package doctor tries a JSON-RPC server out: what it does that the specification
// does not say, and what it can take.
package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"example.com/jsonrpc/transport"
)

// An Exam is one server to be tried out.
type Exam struct {
	// Dial connects to the server. What it returns carries messages, whatever is
	// in them, one after the other.
	Dial func(context.Context) (Carrier, error)
	// Method, with Params, can be called many times without harm. Empty: no
	// method of the server's is called, but one that it cannot have.
	Method string
	Params json.RawMessage
	// Patience is how long to wait for what may never come.
	Patience time.Duration
	// MaxBatch bounds the batches that are tried, in requests.
	MaxBatch int
	// Calls is how many calls the latency is measured with.
	Calls int

	carrier Carrier // nil if there is none
}

// A Carrier carries messages to the server. It is closed after one that failed.
type Carrier interface {
	transport.RoundTripper
	io.Closer
}

// noSuch is a method that no server has, so that nothing is carried out.
const noSuch = "jsonrpc-doctor/no-such-method"

// A Verdict is what came of a check.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Skipped Verdict = "skipped" // it cannot be tried here
)

// A Finding is the outcome of a check.
type Finding struct {
	Name    string  `json:"name"`
	Title   string  `json:"title"`
	Clause  string  `json:"clause,omitempty"` // of the JSON-RPC 2.0 specification
	Verdict Verdict `json:"verdict"`
	Note    string  `json:"note,omitempty"`
	Sent    string  `json:"sent,omitempty"`
	Got     string  `json:"got,omitempty"`
}

// A Report is all that was found.
type Report struct {
	Checks      []Finding    `json:"checks"`
	Batch       *Batch       `json:"batch,omitempty"`
	Compression *Compression `json:"compression,omitempty"` // nil if the transport has none
	Latency     *Latency     `json:"latency,omitempty"`
}

// Failed counts the checks that failed.
func (r *Report) Failed() (n int) {
	for _, f := range r.Checks {
		if f.Verdict == Fail {
			n++
		}
	}
	return n
}

// Examine makes all checks. Its error says why the server could not be tried at
// all; a check that fails is no error.
func (e *Exam) Examine(ctx context.Context, progress func(done, all int)) (*Report, error) {
	defer e.hangUp()
	first := e.ask(ctx, e.request(`1`, e.method(), e.Params), true)
	if first.err != nil {
		return nil, first.err
	}
	r := &Report{}
	steps := len(checks) + 3
	for i, c := range checks {
		progress(i, steps)
		f := c.run(ctx, e)
		f.Name, f.Title, f.Clause = c.name, c.title, c.clause
		r.Checks = append(r.Checks, f)
		if ctx.Err() != nil {
			return r, context.Cause(ctx)
		}
	}
	progress(len(checks), steps)
	r.Batch = e.batches(ctx)
	progress(len(checks)+1, steps)
	r.Compression = e.compression(ctx, first)
	progress(len(checks)+2, steps)
	r.Latency = e.latency(ctx)
	progress(steps, steps)
	return r, ctx.Err()
}

func (e *Exam) method() string {
	if e.Method == "" {
		return noSuch
	}
	return e.Method
}

// request writes a request; an empty id makes a notification of it.
func (e *Exam) request(id, method string, params json.RawMessage) string {
	name, _ := json.Marshal(method)
	text := `{"jsonrpc":"2.0","method":` + string(name)
	if len(params) > 0 {
		text += `,"params":` + string(params)
	}
	if id != "" {
		text += `,"id":` + id
	}
	return text + "}"
}

// An answer is what came back for a message.
type answer struct {
	sent   string
	text   []byte
	status int // of HTTP, 0 if it did not come by HTTP
	header http.Header
	took   time.Duration
	err    error // nothing came, and why
}

var errSilence = silence{}

// silence is a deadline that passed.
type silence struct{}

func (silence) Error() string        { return "no answer in time" }
func (silence) Is(target error) bool { return target == context.DeadlineExceeded }

// maxAnswer bounds what is read of an answer.
const maxAnswer = 16 << 20

// ask sends a message as it is and returns what comes back. An answer may not be
// due.
func (e *Exam) ask(ctx context.Context, message string, due bool) *answer {
	return e.askWith(ctx, &transport.Message{Body: []byte(message), Reply: due})
}

func (e *Exam) askWith(ctx context.Context, m *transport.Message) *answer {
	a := &answer{sent: string(m.Body)}
	wait, cancel := context.WithTimeoutCause(ctx, e.Patience, errSilence)
	defer cancel()
	if e.carrier == nil {
		if e.carrier, a.err = e.Dial(wait); a.err != nil {
			return a
		}
	}
	began := time.Now()
	reply, err := e.carrier.RoundTrip(wait, m)
	a.took = time.Since(began)
	if err != nil || reply == nil {
		if a.err = err; err != nil {
			e.hangUp() // a late answer would be taken for that of the next message
		}
		if errors.Is(err, errSilence) || errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			a.err = errSilence
		}
		return a
	}
	defer func() { _ = reply.Close() }()
	if r, ok := reply.(transport.HTTPReply); ok {
		a.status, a.header = r.Response().StatusCode, r.Response().Header
	}
	if events, ok := reply.(transport.EventsReply); ok {
		a.text, a.err = lastOf(events, m.Reply)
	} else {
		a.text, a.err = io.ReadAll(io.LimitReader(reply, maxAnswer))
	}
	a.took = time.Since(began)
	return a
}

// hangUp closes the connection. The next message goes over another one.
func (e *Exam) hangUp() {
	if e.carrier != nil {
		_ = e.carrier.Close()
		e.carrier = nil
	}
}

// lastOf returns the messages of a flow that are not the server's own
// notifications, in an array if the flow is that of a batch.
func lastOf(events transport.EventsReply, due bool) (text []byte, err error) {
	var items [][]byte
	for {
		item, err := events.Next(maxAnswer)
		if err == io.EOF || !due {
			break
		}
		if err != nil {
			return nil, err
		}
		var head struct {
			Method *string `json:"method"`
		}
		if json.Unmarshal(item, &head) == nil && head.Method != nil {
			continue
		}
		items = append(items, append([]byte(nil), item...))
		if _, isHTTP := events.(transport.HTTPReply); isHTTP {
			return items[0], nil
		}
	}
	text = append(text, '[')
	for i, item := range items {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, item...)
	}
	return append(text, ']'), nil
}
