package transport_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"example.com/jsonrpc/transport"
)

func TestDialNetFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	_ = l.Close()
	_, err = transport.DialNet(t.Context(), "tcp", gone, nil)
	wantConnectError(t, err, syscall.ECONNREFUSED)

	_, err = transport.DialNet(t.Context(), "unix", filepath.Join(t.TempDir(), "none"), nil)
	wantConnectError(t, err, syscall.ENOENT)

	_, err = transport.DialNet(t.Context(), "carrier pigeon", "coop:1", nil)
	wantConnectError(t, err, nil)
}

func TestDialNetEnded(t *testing.T) {
	reason := errors.New("my reason")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	addr, _ := listen(t, "tcp", "127.0.0.1:0")
	_, err := transport.DialNet(ctx, "tcp", addr.String(), nil)
	wantConnectError(t, err, reason)
}

// A server that accepts and says nothing does not hold up a handshake whose
// context has ended, and the connection to it is closed.
func TestDialNetEndedInHandshake(t *testing.T) {
	_, client := mutualTLS(t)
	addr, conns := listen(t, "tcp", "127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	closed := make(chan error)
	go func() {
		conn := <-conns
		_, _ = conn.Read(make([]byte, 1)) // the handshake has begun
		cancel()
		_, err := io.Copy(io.Discard, conn)
		closed <- err
	}()
	_, err := transport.DialNet(ctx, "tcp", addr.String(), &transport.NetOptions{TLS: client})
	wantConnectError(t, err, context.Canceled)
	<-closed
}

func TestDialNetTLSRefused(t *testing.T) {
	server, client := mutualTLS(t)
	dial := func(client *tls.Config) (transport.Stream, error) {
		addr, conns := listen(t, "tcp", "127.0.0.1:0")
		go func() {
			if conn := <-conns; conn != nil {
				secure := tls.Server(conn, server)
				_ = secure.Handshake()
				_ = secure.Close()
			}
		}()
		return transport.DialNet(t.Context(), "tcp", addr.String(), &transport.NetOptions{TLS: client})
	}

	stranger := client.Clone()
	stranger.RootCAs = x509.NewCertPool()
	_, err := dial(stranger)
	wantConnectError(t, err, nil)
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		t.Errorf("error %v, want one about the authority", err)
	}

	other := client.Clone()
	other.ServerName = "other.example"
	_, err = dial(other)
	wantConnectError(t, err, nil)
	if _, ok := errors.AsType[x509.HostnameError](err); !ok {
		t.Errorf("error %v, want one about the name", err)
	}

	// With TLS 1.3 the client hears only when it reads that its certificate was
	// wanted.
	nobody := client.Clone()
	nobody.Certificates = nil
	s, err := dial(nobody)
	if err == nil {
		_, err = s.Read(t.Context(), nil)
		_ = s.Close()
	}
	if e, ok := errors.AsType[*net.OpError](err); !ok || e.Op != "remote error" {
		t.Errorf("error %v, want the server's alert", err)
	}
	if client.ServerName != "" {
		t.Error("the caller's tls.Config was changed")
	}
}
