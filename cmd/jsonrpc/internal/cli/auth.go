package cli

import (
	"maps"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
)

// Environment variables with credentials for every TARGET.
const (
	envUser   = "JSONRPC_USER"
	envBearer = "JSONRPC_BEARER"
)

// credentials are headers and what else says who the caller is. Each value may
// be given as @file or env:NAME, because arguments can be seen by everybody on
// the machine and stay in the shell's history.
type credentials struct {
	headers      []string
	base         []string // headers of the profile, over which those of the command line count
	user, bearer string
	marked       []string
}

func (c *credentials) addFlags(cmd *cobra.Command) {
	addFlags(cmd, groupAuth, func(f *pflag.FlagSet) {
		f.VarP(&texts{values: &c.headers, base: &c.base, kind: "'NAME: VALUE'"}, "header", "H", "send this header, or with nothing after the colon do not send it;\n@FILE: those in a file, a line each")
		f.VarP(&text{value: &c.user, kind: "NAME:PASSWORD"}, "user", "u", "basic authentication (default: "+envUser+")")
		f.Var(&text{value: &c.bearer, kind: "TOKEN"}, "bearer", "bearer token (default: "+envBearer+")")
		f.Var(&texts{values: &c.marked, kind: "TEXT"}, "secret", "never show this on stderr: a token in a param, a key in a path")
	})
}

// options returns the options for the client. What counts most are flags, then
// the TARGET's own user and password, then the environment.
func (c *credentials) options(s *session, useEnvironment bool) ([]jsonrpc.DialOption, error) {
	options, err := c.secretOptions(s)
	if err != nil {
		return nil, err
	}
	headers, err := c.readHeaders(s)
	if err != nil {
		return nil, err
	}
	user, bearer := c.user, c.bearer
	if user != "" && bearer != "" {
		return nil, &usageError{"--user and --bearer exclude each other"}
	}
	_, hasHeader := headers["Authorization"]
	if user == "" && bearer == "" && useEnvironment && !hasHeader {
		user, bearer = fromEnvironment(s, envUser), fromEnvironment(s, envBearer)
		if user != "" && bearer != "" {
			return nil, &usageError{envUser + " and " + envBearer + " exclude each other: unset one, or use --user or --bearer"}
		}
	}
	switch {
	case user != "":
		option, err := basicAuth(s, user)
		if err != nil {
			return nil, err
		}
		options = append(options, option)
	case bearer != "":
		token, err := s.input.secret(bearer, "--bearer", s.process.Getenv)
		if err != nil {
			return nil, err
		}
		s.secrets.found(token)
		options = append(options, jsonrpc.WithBearerToken(token))
	}
	for name, values := range headers {
		options = append(options, jsonrpc.WithHeader(name, values...))
	}
	return options, nil
}

// fromEnvironment returns a variable's value in a form that input.secret leaves
// as it is.
func fromEnvironment(s *session, name string) string {
	if s.process.Getenv(name) == "" {
		return ""
	}
	return "env:" + name
}

func basicAuth(s *session, value string) (jsonrpc.DialOption, error) {
	value, err := s.input.secret(value, "--user", s.process.Getenv)
	if err != nil {
		return nil, err
	}
	user, password, ok := strings.Cut(value, ":")
	if !ok {
		return nil, &usageError{"--user wants NAME:PASSWORD, @FILE or env:NAME"}
	}
	s.secrets.basic(user, password)
	return jsonrpc.WithBasicAuth(user, password), nil
}

// secretOptions marks what the user says is secret.
func (c *credentials) secretOptions(s *session) ([]jsonrpc.DialOption, error) {
	var options []jsonrpc.DialOption
	for _, value := range c.marked {
		value, err := s.input.secret(value, "--secret", s.process.Getenv)
		if err != nil {
			return nil, err
		}
		if value == "" {
			return nil, &usageError{"--secret wants a text, @FILE or env:NAME"}
		}
		s.secrets.add(value)
		options = append(options, jsonrpc.WithSecrets(value))
	}
	return options, nil
}

// readHeaders returns the headers of the profile with those of -H over them.
func (c *credentials) readHeaders(s *session) (http.Header, error) {
	headers, err := readHeaderValues(s, c.base)
	if err != nil {
		return nil, err
	}
	over, err := readHeaderValues(s, c.headers)
	maps.Copy(headers, over)
	return headers, err
}

// readHeaderValues reads the values of a flag: a header, or several in a file or
// an environment variable, a line each.
func readHeaderValues(s *session, from []string) (http.Header, error) {
	headers := http.Header{}
	for _, value := range from {
		text, err := s.input.secret(value, "--header", s.process.Getenv)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if err := addHeader(s, headers, line); err != nil {
				return nil, err
			}
		}
	}
	return headers, nil
}

func addHeader(s *session, headers http.Header, line string) error {
	name, value, ok := strings.Cut(line, ":")
	if name = strings.TrimSpace(name); !ok || name == "" {
		// The line may be a secret whose name was forgotten.
		return &usageError{"--header wants 'NAME: VALUE', @FILE or env:NAME, and there is no colon"}
	}
	name = http.CanonicalHeaderKey(name)
	value = strings.TrimSpace(value)
	if jsonrpc.IsSecretHeader(name) {
		_, credential, _ := strings.Cut(value, " ")
		s.secrets.found(value, credential)
	}
	if value == "" {
		headers[name] = nil
		return nil
	}
	headers[name] = append(headers[name], value)
	return nil
}

// hint says which flags the credentials came from, for the sentence about their
// refusal.
func (c *credentials) hint(s *session) string {
	given := c.user != "" || c.bearer != "" || len(c.headers)+len(c.base) > 0 ||
		s.process.Getenv(envUser) != "" || s.process.Getenv(envBearer) != ""
	if given {
		return "the server does not accept these credentials"
	}
	return "use --user or --bearer, each also from @FILE or env:NAME"
}
