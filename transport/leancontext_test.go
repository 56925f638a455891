//go:build unix

package transport_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// TestLeanContext ends the context of a request at each stage. The request ends with
// the cause, and another one on the same round tripper is not disturbed.
func TestLeanContext(t *testing.T) {
	const reply = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
	for _, stage := range []struct {
		name   string
		secure bool
		size   int64
		says   string // before the context ends
		sent   bool
		op     string
	}{
		{name: "before", op: "send"},
		{name: "handshake", secure: true, op: "connect"},
		{name: "write", size: 64 << 20, sent: true, op: "send"},
		{name: "wait", sent: true, op: "send"},
		{name: "headers", says: reply[:30], sent: true},
		{name: "body", says: reply + "sec", sent: true},
	} {
		t.Run(stage.name, func(t *testing.T) {
			jsonrpctest.NoLeaks(t)
			here, others := make(chan bool, 10), make(chan bool)
			server := serveRaw(t, false, func(conn net.Conn, r *bufio.Reader) {
				if stage.secure {
					_, _ = r.ReadByte()
					here <- true
					_, _ = io.Copy(io.Discard, r)
					return
				}
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				if req.URL.Path == "/other" {
					here <- true
					<-others
					_, _ = io.WriteString(conn, second)
					return
				}
				if stage.size == 0 {
					_, _ = io.Copy(io.Discard, req.Body)
				}
				_, _ = io.WriteString(conn, stage.says)
				here <- true
				if stage.size > 0 { // it never reads on
					<-others
					return
				}
				_, _ = io.Copy(io.Discard, r)
			})
			lean := newLean(t, nil)
			var wait sync.WaitGroup
			defer wait.Wait()
			if !stage.secure {
				wait.Go(func() {
					if _, body, err := send(t, lean, strings.Replace(server.url, "/path", "/other", 1)); err != nil || body != "second" {
						t.Errorf("the other request: %q, %v", body, err)
					}
				})
				<-here
			}
			defer close(others)

			cause := errors.New("the cause")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if stage.name == "before" {
				cancel(cause)
				here <- true
			}
			go func() {
				<-here
				cancel(cause)
			}()
			target := server.url
			if stage.secure {
				target = "https" + strings.TrimPrefix(target, "http")
			}
			h := newHTTP(t, target, &transport.HTTPOptions{RoundTripper: lean})
			r, err := h.RoundTrip(ctx, &transport.Message{Body: bytes.Repeat([]byte("x"), int(max(stage.size, 1))), Reply: true})
			if err == nil {
				_, err = io.ReadAll(r)
				_ = r.Close()
			}
			failed := (*transport.Error)(nil)
			if !errors.Is(err, cause) || !errors.As(err, &failed) || failed.Sent != stage.sent || stage.op != "" && failed.Op != stage.op {
				t.Errorf("%v, %+v", err, failed)
			}
		})
	}
}

// TestLeanCloseDuringRead: who closes the body ends a read of it.
func TestLeanCloseDuringRead(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	server := serveRaw(t, false, func(conn net.Conn, r *bufio.Reader) {
		for take(r) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsec")
		}
	})
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.url, http.NoBody)
	resp, err := newLean(t, nil).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan error)
	go func() {
		_, err := io.ReadFull(resp.Body, make([]byte, 3))
		read <- err
		_, err = resp.Body.Read(make([]byte, 3))
		read <- err
	}()
	if err := <-read; err != nil {
		t.Error(err)
	}
	_ = resp.Body.Close()
	if err := <-read; err == nil || err == io.EOF {
		t.Error(err)
	}
	if _, err := resp.Body.Read(nil); err != http.ErrBodyReadAfterClose {
		t.Error(err)
	}
}
