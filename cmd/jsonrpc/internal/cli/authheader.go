package cli

import (
	"maps"
	"net/http"
	"strings"

	"example.com/jsonrpc"
)

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
