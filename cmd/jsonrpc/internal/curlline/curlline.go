// Package curlline reads a command line of curl's, as a browser copies it or a
// manual shows it, for the call that is in it.
package curlline

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"mvdan.cc/sh/v3/shell"
)

// A Call is what a command line of curl's sends.
type Call struct {
	URL     string
	Body    string
	File    string // the body is in this file; - is stdin
	Headers []Header

	User, Bearer      string // as on the command line
	Digest            bool   // User is for digest authentication
	Insecure          bool
	CACert, Cert, Key string
	Proxy, Timeout    string
	Compressed        bool
	Ignored           []string // flags without a meaning for a call
}

// A Header is one that is not sent anyway.
type Header struct{ Name, Value string }

// A flag of curl's takes a value or none.
type flag struct {
	value bool
	set   func(*Call, string) error
}

func ignored(value bool) flag { return flag{value: value} }

func store(at func(*Call) *string) flag {
	return flag{true, func(c *Call, v string) error { *at(c) = v; return nil }}
}

func turn(at func(*Call) *bool) flag {
	return flag{false, func(c *Call, _ string) error { *at(c) = true; return nil }}
}

func refused(value bool, why string) flag {
	return flag{value, func(*Call, string) error { return errors.New(why) }}
}

// flags are those of curl's manual that commands for JSON-RPC servers have.
var flags = map[string]flag{
	"url":               store(func(c *Call) *string { return &c.URL }),
	"request":           {true, (*Call).method},
	"header":            {true, (*Call).header},
	"data":              {true, (*Call).data},
	"data-ascii":        {true, (*Call).data},
	"data-binary":       {true, (*Call).data},
	"data-raw":          {true, (*Call).raw},
	"json":              {true, (*Call).data},
	"user":              store(func(c *Call) *string { return &c.User }),
	"oauth2-bearer":     store(func(c *Call) *string { return &c.Bearer }),
	"insecure":          turn(func(c *Call) *bool { return &c.Insecure }),
	"cacert":            store(func(c *Call) *string { return &c.CACert }),
	"cert":              store(func(c *Call) *string { return &c.Cert }),
	"key":               store(func(c *Call) *string { return &c.Key }),
	"proxy":             store(func(c *Call) *string { return &c.Proxy }),
	"max-time":          store(func(c *Call) *string { return &c.Timeout }),
	"user-agent":        {true, func(c *Call, v string) error { return c.header("User-Agent: " + v) }},
	"referer":           {true, func(c *Call, v string) error { return c.header("Referer: " + v) }},
	"cookie":            {true, (*Call).cookie},
	"compressed":        turn(func(c *Call) *bool { return &c.Compressed }), // replies always may be
	"basic":             ignored(false),
	"digest":            turn(func(c *Call) *bool { return &c.Digest }),
	"form":              refused(true, "--form sends a form, which is no JSON-RPC message"),
	"get":               refused(false, "--get puts the message into the URL: this command sends it with POST"),
	"upload-file":       refused(true, "--upload-file sends with PUT: this command sends messages with POST"),
	"unix-socket":       refused(true, "--unix-socket: HTTP over a Unix socket is not a TARGET of this command"),
	"data-urlencode":    refused(true, "--data-urlencode sends a form, which is no JSON-RPC message"),
	"location":          ignored(false),
	"silent":            ignored(false),
	"show-error":        ignored(false),
	"fail":              ignored(false),
	"fail-with-body":    ignored(false),
	"verbose":           ignored(false),
	"include":           ignored(false),
	"no-buffer":         ignored(false),
	"globoff":           ignored(false),
	"progress-bar":      ignored(false),
	"http1.1":           ignored(false),
	"http2":             ignored(false),
	"ipv4":              ignored(false),
	"ipv6":              ignored(false),
	"output":            ignored(true),
	"write-out":         ignored(true),
	"connect-timeout":   ignored(true),
	"retry":             ignored(true),
	"dump-header":       ignored(true),
	"cookie-jar":        ignored(true),
	"no-progress-meter": ignored(false),
}

// short are the letters of flags.
var short = map[byte]string{
	'X': "request", 'H': "header", 'd': "data", 'u': "user", 'k': "insecure", 'E': "cert", 'x': "proxy", 'm': "max-time",
	'A': "user-agent", 'e': "referer", 'b': "cookie", 'F': "form", 'G': "get", 'T': "upload-file", 'L': "location", 's': "silent",
	'S': "show-error", 'f': "fail", 'v': "verbose", 'i': "include", 'N': "no-buffer", 'g': "globoff", '#': "progress-bar",
	'4': "ipv4", '6': "ipv6", 'o': "output", 'w': "write-out", 'D': "dump-header", 'c': "cookie-jar",
}

