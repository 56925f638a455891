package jsonrpctest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"

	"example.com/jsonrpc/transport"
)

// RoundTripper returns a transport that records what goes through next: a broker,
// ZeroMQ, or one of your own. For HTTP, [Recorder.HTTP] knows more.
func (r *Recorder) RoundTripper(next transport.RoundTripper) transport.RoundTripper {
	return &recordingTrip{r, next}
}

type recordingTrip struct {
	recorder *Recorder
	next     transport.RoundTripper
}

// RoundTrip sends a message on.
func (t *recordingTrip) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	e := &Recorded{Request: slices.Clone(m.Body), RequestHeader: m.Header.Clone()}
	reply, err := t.next.RoundTrip(ctx, m)
	if err != nil || reply == nil {
		t.recorder.exchange(e, err)
		return reply, err
	}
	done := func(text []byte, err error) {
		if len(text) > 0 {
			e.Replies = [][]byte{text}
		}
		t.recorder.exchange(e, err)
	}
	taped := &tapedBody{ReadCloser: reply, done: done}
	response := func() *http.Response { return nil }
	if over, ok := reply.(transport.HTTPReply); ok {
		response = over.Response
		e.Status, e.Header = over.Response().StatusCode, over.Response().Header.Clone()
	}
	events, isEvents := reply.(transport.EventsReply)
	switch {
	case isEvents && response() != nil:
		return &tapedHTTPEvents{tapedEvents{taped, events}, response}, nil
	case isEvents:
		return &tapedEvents{taped, events}, nil
	case response() != nil:
		return &tapedHTTP{taped, response}, nil
	}
	return taped, nil
}

type tapedHTTP struct {
	*tapedBody
	response func() *http.Response
}

func (t *tapedHTTP) Response() *http.Response { return t.response() }

// tapedEvents writes events down as an event stream has them.
type tapedEvents struct {
	*tapedBody
	events transport.EventsReply
}

func (t *tapedEvents) Next(limit int64) ([]byte, error) {
	text, err := t.events.Next(limit)
	switch {
	case err == nil:
		t.read.WriteString("data: ")
		t.read.Write(text)
		t.read.WriteString("\n\n")
	case errors.Is(err, io.EOF):
		t.end(nil)
	default:
		t.end(err)
	}
	return text, err
}

// Close ends the recording: whoever has found the answer among the events closes
// the reply, so that this is no failure.
func (t *tapedEvents) Close() error {
	t.end(nil)
	return t.tapedBody.Close()
}

type tapedHTTPEvents struct {
	tapedEvents
	response func() *http.Response
}

func (t *tapedHTTPEvents) Response() *http.Response { return t.response() }
