package cli

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/digest"
)

// challenged is the option for who answers a challenge, nil for others.
func (id *identity) challenged() jsonrpc.DialOption {
	if !id.hasUser || !id.digest {
		return nil
	}
	return digest.WithAuth(id.user, id.password)
}

// tripper returns a RoundTripper that sends the requests of others as id. It does not
// answer challenges.
func (id *identity) tripper(next http.RoundTripper) http.RoundTripper { return &identified{id, next} }

type identified struct {
	identity *identity
	next     http.RoundTripper
}

// RoundTrip sends a request, and once more if the server refuses it and there are
// other credentials then.
func (t *identified) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	given, err := t.authorize(r.Context(), jsonrpc.AuthRequest{Body: body})
	if err != nil {
		return nil, err
	}
	resp, err := t.send(r, body, given)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || len(given) == 0 {
		return resp, err
	}
	again, err := t.authorize(r.Context(), jsonrpc.AuthRequest{Body: body, Refused: given})
	if err != nil || maps.EqualFunc(again, given, slices.Equal[[]string]) {
		return resp, nil //nolint:nilerr // the refusal says more
	}
	_ = resp.Body.Close()
	return t.send(r, body, again)
}

func bodyOf(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

func (t *identified) authorize(ctx context.Context, r jsonrpc.AuthRequest) (http.Header, error) {
	all := http.Header{}
	for _, auth := range t.identity.auths {
		header, err := auth(ctx, r)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, header)
	}
	return all, nil
}

// send sends a request with the headers of the identity in place of its own.
func (t *identified) send(r *http.Request, body []byte, given http.Header) (*http.Response, error) {
	r = r.Clone(r.Context())
	if body != nil {
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		r.Body, _ = r.GetBody() // it does not fail
	}
	id := t.identity
	switch {
	case id.hasUser && id.digest:
		r.Header.Del("Authorization")
	case id.hasUser:
		r.SetBasicAuth(id.user, id.password)
	case id.token != "":
		r.Header.Set("Authorization", "Bearer "+id.token)
	}
	maps.Copy(r.Header, given)
	for name, values := range id.headers {
		if r.Header[name] = values; len(values) == 0 {
			delete(r.Header, name)
		}
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
		r.Header.Del("Host")
	}
	return t.next.RoundTrip(r)
}
