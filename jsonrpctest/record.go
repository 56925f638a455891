package jsonrpctest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"example.com/jsonrpc/transport"
)

// A Recorder writes down the conversation that goes through it, for a [Player].
// Give [Recorder.HTTP] to jsonrpc.WithHTTPWrap and [Recorder.Stream] to
// jsonrpc.WithStreamWrap. It may be used by many goroutines at once: exchanges over
// HTTP are written one after the other once they are over, messages of streams as
// they come. Secrets are masked, see [Mask].
type Recorder struct {
	mask Mask

	mu      sync.Mutex // for the rest
	w       io.Writer
	err     error
	begun   bool
	streams int // connections so far
	stream  int // that the last line belongs to
}

// NewRecorder returns a recorder that writes to w. The mask may be nil.
func NewRecorder(w io.Writer, mask *Mask) *Recorder {
	if mask == nil {
		mask = &Mask{}
	}
	return &Recorder{w: w, mask: *mask}
}

// Continue has r number connections after those of a recording, to whose file it
// writes. It is to be called before anything is recorded.
func (r *Recorder) Continue(rec *Recording) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range rec.Exchanges {
		r.streams = max(r.streams, rec.Exchanges[i].Stream)
	}
	if len(rec.Exchanges) > 0 {
		r.begun, r.stream = true, -1 // whatever comes, it is said to whom it belongs
	}
}

// Err returns the first error of writing, after which nothing more was written.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// write writes text, which belongs to a connection, or to none if it is 0.
func (r *Recorder) write(stream int, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return
	}
	switch {
	case stream != r.stream:
		if r.begun {
			text = "\n" + fmt.Sprintf("%s%d\n", streamMark, stream) + text
		} else {
			text = fmt.Sprintf("%s%d\n", streamMark, stream) + text
		}
		r.stream = stream
	case r.begun && stream == 0:
		text = "\n" + text
	}
	r.begun = true
	if _, err := io.WriteString(r.w, text); err != nil {
		r.err = fmt.Errorf("jsonrpctest: the recording cannot be written: %w", err)
	}
}

// exchange writes an exchange that was not on a stream. An error is why it did not
// come to its end.
func (r *Recorder) exchange(e *Recorded, err error) {
	var b strings.Builder
	e.Request = r.mask.text(e.Request)
	for i := range e.Replies {
		e.Replies[i] = r.mask.text(e.Replies[i])
	}
	e.RequestHeader, e.Header = r.mask.requestHeader(e.RequestHeader), r.mask.replyHeader(e.Header)
	if e.Status == http.StatusOK && len(e.Replies) > 0 || e.Status == http.StatusNoContent && len(e.Replies) == 0 {
		e.Status = 0 // what a script takes for granted
	}
	e.write(&b)
	text := b.String()
	if err != nil { // it must not be repeated as if it were whole
		text = fmt.Sprintf("// This failed: %s\n// %s", r.mask.values(oneLine(err)), strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n// ")+"\n")
	}
	r.write(0, text)
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// HTTP returns a RoundTripper that records what goes through next; nil stands for
// http.DefaultTransport. What is no POST goes through and is not recorded. Bodies
// are recorded as they are without gzip; servers are asked for no other compression,
// a request with another is refused and a reply with another left out, since
// nothing in it could be masked.
func (r *Recorder) HTTP(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &recordingHTTP{r, next}
}

type recordingHTTP struct {
	recorder *Recorder
	next     http.RoundTripper
}

// CloseIdleConnections closes those of the RoundTripper below.
func (h *recordingHTTP) CloseIdleConnections() {
	if c, ok := h.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip sends a request on.
func (h *recordingHTTP) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodPost || req.Body == nil {
		return h.next.RoundTrip(req)
	}
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close() // it was read to its end
	var text []byte
	if err == nil {
		text, err = plain(req.Header, body)
	}
	if err != nil {
		return nil, fmt.Errorf("jsonrpctest: the request cannot be read: %w", err)
	}
	sent := req.Clone(req.Context())
	if sent.Header.Get("Accept-Encoding") != "" {
		sent.Header.Set("Accept-Encoding", "gzip")
	}
	sent.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	sent.Body, _ = sent.GetBody() // it does not fail
	e := &Recorded{Request: text, RequestHeader: req.Header}
	resp, err := h.next.RoundTrip(sent)
	if err != nil {
		h.recorder.exchange(e, err)
		return nil, err
	}
	e.Status, e.Header = resp.StatusCode, resp.Header
	resp.Body = &tapedBody{ReadCloser: resp.Body, done: func(reply []byte, err error) {
		text, unreadable := plain(resp.Header, reply)
		if len(text) > 0 {
			e.Replies = [][]byte{text}
		}
		if err == nil {
			err = unreadable
		}
		h.recorder.exchange(e, err)
	}}
	return resp, nil
}

// maxPlain bounds a body without its compression, in bytes.
const maxPlain = 256 << 20

// plain returns a body without its compression, as much of it as there is if that
// cannot be undone. Nothing could be masked in a body that is compressed.
func plain(header http.Header, body []byte) ([]byte, error) {
	switch encoding := header.Get("Content-Encoding"); {
	case encoding == "" || len(body) == 0 || strings.EqualFold(encoding, "identity"):
		return body, nil
	case !strings.EqualFold(encoding, "gzip"):
		return nil, fmt.Errorf("it is compressed with %.40q: record without that", encoding)
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("it is not in gzip form, as it says: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(z, maxPlain+1))
	switch {
	case len(text) > maxPlain:
		return nil, fmt.Errorf("it has more than %d MiB without its compression", maxPlain>>20)
	case err != nil:
		err = fmt.Errorf("its compression cannot be undone to the end: %w", err)
	}
	return text, err
}

// A tapedBody keeps what is read and hands it over at the end.
type tapedBody struct {
	io.ReadCloser
	read  bytes.Buffer
	ended bool
	done  func(read []byte, err error)
}

var errClosedEarly = errors.New("the reply was not read to its end")

func (b *tapedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read.Write(p[:n])
	if err == io.EOF {
		b.end(nil)
	} else if err != nil {
		b.end(err)
	}
	return n, err
}

func (b *tapedBody) Close() error {
	b.end(errClosedEarly)
	return b.ReadCloser.Close()
}

func (b *tapedBody) end(err error) {
	if !b.ended {
		b.ended = true
		b.done(b.read.Bytes(), err)
	}
}

// Stream returns a stream that records what goes through next.
func (r *Recorder) Stream(next transport.Stream) transport.Stream {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.streams++
	return &recordingStream{next, r, r.streams}
}

type recordingStream struct {
	transport.Stream
	recorder *Recorder
	number   int
}

// Read reads the next message.
func (s *recordingStream) Read(ctx context.Context, buf []byte) ([]byte, error) {
	before := len(buf)
	buf, err := s.Stream.Read(ctx, buf)
	if err == nil {
		s.note("<--", buf[before:])
	}
	return buf, err
}

// Write writes a message. It is recorded before, so that it comes before its
// answer; one that could not be sent is in the recording too.
func (s *recordingStream) Write(ctx context.Context, msg []byte) error {
	s.note("-->", msg)
	return s.Stream.Write(ctx, msg)
}

func (s *recordingStream) note(arrow string, text []byte) {
	var b strings.Builder
	if checkJSON(text) != nil {
		b.WriteString("// This is not JSON:\n")
	}
	writeMessage(&b, arrow, s.recorder.mask.text(text))
	s.recorder.write(s.number, b.String())
}
