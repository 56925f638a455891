package jsonrpctest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// RecordVariable is the environment variable that has cassettes recorded anew, if
// it is not empty:
//
//	JSONRPC_RECORD=1 go test ./...
const RecordVariable = "JSONRPC_RECORD"

// A Tape is a recording in a file, for a test: see [Cassette].
type Tape struct {
	t        TB
	file     string
	recorder *Recorder // nil if the tape is played
	player   *Player   // nil if it is recorded
}

// Cassette returns the recording in a file for a test: its server is talked to
// once, and never again.
//
//	client, err := jsonrpctest.Cassette(t, "testdata/pets.txt", nil).Dial(ctx, "https://pets.example")
//
// With the environment variable [RecordVariable] set, what the client says and
// hears goes into the file, secrets masked (see [Mask], which may be nil), once
// the test ends; a test without an exchange, as one that is skipped, leaves the file
// as it is. Without the variable, nothing leaves the test: the file answers, see
// [Player], and the test fails if a call is not in it. The file is a [Recording]
// and is to be kept with the test.
func Cassette(t TB, file string, mask *Mask) *Tape {
	t.Helper()
	tape := &Tape{t: t, file: file}
	if os.Getenv(RecordVariable) != "" {
		text := &lockedBuffer{}
		tape.recorder = NewRecorder(text, mask)
		t.Cleanup(func() {
			if err := text.writeFile(file); err != nil {
				t.Errorf("jsonrpctest: %v", err)
			}
		})
		return tape
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("jsonrpctest: there is no recording to play: set %s=1 to make one: %v", RecordVariable, err)
		return tape
	}
	recording, err := ReadRecording(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v of %s", err, file)
		return tape
	}
	tape.player = NewPlayer(recording, mask)
	tape.player.OnUnknown(func(problem string) {
		t.Errorf("jsonrpctest: %s: %s\nIf the call is right, record it: %s=1 go test", file, problem, RecordVariable)
	})
	return tape
}

// Recording reports whether the tape is being recorded. A test may then need
// credentials that it can do without otherwise.
func (tape *Tape) Recording() bool { return tape.recorder != nil }

// Dial is jsonrpc.Dial with the tape between client and server. If the tape is
// played, there is no server, and the URL says no more than what kind of client is
// wanted. The schemes are http, https, ws, wss, tcp and unix; for others there are
// the methods that follow. The client is to be closed before the test ends.
func (tape *Tape) Dial(ctx context.Context, rawURL string, opts ...jsonrpc.DialOption) (*jsonrpc.Client, error) {
	scheme, _, _ := strings.Cut(rawURL, ":")
	wrap := jsonrpc.WithStreamWrap(tape.Stream)
	if scheme == "http" || scheme == "https" {
		wrap = jsonrpc.WithHTTPWrap(tape.HTTP)
	}
	opts = append(slices.Clip(opts), wrap)
	switch {
	case tape.Recording(), scheme == "http", scheme == "https":
		return jsonrpc.Dial(ctx, rawURL, opts...)
	case scheme == "ws", scheme == "wss":
		scheme = "ws"
	case scheme == "tcp", scheme == "unix":
		scheme = "tcp"
	default:
		return nil, fmt.Errorf("jsonrpctest: a tape cannot be played at %.20s: use Tape.RoundTripper or Tape.Dialer", scheme)
	}
	// Somebody must take the connection that Stream then replaces.
	e, err := NewServer(nil).Listen(scheme + "://127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	tape.t.Cleanup(func() { _ = e.Close() }) // nothing of the test depends on it
	return jsonrpc.Dial(ctx, e.URL, opts...)
}

// HTTP returns a RoundTripper that records what goes through next, or plays and
// does without it. It is for jsonrpc.WithHTTPWrap, and for other clients.
func (tape *Tape) HTTP(next http.RoundTripper) http.RoundTripper {
	if tape.Recording() {
		return tape.recorder.HTTP(next)
	}
	return playedHTTP{tape.player}
}

// RoundTripper returns a transport that records what goes through next, or plays
// and does without it.
func (tape *Tape) RoundTripper(next transport.RoundTripper) transport.RoundTripper {
	if tape.Recording() {
		return tape.recorder.RoundTripper(next)
	}
	return tape.player
}

// Stream returns a stream that records what goes through next, or plays and closes
// next. It is for jsonrpc.WithStreamWrap.
func (tape *Tape) Stream(next transport.Stream) transport.Stream {
	if tape.Recording() {
		return tape.recorder.Stream(next)
	}
	_ = next.Close() // nothing was said on it
	stream, _ := tape.played(context.Background())
	return stream
}

// Dialer returns a function that records what is said on each stream of dial, or
// plays and does without it. It is for jsonrpc.NewStreamClient.
func (tape *Tape) Dialer(dial jsonrpc.StreamDialer) jsonrpc.StreamDialer {
	if !tape.Recording() {
		return tape.played
	}
	return func(ctx context.Context) (transport.Stream, error) {
		stream, err := dial(ctx)
		if err != nil {
			return nil, err
		}
		return tape.recorder.Stream(stream), nil
	}
}

// played returns a stream in memory at whose other end is the player. Its end is
// the player's.
func (tape *Tape) played(context.Context) (transport.Stream, error) {
	ours, theirs := net.Pipe()
	go func() { _ = tape.player.ServeStream(context.Background(), transport.NewStream(theirs, nil)) }()
	return transport.NewStream(ours, nil), nil
}

// playedHTTP answers without a network.
type playedHTTP struct{ player *Player }

func (p playedHTTP) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, context.Cause(r.Context())
	}
	if r.Body == nil {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	w := httptest.NewRecorder()
	p.player.ServeHTTP(w, r)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// A lockedBuffer is written to until the test ends, and maybe after.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer // under mu
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// writeFile writes the recording, unless it is one of nothing and there is one already.
func (b *lockedBuffer) writeFile(file string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	recording, err := ReadRecording(bytes.NewReader(b.text.Bytes()))
	if _, absent := os.Stat(file); absent == nil && err == nil && len(recording.Exchanges) == 0 {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // as any file of a repository
		return err
	}
	return os.WriteFile(file, b.text.Bytes(), 0o644) //nolint:gosec // as above
}
