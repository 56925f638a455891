//go:build unix

package transport_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// A poolServer holds requests back until the test releases them, and tells of
// connections that end.
type poolServer struct {
	*rawServer

	arrived, release, ended chan bool
}

func newPoolServer(t *testing.T) *poolServer {
	t.Helper()
	s := &poolServer{arrived: make(chan bool), release: make(chan bool), ended: make(chan bool, 100)}
	s.rawServer = serveRaw(t, false, func(conn net.Conn, r *bufio.Reader) {
		for take(r) {
			s.arrived <- true
			<-s.release
			_, _ = io.WriteString(conn, second)
		}
		s.ended <- true
	})
	return s
}

// together sends n requests at the same time, and calls meanwhile when all are under
// way.
func (s *poolServer) together(t *testing.T, lean http.RoundTripper, n int, meanwhile func()) {
	t.Helper()
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() {
			if _, body, err := send(t, lean, s.url); err != nil || body != "second" {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
	for range n {
		<-s.arrived
	}
	meanwhile()
	for range n {
		s.release <- true
	}
	wait.Wait()
}

func nothing() {}

func TestLeanMaxIdle(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	server := newPoolServer(t)
	lean := newLean(t, &transport.LeanOptions{MaxIdle: 3})
	server.together(t, lean, 5, nothing)
	<-server.ended
	<-server.ended
	server.together(t, lean, 3, nothing)
	if n := server.accepted.Load(); n != 5 {
		t.Errorf("%d connections", n)
	}
}

func TestLeanIdleTimeout(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	server := newPoolServer(t)
	server.together(t, newLean(t, &transport.LeanOptions{IdleTimeout: time.Millisecond}), 3, nothing)
	for range 3 {
		<-server.ended
	}
}

// TestLeanCloseIdleConnections: those in use are closed when they are done with.
func TestLeanCloseIdleConnections(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	server := newPoolServer(t)
	lean := newLean(t, nil)
	server.together(t, lean, 3, nothing)
	server.together(t, lean, 2, func() {
		lean.CloseIdleConnections()
		<-server.ended
	})
	<-server.ended
	<-server.ended
	server.together(t, lean, 1, nothing)
	server.together(t, lean, 1, nothing)
	if n := server.accepted.Load(); n != 4 {
		t.Errorf("%d connections", n)
	}
}

// TestLeanConnect: what fails before anything is sent says so.
func TestLeanConnect(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	plain := serveRaw(t, false, func(conn net.Conn, r *bufio.Reader) {
		if take(r) {
			_, _ = io.WriteString(conn, second)
		}
	})
	silent := serveRaw(t, false, func(_ net.Conn, r *bufio.Reader) { _, _ = io.Copy(io.Discard, r) })
	unknown := serveRaw(t, true, func(_ net.Conn, r *bufio.Reader) { take(r) })
	for name, test := range map[string]struct {
		url, want string
		opts      transport.LeanOptions
	}{
		"nobody":          {"http://" + nobody(t), "refused", transport.LeanOptions{}},
		"no TLS":          {strings.Replace(plain.url, "http", "https", 1), "EOF", transport.LeanOptions{}},
		"unknown":         {unknown.url, "certificate", transport.LeanOptions{}},
		"silent":          {strings.Replace(silent.url, "http", "https", 1), "no TLS handshake within 50ms", transport.LeanOptions{DialTimeout: 50 * time.Millisecond}},
		"another address": {plain.url, "refused", transport.LeanOptions{Address: nobody(t)}},
	} {
		opts := test.opts
		_, _, err := send(t, newLean(t, &opts), test.url)
		failed := (*transport.Error)(nil)
		if !errors.As(err, &failed) || failed.Sent || failed.Op != "connect" || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: this is no deadline of the caller's", name)
		}
	}
	address := strings.TrimSuffix(strings.TrimPrefix(plain.url, "http://"), "/path")
	lean := newLean(t, &transport.LeanOptions{Address: address})
	if _, body, err := send(t, lean, "http://pets.example/"); err != nil || body != "second" {
		t.Errorf("%q, %v", body, err)
	}
}

// nobody returns an address that nobody listens at.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
