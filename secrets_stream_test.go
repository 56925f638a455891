package jsonrpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A spilling stream ends its Reads with errs, one after the other.
type spilling struct {
	transport.Stream
	errs   chan error
	closed chan struct{}
	once   sync.Once
}

func (s *spilling) Read(context.Context, []byte) ([]byte, error) {
	select {
	case err := <-s.errs:
		return nil, err
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *spilling) Close() error {
	s.once.Do(func() { close(s.closed) })
	return s.Stream.Close()
}

// TestNoSecretOfAStreamReachesAnError: what a server says that ends a connection,
// as the last lines of a child process do, and what cannot be read, is masked for
// all who are told.
func TestNoSecretOfAStreamReachesAnError(t *testing.T) {
	secret := marked["param"]
	spoilt := &transport.FrameError{Reason: "no " + secret, Data: []byte("log: " + secret + " and " + secret[:6])}
	ends := fmt.Errorf("the command ended: bad token %s: %w", secret, context.Canceled)
	for how, opts := range map[string][]jsonrpc.ClientOption{
		"reconnecting": nil,
		"once":         {jsonrpc.WithoutReconnect()},
	} {
		inBubble(t, func(t *testing.T, p *peer) {
			var reports tray
			errs := make(chan error)
			c, err := jsonrpc.NewStreamClient(t.Context(), "test:", func(ctx context.Context) (transport.Stream, error) {
				s, err := p.dial(ctx)
				return &spilling{Stream: s, errs: errs, closed: make(chan struct{})}, err
			}, append(opts, jsonrpc.WithSecrets(secret), jsonrpc.WithStreamErrors(reports.put))...)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			s := subscribe(p, c, jsonrpc.Notifications("a"), nil, ``)
			call := startCall(t.Context(), t, c, "cat")
			p.play(`--> {"jsonrpc":"2.0","method":"cat","id":1}`)
			errs <- spoilt
			errs <- ends
			_, err = call.get()
			wantNoLeak(t, how+": a call", err)
			for event, err := range s.Events(t.Context()) {
				if err == nil {
					err = event.Gap.Err
				}
				wantNoLeak(t, how+": a subscription", err)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%s: error %v", how, err)
				}
				break
			}
			for _, err := range reports.errs {
				wantNoLeak(t, how+": a report", err)
				if e := as[*transport.FrameError](t, err); string(e.Data) != "log: *** and " {
					t.Errorf("%s: the frame begins %q", how, e.Data)
				}
			}
			reports.want(t, "log: ***")
		})
	}
}

// TestNoSecretInAHandlersPanic: what the error hook is told of a panic is masked.
func TestNoSecretInAHandlersPanic(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		var reports tray
		p.client(jsonrpc.WithSecrets(marked["path"]), jsonrpc.WithStreamErrors(reports.put),
			jsonrpc.WithHandler(jsonrpc.HandlerFunc(func(context.Context, *jsonrpc.ServerMessage) (any, error) { panic(marked["path"]) })))
		p.play(`
			<-- {"jsonrpc":"2.0","method":"a"}
			<-- {"jsonrpc":"2.0","method":"a","id":1}
			--> {"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error"},"id":1}
		`)
		for _, err := range reports.errs {
			wantNoLeak(t, "a panic", err)
		}
		reports.want(t, "panicked: ***", "panicked: ***")
	})
}

// TestNoSecretOfAHandshakeReachesAnErrorOrALog: a token that is asked for when the
// connection is made is masked in all that the server says on it, the next one too.
func TestNoSecretOfAHandshakeReachesAnErrorOrALog(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		given := r.Header.Get("Authorization")
		for {
			kind, text, err := conn.Read(r.Context())
			switch {
			case err != nil:
				return
			case strings.Contains(string(text), "bye"):
				_ = conn.Close(websocket.StatusPolicyViolation, given)
				return
			}
			_ = conn.Write(r.Context(), kind, []byte("{"+given))
			_ = conn.Write(r.Context(), kind, []byte(fmt.Sprintf(`{"jsonrpc":"2.0","error":{"code":1,"message":%q},%s}`, given, requestID.Find(text))))
		}
	})
	var (
		log     bytes.Buffer
		reports tray
		tokens  int
	)
	client := dial(t, strings.Replace(server.URL, "http", "ws", 1), jsonrpc.WithStreamErrors(reports.put),
		jsonrpc.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))),
		jsonrpc.WithBearer(func(context.Context) (string, error) {
			tokens++
			return fmt.Sprintf("SECRET%d", tokens), nil
		}))
	for range 2 {
		wantNoLeak(t, "a call", client.Call(t.Context(), "cat", nil, nil))
		wantNoLeak(t, "a call with secrets of its own", client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithSecrets("other")))
		wantNoLeak(t, "the end", client.Call(t.Context(), "bye", nil, nil))
	}
	if found := leaks(log.String()); found != nil || tokens != 2 {
		t.Errorf("%v in the log after %d tokens:\n%s", found, tokens, log.String())
	}
	if len(reports.errs) != 4 {
		t.Errorf("%d reports, want 4", len(reports.errs))
	}
	for _, err := range reports.errs {
		wantNoLeak(t, "a report", err)
	}
}
