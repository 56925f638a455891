// Package digest authorizes the messages of a client with HTTP digest
// authentication (RFC 7616), as Monero's daemon and wallet, and many devices,
// want it:
//
//	client, err := jsonrpc.Dial(ctx, "http://127.0.0.1:18081/json_rpc",
//		digest.WithAuth("alice", password))
//
// It is the work of package github.com/icholy/digest.
package digest

import (
	"bytes"
	"io"
	"net/http"

	"github.com/icholy/digest"

	"example.com/jsonrpc"
)

// WithAuth answers a server's challenge with user and password, over HTTP and in
// the handshake of a WebSocket. The first message is sent twice, because the
// challenge comes with the refusal; others use the challenge again, until the
// server wants another. The password is never sent, nor is it in errors and logs.
func WithAuth(user, password string) jsonrpc.DialOption {
	return jsonrpc.DialOptions(
		jsonrpc.WithSecrets(password),
		jsonrpc.WithHTTPWrap(func(rt http.RoundTripper) http.RoundTripper {
			return &digest.Transport{Username: user, Password: password, Transport: refusals{rt}, FindChallenge: findChallenge}
		}),
	)
}

// findChallenge finds none in what it cannot read: that the server has refused is then
// for the caller to know.
func findChallenge(h http.Header) (*digest.Challenge, error) {
	c, err := digest.FindChallenge(h)
	if err != nil {
		return nil, digest.ErrNoChallenge
	}
	return c, nil
}

// refusals is a RoundTripper whose refusals are short: what is around it reads
// them to their end.
type refusals struct{ http.RoundTripper }

// RoundTrip reads the body of a refusal, up to a limit.
func (r refusals) RoundTrip(req *http.Request) (*http.Response, error) {
	const most = 64 << 10
	resp, err := r.RoundTripper.RoundTrip(req)
	if err == nil && resp.Request == nil { // as of a RoundTripper made for a test
		resp.Request = req
	}
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	resp.Body = body{bytes.NewReader(text)}
	return resp, nil
}

// body can be read again after it was read and closed: that of the last refusal
// is for the caller.
type body struct{ *bytes.Reader }

// Close goes back to the start.
func (b body) Close() error {
	_, err := b.Seek(0, io.SeekStart)
	return err
}
