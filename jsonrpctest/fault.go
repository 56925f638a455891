package jsonrpctest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"example.com/jsonrpc"
)

// A Fault is something that goes wrong between a server and its client. The zero
// Fault is none. Make one with [Latency], [Status], [Cut] and the like, and give
// it to [Server.SetFaults] or [Expectation.Fault].
//
// Faults are of two kinds, and the difference is what a client that repeats calls
// has to get right. With [Status], [Refuse], [RefuseBatches] and [Drop] the call
// is not carried out. With all others it is, and only the reply suffers.
type Fault struct {
	name    string
	delay   time.Duration                    // before the server looks at the message
	instead func(text []byte) *outgoing      // not carried out; this is the reply
	drop    *Ending                          // not carried out; the connection ends
	stall   bool                             // the reply never begins
	edit    func(messages [][]byte) [][]byte // what becomes of the reply's text
	wire    *disturbance                     // what becomes of the reply's bytes
	late    time.Duration                    // how long the reply may wait for another to overtake it
	batches bool                             // for batches alone
}

// An Ending is how a connection ends.
type Ending uint8

// The endings that there are.
const (
	FIN Ending = iota // in order, as if all had been said
	RST               // by a reset; where there is no TCP, as FIN
)

// String returns FIN or RST.
func (e Ending) String() string {
	if e == RST {
		return "RST"
	}
	return "FIN"
}

// String names the fault, with what it was made with.
func (f Fault) String() string {
	switch {
	case f.name == "" && f.delay > 0:
		return fmt.Sprintf("latency %v", f.delay)
	case f.name == "":
		return "none"
	case f.delay > 0:
		return fmt.Sprintf("%s after %v", f.name, f.delay)
	}
	return f.name
}

// Executes reports whether a call that meets the fault is carried out all the
// same. That of [RefuseBatches] is, unless it came in a batch.
func (f Fault) Executes() bool { return f.drop == nil && (f.instead == nil || f.batches) }

// After returns the fault with a delay: so long passes, from the time at which
// the message has come, before anything else happens.
func (f Fault) After(d time.Duration) Fault {
	f.delay = d
	return f
}

// Latency makes each call take longer by d.
func Latency(d time.Duration) Fault { return Fault{}.After(d) }

// Status answers with an HTTP status and body, and headers of the form "NAME:
// VALUE". The type of the body, unless it is given, is application/json if it
// begins as JSON does and text/plain otherwise. On a stream, which knows no
// status, it is an error with the status as its code and its text as the message.
//
//	jsonrpctest.Status(429, "", "Retry-After: 1")
func Status(code int, body string, header ...string) Fault {
	h := http.Header{}
	for _, line := range header {
		name, value, found := strings.Cut(line, ":")
		if !found {
			panic(fmt.Sprintf("jsonrpctest: the header %q has not the form NAME: VALUE", line))
		}
		h.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if body != "" && h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		if body[0] == '{' || body[0] == '[' {
			h.Set("Content-Type", "application/json")
		}
	}
	name := fmt.Sprintf("HTTP %d", code)
	if lines := strings.Join(header, ", "); lines != "" {
		name += " " + lines
	}
	return Fault{name: name, instead: func(text []byte) *outgoing {
		out := &outgoing{status: code, header: h, onStream: refusal(text, int64(code), http.StatusText(code))}
		if body != "" {
			out.messages = [][]byte{[]byte(body)}
		}
		return out
	}}
}

// Refuse answers each request with an error, with HTTP status 200, as servers do
// that say "too many requests" in JSON-RPC and not in HTTP.
func Refuse(code int64, message string) Fault {
	return Fault{name: fmt.Sprintf("error %d", code), instead: func(text []byte) *outgoing {
		return replyOf(refusal(text, code, message))
	}}
}

// RefuseBatches answers batches with one error, as servers do that know none.
// Other messages are answered as ever.
func RefuseBatches() Fault {
	return Fault{name: "batches refused", batches: true, instead: func([]byte) *outgoing {
		return replyOf(invalid(nil, "batches are not supported"))
	}}
}

// Drop ends the connection when a message has come, which is not carried out. The
// client cannot know that.
func Drop(how Ending) Fault { return Fault{name: fmt.Sprintf("dropped by %v", how), drop: &how} }

