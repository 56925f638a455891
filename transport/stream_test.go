package transport_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.com/jsonrpc/jsonrpctest/transporttest"
	"example.com/jsonrpc/transport"
)

var framings = []*transport.Framing{transport.Newline, transport.Header, transport.Bare, transport.Netstring}

// TestStreams runs the rules of a stream on each transport with each framing.
func TestStreams(t *testing.T) {
	for name, open := range map[string]func(*testing.T, transport.StreamOptions) (transport.Stream, *transporttest.Peer){
		"tcp": openTCP, "unix": openUnix, "tls": openTLS, "ospipe": openPipes, "command": openCommand,
	} {
		for _, framing := range framings {
			t.Run(name+"/"+framing.String(), func(t *testing.T) {
				t.Parallel()
				transporttest.TestStream(t, func(t *testing.T, limit int64) (transport.Stream, *transporttest.Peer) {
					return open(t, transport.StreamOptions{Framing: framing, MaxMessage: limit})
				})
			})
		}
	}
}

// TestStreamsInMemory runs them where both ends are in memory, with deadlines
// and without.
func TestStreamsInMemory(t *testing.T) {
	for name, bare := range map[string]func(net.Conn) io.ReadWriteCloser{
		"netpipe":     func(c net.Conn) io.ReadWriteCloser { return c },
		"nodeadlines": func(c net.Conn) io.ReadWriteCloser { return struct{ io.ReadWriteCloser }{c} },
	} {
		for _, framing := range framings {
			t.Run(name+"/"+framing.String(), func(t *testing.T) {
				t.Parallel()
				transporttest.TestStreamInBubble(t, func(_ *testing.T, limit int64) (transport.Stream, *transporttest.Peer) {
					ours, theirs := net.Pipe()
					opts := &transport.StreamOptions{Framing: framing, MaxMessage: limit}
					return transport.NewStream(bare(ours), opts), transporttest.NewPeer(theirs, framing)
				})
			})
		}
	}
}

// listen returns the address of a listener and the next connection to it.
func listen(t *testing.T, network, address string) (net.Addr, <-chan net.Conn) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	conns := make(chan net.Conn, 1)
	go func() {
		if conn, err := l.Accept(); err == nil {
			conns <- conn
		}
		close(conns)
	}()
	return l.Addr(), conns
}

// dialNet dials a listener and returns both ends.
func dialNet(t *testing.T, addr net.Addr, conns <-chan net.Conn, opts *transport.NetOptions) (transport.Stream, net.Conn) {
	t.Helper()
	s, err := transport.DialNet(t.Context(), addr.Network(), addr.String(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return s, <-conns
}

func openTCP(t *testing.T, opts transport.StreamOptions) (transport.Stream, *transporttest.Peer) {
	addr, conns := listen(t, "tcp", "127.0.0.1:0")
	s, conn := dialNet(t, addr, conns, &transport.NetOptions{StreamOptions: opts})
	return s, transporttest.NewPeer(conn, opts.Framing)
}

func openUnix(t *testing.T, opts transport.StreamOptions) (transport.Stream, *transporttest.Peer) {
	dir, err := os.MkdirTemp("", "") // t.TempDir may be longer than a socket's path can be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	addr, conns := listen(t, "unix", filepath.Join(dir, "s"))
	s, conn := dialNet(t, addr, conns, &transport.NetOptions{StreamOptions: opts})
	return s, transporttest.NewPeer(conn, opts.Framing)
}

func openTLS(t *testing.T, opts transport.StreamOptions) (transport.Stream, *transporttest.Peer) {
	server, client := mutualTLS(t)
	addr, raw := listen(t, "tcp", "127.0.0.1:0")
	conns := make(chan net.Conn, 1)
	go func() {
		conn := tls.Server(<-raw, server)
		_ = conn.Handshake() // the client says what was wrong
		conns <- conn
	}()
	s, conn := dialNet(t, addr, conns, &transport.NetOptions{StreamOptions: opts, TLS: client})
	return s, transporttest.NewPeer(conn, opts.Framing)
}

// mutualTLS returns what server and client need to trust each other.
func mutualTLS(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.StartTLS()
	t.Cleanup(s.Close)
	client = s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	client.Certificates = s.TLS.Certificates
	server = &tls.Config{Certificates: s.TLS.Certificates, ClientAuth: tls.RequireAnyClientCert}
	return server, client
}

// duplex is a reader and a writer with what they can do.
type duplex struct {
	*os.File // to read from
	w        *os.File
}

func (d duplex) Write(p []byte) (int, error)        { return d.w.Write(p) }
func (d duplex) SetWriteDeadline(t time.Time) error { return d.w.SetWriteDeadline(t) }
func (d duplex) Close() error {
	err := d.File.Close()
	if werr := d.w.Close(); err == nil {
		err = werr
	}
	return err
}

func openPipes(t *testing.T, opts transport.StreamOptions) (transport.Stream, *transporttest.Peer) {
	fromPeer, toUs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromUs, toPeer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return transport.NewStream(duplex{fromPeer, toPeer}, &opts), transporttest.NewPeer(duplex{fromUs, toUs}, opts.Framing)
}
