package zmq

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func init() {
	for _, network := range []string{"tcp", "ipc"} {
		jsonrpc.RegisterScheme("zmq+"+network, jsonrpc.Scheme{Stream: dialTarget})
		jsonrpc.RegisterScheme("zmq-req+"+network, jsonrpc.Scheme{RoundTripper: dialREQTarget})
	}
}

func dialTarget(ctx context.Context, t *jsonrpc.Target) (transport.Stream, error) {
	endpoint, o, err := readTarget(t)
	if err != nil {
		return nil, err
	}
	return Dial(ctx, endpoint, o)
}

func dialREQTarget(ctx context.Context, t *jsonrpc.Target) (transport.RoundTripper, error) {
	endpoint, o, err := readTarget(t)
	if err != nil {
		return nil, err
	}
	return DialREQ(ctx, endpoint, o)
}

// readTarget reads what [jsonrpc.Dial] was given.
func readTarget(t *jsonrpc.Target) (endpoint string, o *Options, err error) {
	u := t.URL
	_, network, _ := strings.Cut(strings.ToLower(u.Scheme), "+")
	endpoint = network + "://" + u.Host
	switch {
	case t.TLS != nil:
		return "", nil, refuse("options for TLS have no effect on ZeroMQ")
	case network == "tcp" && (u.Port() == "" || strings.Trim(u.Path, "/") != ""):
		return "", nil, refuse("the URL must have the form zmq+tcp://HOST:PORT")
	case network == "ipc" && u.Host+u.Path == "":
		return "", nil, refuse("the URL must have the form zmq+ipc:///PATH")
	case network == "ipc":
		endpoint += u.Path
	}
	o = &Options{MaxMessage: t.MaxReply}
	switch query := u.Query(); {
	case len(query) == 0:
	case len(query) == 1 && query.Get("delimiter") == "no":
		o.NoDelimiter = true
	default:
		return "", nil, refuse("the URL's query can only be delimiter=no; for a REQ socket the scheme is zmq-req+tcp or zmq-req+ipc")
	}
	o.Username, o.Password, err = credentials(u.User, t.Header)
	return endpoint, o, err
}

// credentials returns the user name and the password of the URL or, as
// jsonrpc.WithBasicAuth sets them, of the header, which can hold nothing else.
func credentials(user *url.Userinfo, header http.Header) (name, password string, err error) {
	if user != nil {
		name = user.Username()
		password, _ = user.Password()
	}
	for key := range header {
		if key != "Authorization" {
			return "", "", refuse("ZeroMQ has no place for headers")
		}
		var ok bool
		if name, password, ok = (&http.Request{Header: header}).BasicAuth(); !ok {
			return "", "", refuse("ZeroMQ has no authorization but a user name and a password")
		}
	}
	return name, password, nil
}

func refuse(reason string) error { return &jsonrpc.MessageError{Reason: reason} }
