package jsonrpctest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/jsonrpc"
	"example.com/jsonrpc/internal/forms"
)

// masked stands for a secret in a recording.
const masked = "***"

// secretMembers are the names of members whose values are taken for secrets, in
// lower case and without - and _.
var secretMembers = []string{
	"accesstoken", "apikey", "apitoken", "auth", "authorization", "authtoken", "clientsecret", "cookie", "credential",
	"credentials", "idtoken", "jwt", "mnemonic", "passphrase", "passwd", "password", "privatekey", "privkey", "pwd",
	"refreshtoken", "secret", "secretkey", "seed", "sessionid", "sessiontoken", "token",
}

// A Mask says what a recording must not hold, beside what never goes into one: the
// values of headers that may be secret (see [jsonrpc.IsSecretHeader]), URLs with
// what is in them, and the values of members with the usual names, such as
// password, token, apiKey and private_key, at any depth of a message, be it one
// that breaks off. What is masked is ***, and 0 in place of a number.
type Mask struct {
	// Members are the names of more members, in any case, - and _ left out.
	Members []string
	// Keep are names of members that are not masked though they are usual.
	Keep []string
	// Values are texts to mask wherever they stand: what is secret as an item of
	// an array, say, as aria2's "token:…" is.
	Values []string
	// Headers are names of more headers that are secret.
	Headers []string
}

func foldName(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
}

// secretMember reports whether the member's value is to be masked.
func (m *Mask) secretMember(name string) bool {
	name = foldName(name)
	same := func(other string) bool { return foldName(other) == name }
	return !slices.ContainsFunc(m.Keep, same) && (slices.Contains(secretMembers, name) || slices.ContainsFunc(m.Members, same))
}

// values replaces the texts that are secret, in each form in which they travel.
func (m *Mask) values(text string) string {
	all := forms.Of(m.Values...)
	pairs := make([]string, 0, 2*len(all))
	for _, form := range all {
		pairs = append(pairs, form, masked)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// byteOrderMark is what some servers begin a body with.
const byteOrderMark = "\ufeff"

// text masks a message, or anything else. In an event stream it masks the
// messages.
func (m *Mask) text(text []byte) []byte {
	mark, text := cutMark(text)
	return append(mark, m.unmarked(text)...)
}

// cutMark divides what a body begins with from the text.
func cutMark(body []byte) (mark, text []byte) {
	if text, found := bytes.CutPrefix(body, []byte(byteOrderMark)); found {
		return []byte(byteOrderMark), text
	}
	return nil, body
}

func (m *Mask) unmarked(text []byte) (out []byte) {
	if !bytes.HasPrefix(text, []byte("data:")) && !bytes.Contains(text, []byte("\ndata:")) || checkJSON(text) == nil {
		return []byte(m.values(string(m.members(text))))
	}
	lines := strings.SplitAfter(string(text), "\n")
	for len(lines) > 0 {
		message, n := "", 0 // of so many lines
		for ; n < len(lines) && strings.HasPrefix(lines[n], "data:"); n++ {
			message += lines[n][len("data:"):]
		}
		if n == 0 {
			out = append(out, lines[0]...)
			n = 1
		} else {
			for line := range strings.Lines(string(m.members([]byte(message)))) {
				out = append(append(out, "data:"...), line...)
			}
		}
		lines = lines[n:]
	}
	return []byte(m.values(string(out)))
}

// looseMember finds what looks like a member in text that is not JSON.
var looseMember = regexp.MustCompile(`("(?:[^"\\]|\\.)*")(\s*:\s*)("(?:[^"\\]|\\.)*["\\]?|-?[0-9][-+.0-9eE]*)`)

// loose masks what looks like a member with a secret's name.
func (m *Mask) loose(text []byte) (out []byte) {
	for {
		at := looseMember.FindSubmatchIndex(text)
		if at == nil {
			return append(out, text...)
		}
		name, colon, end := text[at[2]:at[3]], at[5], at[1]
		out = append(out, text[:colon]...)
		switch {
		case !m.secretMember(unquote(name)):
			end = colon // its value may be the name of the next
		case text[colon] == '"':
			out = append(out, `"`+masked+`"`...)
		default:
			out = append(out, '0')
		}
		text = text[end:]
	}
}

// members masks the members of a JSON text that have a secret's name, and leaves
// all else of it as it is. Of what is not JSON, or breaks off, it masks what looks
// like one, and all that follows if a secret has begun. Bytes that are not UTF-8
// are in what real servers send, and do not make it something else.
func (m *Mask) members(text []byte) (out []byte) {
	d := newDecoder(text, jsontext.AllowInvalidUTF8(true))
	secret := -1 // the depth at which a secret began, or none
	from := 0
	for pending := false; ; {
		token, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF):
			return append(out, text[from:]...)
		case err != nil && (pending || secret >= 0):
			return append(append(out, text[from:max(from, int(d.InputOffset()))]...), masked...)
		case err != nil:
			return append(out, m.loose(text[from:])...)
		}
		depth := d.StackDepth()
		kind, length := d.StackIndex(depth)
		opens, closes := token.Kind() == '{' || token.Kind() == '[', token.Kind() == '}' || token.Kind() == ']'
		if token.Kind() == '"' && kind == '{' && length%2 == 1 { // a name
			pending = secret < 0 && m.secretMember(token.String())
			continue
		}
		switch {
		case opens && pending:
			secret = depth
		case closes && depth < secret:
			secret = -1
		case (pending || secret >= 0) && (token.Kind() == '"' || token.Kind() == '0'):
			end := int(d.InputOffset())
			start := valueStart(text, from, end, token.Kind() == '"')
			out = append(out, text[from:start]...)
			if out, from = append(out, `"`+masked+`"`...), end; token.Kind() == '0' {
				out = append(out[:len(out)-len(masked)-2], '0')
			}
		}
		pending = false
	}
}

