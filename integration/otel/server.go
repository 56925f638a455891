package otel

import (
	"context"
	"net"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// A server is what is known of one from its endpoint.
type server struct {
	attributes []attribute.KeyValue
	http       bool // it is called by HTTP
	headers    bool // messages have headers
}

// ports are those of URLs that name none.
var ports = map[string]int{"http": 80, "https": 443, "ws": 80, "wss": 443, "nats": 4222, "nats+tls": 4222}

// newServer reads an endpoint. Of a URL only host and port are used: there may be a
// key in its path.
func newServer(endpoint string) *server {
	s := new(server)
	scheme, rest, found := strings.Cut(endpoint, ":")
	switch {
	case !found:
		s.address(endpoint, 0) // a name
		return s
	case scheme == "exec":
		return s
	case scheme == "unix":
		s.address(strings.TrimPrefix(rest, "//"), 0)
		return s
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return s
	}
	s.http = scheme == "http" || scheme == "https"
	s.headers = s.http || scheme == "nats" || scheme == "nats+tls"
	if strings.Contains(u.Host, ",") { // of a cluster
		s.address(u.Host, 0)
		return s
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		port = ports[scheme]
	}
	s.address(u.Hostname(), port)
	return s
}

func (s *server) address(address string, port int) {
	if address == "" {
		return
	}
	s.attributes = append(s.attributes, semconv.ServerAddress(address))
	if port != 0 {
		s.attributes = append(s.attributes, semconv.ServerPort(port))
	}
}

// withPeer has the span told of the address that an HTTP request is sent to.
func withPeer(ctx context.Context, span trace.Span) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if info.Conn == nil {
			return
		}
		switch peer := info.Conn.RemoteAddr().(type) {
		case *net.TCPAddr:
			span.SetAttributes(semconv.NetworkPeerAddress(peer.IP.String()), semconv.NetworkPeerPort(peer.Port))
		case *net.UnixAddr:
			span.SetAttributes(semconv.NetworkPeerAddress(peer.Name))
		}
	}})
}
