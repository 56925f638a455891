package ascode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"sort"
	"strconv"
	"strings"
)

// golang writes a program that uses this project's package.
func golang(c *Call) (string, error) {
	g := &goProgram{imports: map[string]bool{"context": true, "fmt": true, "log": true, "example.com/jsonrpc": true}}
	g.line("ctx := context.Background()")
	g.options(c)
	if len(g.given) == 0 {
		g.line("client, err := jsonrpc.Dial(ctx, %s)", goString(c.URL))
	} else {
		g.line("client, err := jsonrpc.Dial(ctx, %s,\n%s,\n)", goString(c.URL), strings.Join(g.given, ",\n"))
	}
	g.line("if err != nil { log.Fatal(err) }")
	g.line("defer client.Close()")
	g.line("")
	switch {
	case c.Method == "":
		g.line("reply, err := client.Send(ctx, jsonrpc.Raw(%s))", goString(c.Message))
		g.line("if err != nil { log.Print(err) }")
		g.line("if reply == nil { return }")
		g.line("for _, response := range reply.Responses {")
		g.line("fmt.Println(response.ID, string(response.Result), response.Err)")
		g.line("}")
	case c.Notify:
		delete(g.imports, "fmt")
		g.line("if err := client.Notify(ctx, %s, %s); err != nil { log.Print(err) }", goString(c.Method), g.params(c.Params))
	default:
		g.line("result, err := client.Request(ctx, %s, %s)", goString(c.Method), g.params(c.Params))
		g.line("if err != nil { log.Print(err)\nreturn }")
		g.line("fmt.Println(string(result))")
	}
	return g.source()
}

// A goProgram is one of Go.
type goProgram struct {
	imports map[string]bool
	given   []string // options
	lines   strings.Builder
}

func (g *goProgram) line(format string, args ...any) { fmt.Fprintf(&g.lines, format+"\n", args...) }

// options collects what Dial is given.
func (g *goProgram) options(c *Call) {
	add := func(format string, args ...any) { g.given = append(g.given, fmt.Sprintf("jsonrpc."+format, args...)) }
	for _, h := range c.Headers {
		switch {
		case h.Variable != "":
			g.imports["os"] = true
			add("WithHeader(%s, os.Getenv(%s))", goString(h.Name), goString(h.Variable))
		case h.Value == "":
			add("WithHeader(%s)", goString(h.Name))
		default:
			add("WithHeader(%s, %s)", goString(h.Name), goString(h.Value))
		}
	}
	if c.Bearer != "" {
		g.imports["os"] = true
		add("WithBearerToken(os.Getenv(%s))", goString(c.Bearer))
	}
	if c.User != "" {
		g.imports["os"], g.imports["strings"] = true, true
		g.line("user, password, _ := strings.Cut(os.Getenv(%s), \":\")", goString(c.User))
		if c.Digest {
			g.imports["example.com/jsonrpc/integration/digest"] = true
			g.given = append(g.given, "digest.WithAuth(user, password)")
		} else {
			add("WithBasicAuth(user, password)")
		}
	}
	if auths := g.auths(c); len(auths) > 0 {
		g.imports["example.com/jsonrpc/auth"] = true
		add("WithAuth(%s)", strings.Join(auths, ", "))
	}
	if !c.Strict {
		add("WithValidation(false)")
	}
	if c.Timeout > 0 {
		g.imports["time"] = true
		add("WithTimeout(%d * time.Millisecond)", c.Timeout.Milliseconds())
	}
	if c.Insecure {
		add("WithInsecureSkipVerify()")
	}
	if c.CACert != "" {
		add("WithCAFile(%s)", goString(c.CACert))
	}
	if c.Cert != "" {
		key := c.CertKey
		if key == "" {
			key = c.Cert
		}
		add("WithClientCert(%s, %s)", goString(c.Cert), goString(key))
	}
	if c.ServerName != "" {
		add("WithServerName(%s)", goString(c.ServerName))
	}
	if c.Proxy != "" {
		add("WithProxy(%s)", goString(c.Proxy))
	}
	if name := map[string]string{"header": "Header", "bare": "Bare", "netstring": "Netstring"}[c.Framing]; name != "" {
		g.imports["example.com/jsonrpc/transport"] = true
		add("WithFraming(transport.%s)", name)
	}
}

// auths returns what makes headers anew for each message.
func (g *goProgram) auths(c *Call) (auths []string) {
	if c.CookieFile != "" {
		auths = append(auths, fmt.Sprintf("auth.CookieFile(%s)", goString(c.CookieFile)))
	}
	if c.JWTFile != "" {
		auths = append(auths, fmt.Sprintf("auth.JWTFile(%s, nil)", goString(c.JWTFile)))
	}
	if h := c.HMAC; h.Header != "" {
		g.imports["os"] = true
		prefix := ""
		if h.Prefix != "" {
			prefix = ", Prefix: " + goString(h.Prefix)
		}
		auths = append(auths, fmt.Sprintf("auth.HMAC{Header: %s, Key: []byte(os.Getenv(%s))%s}.Auth()", goString(h.Header), goString(h.Key), prefix))
	}
	return auths
}

// params writes params as a person would.
func (g *goProgram) params(text json.RawMessage) string {
	if len(text) == 0 {
		return "nil"
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		g.imports["encoding/json"] = true
		return "json.RawMessage(" + goString(string(text)) + ")"
	}
	switch value := value.(type) {
	case map[string]any:
		return "jsonrpc.Named" + g.members(value)
	case []any:
		return "jsonrpc.Args" + g.items(value)
	}
	g.imports["encoding/json"] = true
	return "json.RawMessage(" + goString(string(text)) + ")"
}

func (g *goProgram) value(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case bool:
		return strconv.FormatBool(v)
	case string:
		return goString(v)
	case json.Number:
		if _, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return v.String()
		}
		g.imports["encoding/json"] = true
		return fmt.Sprintf("json.Number(%q)", v.String()) // with all its digits
	case []any:
		return "[]any" + g.items(v)
	case map[string]any:
		return "map[string]any" + g.members(v)
	}
	return "nil"
}

func (g *goProgram) items(values []any) string {
	texts := make([]string, 0, len(values))
	for _, v := range values {
		texts = append(texts, g.value(v))
	}
	return "{" + strings.Join(texts, ", ") + "}"
}

func (g *goProgram) members(values map[string]any) string {
	texts := make([]string, 0, len(values))
	for name, v := range values {
		texts = append(texts, goString(name)+": "+g.value(v))
	}
	sort.Strings(texts)
	return "{" + strings.Join(texts, ", ") + "}"
}

// source returns the program as gofmt has it.
func (g *goProgram) source() (string, error) {
	var std, other []string
	for path := range g.imports {
		if strings.Contains(path, ".") {
			other = append(other, strconv.Quote(path))
		} else {
			std = append(std, strconv.Quote(path))
		}
	}
	sort.Strings(std)
	sort.Strings(other)
	text := "package main\n\nimport (\n" + strings.Join(std, "\n") + "\n\n" + strings.Join(other, "\n") + "\n)\n\nfunc main() {\n" +
		g.lines.String() + "}\n"
	source, err := format.Source([]byte(text))
	if err != nil {
		return "", fmt.Errorf("the program cannot be written: %w", err)
	}
	return string(source), nil
}

// goString is a string of Go's, between back quotes if that saves escapes.
func goString(s string) string {
	if strings.ContainsAny(s, `"\`) && strconv.CanBackquote(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}