// valueStart returns where the string or number that ends at end begins.
func valueStart(text []byte, from, end int, isString bool) int {
	start := end - 1
	if !isString {
		for start > from && strings.IndexByte("+-.0123456789eE", text[start-1]) >= 0 {
			start--
		}
		return start
	}
	for start--; start > from; start-- {
		if text[start] != '"' {
			continue
		}
		slashes := 0
		for start-slashes > from && text[start-slashes-1] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			break
		}
	}
	return start
}

// ordinaryHeaders are in so many messages that a recording is better off without
// them, or are no longer true in it.
var ordinaryHeaders = []string{
	"Accept", "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Date", "Host", "Keep-Alive",
	"Server", "Transfer-Encoding", "User-Agent",
}

// requestHeader returns what a recording has of a request's headers, nil if that
// is nothing.
func (m *Mask) requestHeader(header http.Header) http.Header {
	return m.header(header, jsonrpc.IsSecretHeader)
}

// replyHeader does so with those of a reply, most of which are no secrets.
func (m *Mask) replyHeader(header http.Header) http.Header {
	return m.header(header, func(name string) bool {
		name = strings.ToLower(name)
		if slices.Contains([]string{"location", "content-location", "link", "refresh"}, name) { // URLs
			return true
		}
		return name != "www-authenticate" && slices.ContainsFunc([]string{
			"auth", "cookie", "credential", "key", "secret", "session", "token",
		}, func(part string) bool { return strings.Contains(name, part) })
	})
}

func (m *Mask) header(header http.Header, secret func(name string) bool) (kept http.Header) {
	for name, values := range header {
		isJSON := name == "Content-Type" && len(values) == 1 && strings.HasPrefix(values[0], "application/json")
		if isJSON && !strings.HasPrefix(values[0], "application/json-") || slices.Contains(ordinaryHeaders, name) {
			continue
		}
		if kept == nil {
			kept = http.Header{}
		}
		hide := secret(name) || slices.ContainsFunc(m.Headers, func(other string) bool { return strings.EqualFold(other, name) })
		for _, value := range values {
			if value = m.values(value); hide {
				value = masked
			}
			kept.Add(name, value)
		}
	}
	return kept
}
