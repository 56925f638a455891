package cli

import (
	"context"
	"net/http"
	"strings"

	"example.com/jsonrpc"
	"example.com/jsonrpc/auth"
)

// An identity is what credentials come to for one server.
type identity struct {
	headers        http.Header // those without a value are not to be sent
	hasUser        bool
	user, password string
	digest         bool
	token          string         // that stays as it is
	auths          []jsonrpc.Auth // what does not
	secrets        []string       // that the user has marked
}

// setUser reads NAME:PASSWORD.
func (id *identity) setUser(s *session, value string, digest bool) error {
	value, err := s.input.secret(value, "--user", s.process.Getenv)
	if err != nil {
		return err
	}
	if id.user, id.password, id.hasUser = strings.Cut(value, ":"); !id.hasUser {
		return &usageError{"--user wants NAME:PASSWORD, @FILE or env:NAME"}
	}
	s.secrets.basic(id.user, id.password)
	id.digest = digest
	return nil
}

// setBearer reads a token, which is read again if the server refuses it and it
// may be another one then.
func (id *identity) setBearer(s *session, value string) error {
	token, err := s.input.secret(value, "--bearer", s.process.Getenv)
	if err != nil {
		return err
	}
	s.secrets.found(token)
	again := s.input.again(value, "--bearer")
	if again == nil {
		id.token = token
		return nil
	}
	id.auths = append(id.auths, auth.Bearer(func(context.Context) (auth.Token, error) {
		if first := token; first != "" {
			token = ""
			return auth.Token{Value: first}, nil
		}
		fresh, err := again()
		s.secrets.found(fresh)
		return auth.Token{Value: fresh}, err
	}))
	return nil
}

// sign reads NAME: KEY.
func (id *identity) sign(s *session, value string) error {
	sign, key, err := parseHMAC(s, value)
	if err != nil {
		return err
	}
	if key, err = s.input.secret(key, "--hmac", s.process.Getenv); err != nil {
		return err
	}
	if key == "" {
		return &usageError{"--hmac wants 'NAME: KEY', and the key is empty"}
	}
	s.secrets.found(key)
	sign.Key = []byte(key)
	id.auths = append(id.auths, sign.Auth())
	return nil
}

// parseHMAC reads the value of --hmac, but for the key, which it returns as it is
// given.
func parseHMAC(s *session, value string) (sign auth.HMAC, key string, err error) {
	const prefix = "sha256="
	if value, err = s.input.secret(value, "--hmac", s.process.Getenv); err != nil {
		return sign, "", err
	}
	name, key, ok := strings.Cut(value, ":")
	if name = strings.TrimSpace(name); !ok || name == "" {
		return sign, "", &usageError{"--hmac wants 'NAME: KEY', where KEY can be @FILE or env:NAME, and there is no colon"}
	}
	sign.Header = http.CanonicalHeaderKey(name)
	if key = strings.TrimSpace(key); strings.HasPrefix(key, prefix) {
		sign.Prefix, key = prefix, strings.TrimPrefix(key, prefix)
	}
	return sign, key, nil
}

// options returns the options for the client.
func (id *identity) options() (options []jsonrpc.DialOption) {
	if len(id.secrets) > 0 {
		options = append(options, jsonrpc.WithSecrets(id.secrets...))
	}
	switch {
	case id.hasUser && id.digest:
		options = append(options, id.challenged())
	case id.hasUser:
		options = append(options, jsonrpc.WithBasicAuth(id.user, id.password))
	case id.token != "":
		options = append(options, jsonrpc.WithBearerToken(id.token))
	}
	if len(id.auths) > 0 {
		options = append(options, jsonrpc.WithAuth(id.auths...))
	}
	for name, values := range id.headers {
		options = append(options, jsonrpc.WithHeader(name, values...))
	}
	return options
}
