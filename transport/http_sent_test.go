package transport_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/jsonrpc/transport"
)

// What breaks after the handshake of TLS breaks after the message was sent.
func TestTLSBrokenAfterTheMessage(t *testing.T) {
	example := httptest.NewUnstartedServer(nil)
	example.StartTLS()
	config := &tls.Config{Certificates: example.TLS.Certificates}
	example.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if req, err := http.ReadRequest(bufio.NewReader(tls.Server(conn, config))); err == nil {
			_, _ = io.Copy(io.Discard, req.Body)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n") // no record of TLS
		}
	}()
	h, err := transport.NewHTTP("https://"+l.Addr().String(), &transport.HTTPOptions{TLS: &tls.Config{InsecureSkipVerify: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	_, err = h.RoundTrip(t.Context(), &transport.Message{Body: []byte(`{}`), Reply: true})
	if failed := (*transport.Error)(nil); !errors.As(err, &failed) || !failed.Sent {
		t.Errorf("%v, and it was not sent", err)
	}
	<-served
}
