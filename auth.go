package jsonrpc

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"

	"example.com/jsonrpc/transport"
)

// An Auth returns the headers that authorize one message. It is called for each
// message, by many goroutines at once, and once more if the server refuses what
// it returned with HTTP 401. Its error ends the call. Package auth has the usual
// ones: tokens that expire, signed bodies, cookie files.
type Auth func(ctx context.Context, r AuthRequest) (http.Header, error)

// An AuthRequest is what an [Auth] is to authorize.
type AuthRequest struct {
	// Body is the text of the message, before any compression. It is nil for
	// the handshake of a WebSocket. It must not be changed or kept.
	Body []byte

	// Refused holds the headers that the Auth returned for this message and
	// that the server has just answered with HTTP 401. It is nil at first. The
	// message is sent once more if the Auth now returns other headers: a server
	// that refused a message has not carried it out.
	Refused http.Header
}

// WithAuth authorizes each message with the headers of auths, over HTTP and in
// the handshake of a WebSocket. They replace those of [WithHeader], but that an
// Authorization header of an option given later counts. It replaces an earlier
// WithAuth and [WithBearer]; without an argument it removes them.
func WithAuth(auths ...Auth) Option {
	return option(func(s *settings) {
		s.auths, s.fixedAuth = auths, false
		for _, auth := range auths {
			if auth == nil {
				s.fail("an Auth is nil")
			}
		}
	})
}

// WithBearer sends the token that f returns with each message (RFC 6750). It is
// called once a call, by many goroutines at once, and again if the server
// answers HTTP 401; the message is sent once more if the token is another one
// then. Its error ends the call. A nil f sends no token. For tokens that expire,
// auth.Bearer calls f only when it has to.
func WithBearer(f func(context.Context) (token string, err error)) Option {
	return option(func(s *settings) {
		s.setHeader("Authorization", nil)
		s.auths, s.fixedAuth = nil, false
		if f != nil {
			s.auths = []Auth{bearer(f)}
		}
	})
}

func bearer(f func(context.Context) (string, error)) Auth {
	return func(ctx context.Context, _ AuthRequest) (http.Header, error) {
		token, err := f(ctx)
		if err != nil {
			return nil, err
		}
		return http.Header{"Authorization": {"Bearer " + token}}, nil
	}
}

// authorize asks the auths of s for headers, nil if there are none.
func (s *settings) authorize(ctx context.Context, r AuthRequest) (http.Header, error) {
	if len(s.auths) == 0 {
		return nil, nil
	}
	all := http.Header{}
	for _, auth := range s.auths {
		header, err := auth(ctx, r)
		if err == nil {
			err = checkAuth(header)
		}
		if err != nil {
			return nil, &transport.Error{Op: "authorize", Err: err} // refused is as good as not sent
		}
		for name, values := range header {
			all[http.CanonicalHeaderKey(name)] = values
		}
	}
	if s.fixedAuth {
		delete(all, "Authorization")
	}
	return all, nil
}

// checkAuth refuses headers that would smuggle in others.
func checkAuth(header http.Header) error {
	for name, values := range header {
		if !validHeaderName(name) {
			return &MessageError{Reason: fmt.Sprintf("header name %.40q: use letters, digits and hyphens", name)}
		}
		for _, v := range values {
			if !validHeaderValue(v) {
				return &MessageError{Reason: fmt.Sprintf("the value of header %s has a line break or a null in it", name)}
			}
		}
	}
	return nil
}

// authSecrets returns secrets that hold what is secret in the headers of an Auth.
func authSecrets(s *secrets, header http.Header) *secrets {
	for name, values := range header {
		s = s.withFound(headerSecrets(name, values)...)
	}
	return s
}

// knownAuth are the secrets of a client and the newest headers of its Auth, kept
// because most calls have the same.
type knownAuth struct {
	base   *secrets
	header http.Header
	all    *secrets
}

func (c *Client) authSecrets(base *secrets, header http.Header) *secrets {
	if known := c.auth.Load(); known != nil && known.base == base && maps.EqualFunc(known.header, header, slices.Equal[[]string]) {
		return known.all
	}
	all := authSecrets(base, header)
	c.auth.Store(&knownAuth{base, header, all})
	return all
}

// A shown is what the newest handshake of a connection has shown to the server by an
// [Auth]: the server may tell of it in any message. A nil *shown has nothing.
type shown struct{ header atomic.Pointer[http.Header] }

// with returns secrets that hold what is secret in it too.
func (h *shown) with(s *secrets) *secrets {
	if h == nil {
		return s
	}
	if header := h.header.Load(); header != nil {
		return authSecrets(s, *header)
	}
	return s
}

// authorized calls do with the headers of the auths of s, and once more if it
// reports that the server refused them and there are others then.
func (s *settings) authorized(ctx context.Context, body []byte, do func(http.Header) (refused bool, err error)) error {
	header, err := s.authorize(ctx, AuthRequest{Body: body})
	if err != nil {
		return err
	}
	refused, err := do(header)
	switch {
	case !refused || header == nil:
		return err
	case ctx.Err() != nil: // with other headers it might have been let in
		return &transport.Error{Op: "authorize", Err: context.Cause(ctx)}
	}
	again, authErr := s.authorize(ctx, AuthRequest{Body: body, Refused: maps.Clone(header)})
	switch {
	case authErr != nil:
		return authErr
	case maps.EqualFunc(again, header, slices.Equal[[]string]):
		return err
	}
	_, err = do(again)
	return err
}