// Stall carries the call out and never answers it. The connection stays.
func Stall() Fault { return Fault{name: "stall", stall: true} }

// StallAfter sends the first n bytes of a reply and then nothing. On a stream all
// later replies are stuck behind it.
func StallAfter(n int) Fault {
	return Fault{name: fmt.Sprintf("stall after %d bytes", n), wire: &disturbance{cut: true, after: n, stall: true}}
}

// Cut ends the connection after n bytes of the reply, counted from the first one
// on the wire: over HTTP that of the status line, on a WebSocket that of the
// frame. A reply of fewer bytes arrives whole, and one of just n is followed by
// the end. Calls with n from 0 until one succeeds meet every cut there is.
func Cut(n int, how Ending) Fault {
	return Fault{name: fmt.Sprintf("%v after %d bytes", how, n), wire: &disturbance{cut: true, after: n, how: how}}
}

// Trickle sends the reply in pieces of so many bytes, with a pause after each.
func Trickle(bytes int, pause time.Duration) Fault {
	return Fault{name: fmt.Sprintf("%d bytes each %v", bytes, pause), wire: &disturbance{piece: max(bytes, 1), pause: pause}}
}

// Text sends a text in place of the reply, framed as a message is.
func Text(text string) Fault {
	return Fault{name: fmt.Sprintf("%.20q", text), edit: func([][]byte) [][]byte { return [][]byte{[]byte(text)} }}
}

// Garbage sends n bytes that mean nothing in place of the reply, the same for the
// same seed. They have no line breaks, so that newline framing goes on after them.
func Garbage(seed uint64, n int) Fault {
	r := rand.New(rand.NewPCG(seed, 0))
	text := make([]byte, n)
	for i := range text {
		for text[i] == 0 || text[i] == '\n' || text[i] == '\r' {
			text[i] = byte(r.Uint32())
		}
	}
	f := Text(string(text))
	f.name = fmt.Sprintf("%d bytes of garbage", n)
	return f
}

// Truncate sends the first n bytes of the reply as if they were all: the length
// that HTTP or a frame tells is that of the piece.
func Truncate(n int) Fault {
	return eachText(fmt.Sprintf("truncated to %d bytes", n), func(text []byte) [][]byte {
		return [][]byte{text[:min(n, len(text))]}
	})
}

// Duplicate sends the reply twice: on a stream as two messages, over HTTP in one
// body.
func Duplicate() Fault {
	return eachText("duplicate", func(text []byte) [][]byte { return [][]byte{text, text} })
}

// WrongID sends the reply with ids that no request had.
func WrongID() Fault {
	return eachText("wrong id", func(text []byte) [][]byte {
		return [][]byte{replaceIDs(text, func(json string) string { return `"not yours"` })}
	})
}

func eachText(name string, edit func(text []byte) [][]byte) Fault {
	return Fault{name: name, edit: func(messages [][]byte) (edited [][]byte) {
		for _, text := range messages {
			edited = append(edited, edit(text)...)
		}
		return edited
	}}
}

// Overtaken holds a reply on a stream back until another one has gone out, or d
// has passed. Over HTTP, where each reply has a place of its own, it is a delay.
func Overtaken(d time.Duration) Fault { return Fault{name: "overtaken", late: d} }

// refusal is the error response to each request of a message.
func refusal(text []byte, code int64, message string) []byte {
	if checkJSON(text) != nil {
		return response(nil, nil, &jsonrpc.Error{Code: code, Message: message})
	}
	refuse := func(text []byte) []byte {
		r, problem := parseRequest(text)
		if r.id == nil && problem == "" {
			return nil
		}
		return response(r.id, nil, &jsonrpc.Error{Code: code, Message: message})
	}
	if !oneOf(text, "[") {
		return refuse(text)
	}
	var replies [][]byte
	for _, item := range splitArray(text) {
		replies = append(replies, refuse(item))
	}
	return joinArray(replies)
}

type injectKey struct{}

// Inject has a handler choose what goes wrong with its reply. In a batch the last
// one to do so counts for the whole of it.
func Inject(ctx context.Context, f Fault) {
	if chosen, ok := ctx.Value(injectKey{}).(*chosenFault); ok {
		chosen.set(f)
	}
}
