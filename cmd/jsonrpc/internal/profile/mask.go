package profile

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"example.com/jsonrpc"
)

const masked = "***"

// String returns the profile as it stands in the file, with secrets masked.
func (p *Profile) String() string {
	var b strings.Builder
	b.WriteString("[profile." + tomlKey(p.Name) + "]\n")
	for _, s := range p.Settings {
		b.WriteString(tomlKey(s.Key) + " = " + p.show(s) + "\n")
	}
	return b.String()
}

// Targets returns the values of the key target, secrets masked.
func (p *Profile) Targets() []string {
	s := p.Setting("target")
	if s == nil {
		return nil
	}
	targets := make([]string, len(s.Values))
	for i, v := range s.Values {
		targets[i] = p.hide(s.mask(v))
		if v.Command != nil {
			targets[i] = masked
		}
	}
	return targets
}

func (p *Profile) show(s Setting) string {
	items := make([]string, len(s.Values))
	for i, v := range s.Values {
		items[i] = p.showValue(s, v)
		if v.Name != "" {
			items[i] = tomlKey(v.Name) + " = " + items[i]
		}
	}
	switch {
	case !s.List:
		return items[0]
	case len(s.Values) > 0 && s.Values[0].Name != "":
		return "{ " + strings.Join(items, ", ") + " }"
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func (p *Profile) showValue(s Setting, v Value) string {
	if v.Command == nil {
		return strconv.Quote(p.hide(s.mask(v)))
	}
	words := make([]string, len(v.Command))
	for i, word := range v.Command {
		words[i] = strconv.Quote(p.hide(word))
	}
	return "{ command = [" + strings.Join(words, ", ") + "] }"
}

// hide masks what the profile's own key secret names, wherever it stands.
func (p *Profile) hide(text string) string {
	if s := p.Setting("secret"); s != nil {
		for _, v := range s.Values {
			if v.Text != "" && v.Command == nil && !isReference(v.Text) {
				text = strings.ReplaceAll(text, v.Text, masked)
			}
		}
	}
	return text
}

// mask returns the text of a value without what is secret because of where it
// stands.
func (s *Setting) mask(v Value) string {
	if isReference(v.Text) || v.Text == "" {
		return v.Text
	}
	switch s.Key {
	case "bearer", "secret":
		return masked
	case "user":
		name, _, _ := strings.Cut(v.Text, ":")
		return name + ":" + masked
	case "hmac":
		name, key, _ := strings.Cut(v.Text, ":")
		if isReference(strings.TrimPrefix(strings.TrimSpace(key), "sha256=")) {
			return v.Text
		}
		return name + ": " + masked
	case "header":
		name, value, ok := v.Name, v.Text, true
		if name == "" {
			name, value, ok = strings.Cut(v.Text, ":")
		}
		switch {
		case !ok:
			return masked // a secret whose name was forgotten
		case !jsonrpc.IsSecretHeader(strings.TrimSpace(name)) || strings.TrimSpace(value) == "":
			return v.Text
		case v.Name != "":
			return masked
		}
		return name + ": " + masked
	case "target", "proxy", "schema":
		return maskURL(v.Text)
	}
	return v.Text
}

// likelySecret is what the names of headers with secrets have in them. Others may
// be secret too, and are masked; but a warning for each would be noise.
var likelySecret = regexp.MustCompile(`(?i)auth|cookie|key|token|secret|password|session`)

// exposes reports whether a secret stands in the value itself.
func (s *Setting) exposes(v Value) bool {
	if s.Key == "header" {
		name, _, _ := strings.Cut(v.Name+v.Text, ":")
		if v.Name != "" {
			name = v.Name
		}
		if !likelySecret.MatchString(name) {
			return false
		}
	}
	return v.Command == nil && s.mask(v) != v.Text
}

// isReference reports whether a text only names the secret, as flags do.
func isReference(text string) bool {
	return strings.HasPrefix(text, "env:") || strings.HasPrefix(text, "@") && !strings.HasPrefix(text, "@@")
}

// key is what a key in a path looks like: long, and with digits.
var key = regexp.MustCompile(`^[0-9A-Za-z_-]{20,}$`)

var queryValue = regexp.MustCompile(`=[^&]+`)

// variablePassword is how a URL begins whose password is not in the file. Package
// net/url takes no such URL.
var variablePassword = regexp.MustCompile(`^([a-z][0-9a-z+]*://)?(?:[0-9A-Za-z_.-]*|\$\{[^}]*\}):\$\{[^}]*\}@`)

// maskURL masks the user's password, the query's values, and what looks like a
// key in the path.
func maskURL(text string) string {
	prefix := ""
	if !strings.Contains(text, "://") {
		if strings.HasPrefix(text, "exec:") || strings.HasPrefix(text, "unix:") || text == "demo:" {
			return text
		}
		prefix = "http://"
	}
	if m := variablePassword.FindStringSubmatch(text); m != nil && !strings.Contains(text[len(m[0]):], "@") {
		return m[0] + strings.TrimPrefix(maskURL(m[1]+text[len(m[0]):]), m[1])
	}
	u, err := url.Parse(prefix + text)
	if err != nil {
		return maskUser(text)
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), masked)
	}
	u.RawQuery = queryValue.ReplaceAllStringFunc(u.RawQuery, func(value string) string {
		if variable.MatchString(value) {
			return value
		}
		return "=" + masked
	})
	segments := strings.Split(u.Path, "/")
	for i, s := range segments {
		if isKey(s) {
			segments[i] = masked
		}
	}
	u.Path, u.RawPath = strings.Join(segments, "/"), ""
	shown, err := url.PathUnescape(strings.TrimPrefix(u.String(), prefix)) // ${NAME} and *** as they are
	if err != nil {
		return strings.TrimPrefix(u.String(), prefix)
	}
	return shown
}

// SecretsIn returns what is secret in a value that was kept out of the file: all of
// it, or of a URL what looks like a key in its path. (The user's password and the
// query are seen to be secret wherever they stand.)
func SecretsIn(value string) []string {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" {
		return []string{value}
	}
	var secrets []string
	for segment := range strings.SplitSeq(u.Path, "/") {
		if isKey(segment) {
			secrets = append(secrets, segment)
		}
	}
	return secrets
}

func isKey(segment string) bool {
	return key.MatchString(segment) && strings.ContainsAny(segment, "0123456789")
}

// maskUser masks the user and password of what cannot be read as a URL, and
// leaves out its query.
func maskUser(text string) string {
	text, _, _ = strings.Cut(text, "?")
	if i := strings.LastIndex(text, "@"); i >= 0 {
		scheme, _, found := strings.Cut(text, "://")
		if !found {
			return masked + text[i:]
		}
		return scheme + "://" + masked + text[i:]
	}
	return text
}

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func tomlKey(name string) string {
	if bareKey.MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}
