package nats

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func init() {
	for _, secure := range []string{"", "+tls"} {
		jsonrpc.RegisterScheme("nats"+secure, jsonrpc.Scheme{RoundTripper: dialTarget})
		jsonrpc.RegisterScheme("nats-sub"+secure, jsonrpc.Scheme{Stream: dialSubscriptionTarget})
	}
}

func dialTarget(ctx context.Context, t *jsonrpc.Target) (transport.RoundTripper, error) {
	servers, subject, o, err := readTarget(t, "creds", "nkey")
	if err != nil {
		return nil, err
	}
	r, err := Dial(ctx, servers, subject, o)
	if err != nil {
		return nil, err
	}
	r.name = t.Name
	return r, nil
}

func dialSubscriptionTarget(ctx context.Context, t *jsonrpc.Target) (transport.Stream, error) {
	servers, subject, o, err := readTarget(t, "creds", "nkey", "queue")
	switch {
	case err != nil:
		return nil, err
	case len(o.Header) > 0:
		return nil, refuse("a subscription has no place for headers")
	}
	o.Header = nil
	return DialSubscription(ctx, servers, subject, o)
}

// readTarget reads what [jsonrpc.Dial] was given.
func readTarget(t *jsonrpc.Target, params ...string) (servers, subject string, o *Options, err error) {
	u := t.URL
	subject = strings.TrimPrefix(u.Path, "/")
	if u.Host == "" || subject == "" {
		return "", "", nil, refuse("the URL must have the form nats://HOST:PORT/SUBJECT")
	}
	o = &Options{TLS: t.TLS, Header: t.Header.Clone()}
	scheme := "nats://"
	if strings.HasSuffix(strings.ToLower(u.Scheme), "+tls") {
		scheme = "tls://"
		if o.TLS == nil {
			o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		}
	}
	for name, values := range u.Query() {
		known := false
		for _, param := range params {
			known = known || param == name
		}
		if !known || len(values) != 1 || values[0] == "" {
			return "", "", nil, refuse("the URL's query can have, once each: " + strings.Join(params, "=…, ") + "=…")
		}
	}
	o.Credentials, o.NKey, o.Queue = u.Query().Get("creds"), u.Query().Get("nkey"), u.Query().Get("queue")
	if err := o.authorize(u.User); err != nil {
		return "", "", nil, err
	}
	hosts := strings.Split(u.Host, ",")
	for i, host := range hosts {
		if host == "" {
			return "", "", nil, refuse("an empty name among the servers: write nats://HOST:PORT,HOST:PORT/SUBJECT")
		}
		hosts[i] = scheme + host
	}
	return strings.Join(hosts, ","), subject, o, nil
}

// authorize takes the credentials of the URL or, as jsonrpc.WithBasicAuth and
// jsonrpc.WithBearerToken set them, of the headers.
func (o *Options) authorize(user *url.Userinfo) error {
	if user != nil {
		password, both := user.Password()
		if both {
			o.User, o.Password = user.Username(), password
		} else {
			o.Token = user.Username()
		}
	}
	if o.Header.Get("Authorization") == "" {
		return nil
	}
	name, password, basic := (&http.Request{Header: o.Header}).BasicAuth()
	token, bearer := strings.CutPrefix(o.Header.Get("Authorization"), "Bearer ")
	switch {
	case basic:
		o.User, o.Password, o.Token = name, password, ""
	case bearer:
		o.User, o.Password, o.Token = "", "", token
	default:
		return refuse("NATS has no authorization but a user name and a password, a token, or files with keys (?creds=FILE, ?nkey=FILE)")
	}
	o.Header.Del("Authorization")
	return nil
}

func refuse(reason string) error { return &jsonrpc.MessageError{Reason: reason} }
