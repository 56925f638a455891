package jsonrpctest_test

import (
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

func TestNoLeaks(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	for _, scheme := range []string{"http", "ws", "tcp"} {
		srv := jsonrpctest.New(t)
		srv.HandleFunc("ping", func() {})
		client, err := jsonrpc.Dial(t.Context(), srv.URL(scheme))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		if err := client.Call(t.Context(), "ping", nil, nil); err != nil {
			t.Error(err)
		}
	}
}

// In a bubble, the time that a leak is given passes at once.

func TestNoLeaksOfGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := &fakeTB{}
		jsonrpctest.NoLeaks(tb)
		stop := make(chan struct{})
		defer close(stop)
		go func() { <-stop }()
		if got := strings.Join(tb.end(), "\n"); !strings.Contains(got, "leak_test.go") {
			t.Errorf("the goroutine was not found: %q", got)
		}
	})
}

func TestNoLeaksOfDescriptors(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system does not list descriptors")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	synctest.Test(t, func(t *testing.T) {
		tb := &fakeTB{}
		jsonrpctest.NoLeaks(tb)
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if got := strings.Join(tb.end(), "\n"); !strings.Contains(got, "descriptor ") {
			t.Errorf("the socket was not found: %q", got)
		}
	})
}