// Parse reads a command line. $NAME and ${NAME} in it stand for what variable
// returns. Nothing in it is run.
func Parse(text string, variable func(string) string) (*Call, error) {
	words, ok := split(text, variable)
	if !ok {
		return nil, errors.New("it cannot be read as a shell reads it: quotes must be closed, and $(…) is not run")
	}
	return ParseWords(words)
}

// split splits a command line as a shell does. The package that does it panics
// over <(…), which would run something.
func split(text string, variable func(string) string) (words []string, ok bool) {
	defer func() {
		if recover() != nil {
			words, ok = nil, false
		}
	}()
	words, err := shell.Fields(text, variable)
	return words, err == nil
}

// ParseWords reads a command line that a shell has split.
func ParseWords(words []string) (*Call, error) {
	if len(words) > 0 && (words[0] == "curl" || strings.HasSuffix(words[0], "/curl") || words[0] == "curl.exe") {
		words = words[1:]
	}
	c := &Call{}
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		var err error
		switch {
		case strings.HasPrefix(word, "--"):
			words, err = c.long(word[2:], words)
		case strings.HasPrefix(word, "-") && len(word) > 1:
			words, err = c.letters(word[1:], words)
		case c.URL != "":
			err = errors.New("there are two URLs in it: import one at a time")
		default:
			c.URL = word
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case c.URL == "":
		return nil, errors.New("there is no URL in it")
	case c.Body == "" && c.File == "":
		return nil, errors.New("there is no message in it: curl sends one with --data")
	}
	if !strings.Contains(c.URL, "://") {
		c.URL = "http://" + c.URL // as curl does
	}
	if u, err := url.Parse(c.URL); err == nil && c.Digest && c.User == "" && u.User != nil {
		password, _ := u.User.Password()
		c.User, u.User = u.User.Username()+":"+password, nil
		c.URL = u.String()
	}
	return c, nil
}

func (c *Call) long(name string, rest []string) ([]string, error) {
	f, known := flags[name]
	if !known {
		return nil, fmt.Errorf("the flag --%.40s of curl's is not known here: leave it out", name)
	}
	if !f.value {
		return rest, c.apply(name, f, "")
	}
	if len(rest) == 0 {
		return nil, fmt.Errorf("--%s has no value", name)
	}
	return rest[1:], c.apply(name, f, rest[0])
}

// letters reads a word like -sXPOST.
func (c *Call) letters(word string, rest []string) ([]string, error) {
	for i := range len(word) {
		name, known := short[word[i]]
		if !known {
			return nil, fmt.Errorf("the flag -%.1q of curl's is not known here: leave it out", word[i:])
		}
		f := flags[name]
		if !f.value {
			if err := c.apply(name, f, ""); err != nil {
				return nil, err
			}
			continue
		}
		if value := word[i+1:]; value != "" {
			return rest, c.apply(name, f, value)
		}
		return c.long(name, rest)
	}
	return rest, nil
}

func (c *Call) apply(name string, f flag, value string) error {
	if f.set == nil {
		c.Ignored = append(c.Ignored, "--"+name)
		return nil
	}
	return f.set(c, value)
}

func (c *Call) method(name string) error {
	if strings.EqualFold(name, "POST") {
		return nil
	}
	return fmt.Errorf("it sends with %.20s: this command sends messages with POST", name)
}

// header keeps a header, unless the command sends it anyway.
func (c *Call) header(text string) error {
	name, value, found := strings.Cut(text, ":")
	if !found {
		name, _, found = strings.Cut(text, ";") // one without a value
		if !found {
			return fmt.Errorf("the header %.40q has no colon", text)
		}
	}
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	switch lower := strings.ToLower(name); {
	case lower == "content-type" && strings.EqualFold(value, "application/json"),
		lower == "content-length", lower == "accept-encoding", lower == "connection",
		lower == "accept" && (value == "*/*" || value == "application/json"),
		strings.HasPrefix(lower, "sec-"):
		return nil
	case lower == "authorization" && len(value) > 7 && strings.EqualFold(value[:7], "bearer "):
		c.Bearer = strings.TrimSpace(value[7:])
		return nil
	}
	c.Headers = append(c.Headers, Header{name, value})
	return nil
}

// cookie takes cookies, or the name of a file with some.
func (c *Call) cookie(text string) error {
	if !strings.Contains(text, "=") {
		return errors.New("--cookie names a file: write the cookies as NAME=VALUE")
	}
	return c.header("Cookie: " + text)
}

// data takes a part of the message, or a file with it.
func (c *Call) data(text string) error {
	file, isFile := strings.CutPrefix(text, "@")
	if !isFile {
		return c.raw(text)
	}
	if c.Body != "" || c.File != "" {
		return errors.New("the message is in several places: put it into one --data")
	}
	c.File = file
	return nil
}

func (c *Call) raw(text string) error {
	if c.File != "" {
		return errors.New("the message is in several places: put it into one --data")
	}
	if c.Body != "" {
		c.Body += "&" // as curl joins them
	}
	c.Body += text
	return nil
}
