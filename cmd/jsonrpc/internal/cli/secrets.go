package cli

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// secrets are texts that never reach stderr. The library keeps them out of its
// own errors and logs; this covers what the command says by itself.
type secrets struct {
	mu     sync.Mutex
	values []string
}

// shortestFound is the length of the shortest text that is taken for a secret
// because of where it stands. Shorter ones would be found in every word.
const shortestFound = 4

// add marks secrets that the user named.
func (s *secrets) add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range values {
		if v == "" {
			continue
		}
		quoted, _ := json.Marshal(v) // of a string: cannot fail
		for _, form := range []string{v, string(quoted[1 : len(quoted)-1]), url.QueryEscape(v), url.PathEscape(v)} {
			if !slices.Contains(s.values, form) {
				s.values = append(s.values, form)
			}
		}
	}
	// One that holds another must be found first.
	slices.SortStableFunc(s.values, func(a, b string) int { return len(b) - len(a) })
}

// all returns those that are known.
func (s *secrets) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.values)
}

// found marks what must be secret because of where it stands.
func (s *secrets) found(values ...string) {
	for _, v := range values {
		if len(v) >= shortestFound {
			s.add(v)
		}
	}
}

// basic marks user:password, and what it becomes in a header.
func (s *secrets) basic(user, password string) {
	s.found(password, base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

// mask returns text with each secret replaced.
func (s *secrets) mask(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.values) == 0 {
		return text
	}
	pairs := make([]string, 0, 2*len(s.values))
	for _, v := range s.values {
		pairs = append(pairs, v, "***")
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
