package gogen

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

func (g *generator) writeClient() string {
	var b strings.Builder
	info := g.doc.Info
	title := strings.Join(strings.Fields(info.Title), " ")
	if title == "" {
		title = "a JSON-RPC service"
	}
	doc := fmt.Sprintf("Package %s calls the methods of %s", g.options.Package, title)
	if info.Version != "" {
		doc += ", version " + strings.Join(strings.Fields(info.Version), " ")
	}
	writeComment(&b, doc+".\n\n"+info.Description)
	b.WriteString(packageMark)
	if g.options.Command != "" {
		fmt.Fprintf(&b, "//go:generate %s\n\n", g.options.Command)
	}
	b.WriteString("// API is what the service does. A [Client] asks the service, a [Mock] stands in\n// for it in tests.\ntype API interface {\n")
	for i, m := range g.methods {
		if i > 0 {
			b.WriteString("\n")
		}
		writeComment(&b, g.methodDoc(m, true))
		fmt.Fprintf(&b, "%s(%s, opts ...jsonrpc.CallOption) %s\n", m.name, m.signature(), m.results())
	}
	b.WriteString(`}

// A Client calls the methods of the service. It may be used by many goroutines at
// once.
type Client struct{ caller jsonrpc.Caller }

var _ API = (*Client)(nil)

// New returns a client that sends its calls by c, as a rule a [jsonrpc.Client].
func New(c jsonrpc.Caller) *Client { return &Client{caller: c} }
`)
	for _, m := range g.methods {
		b.WriteString("\n")
		writeComment(&b, g.methodDoc(m, false))
		writeMethod(&b, m)
	}
	for _, m := range g.methods {
		if m.options != "" {
			writeOptions(&b, m)
		}
	}
	return b.String()
}

// methodDoc tells what a method does: of the interface in a sentence, of the
// client in full.
func (g *generator) methodDoc(m *method, short bool) string {
	summary, description := strings.TrimSpace(m.Summary), strings.TrimSpace(m.Description)
	if summary == "" {
		summary, description, _ = strings.Cut(description, "\n")
	}
	doc := fmt.Sprintf("%s calls %s", m.name, clean(m.Name))
	if m.Result == nil {
		doc = fmt.Sprintf("%s sends the notification %s", m.name, clean(m.Name))
	}
	if doc += "."; summary != "" {
		doc = strings.TrimSuffix(doc, ".") + ": " + sentence(summary)
	}
	if short {
		return doc
	}
	if description != "" && description != summary {
		doc += "\n\n" + description
	}
	if list := paramList(m.positional()); list != "" {
		if strings.HasSuffix(description, "```") {
			doc += "\n\nThe params:" // else the list would be a part of the code
		}
		doc += "\n\n" + list
	}
	if m.result != nil && m.Result.Description != "" && m.Result.Description != description {
		doc += "\n\nThe result: " + sentence(m.Result.Description)
	}
	if len(m.errors) > 0 {
		doc += "\n\nErrors: [" + strings.Join(m.errors, "], [") + "]."
	}
	if m.Deprecated {
		doc += "\n\n" + deprecated
	}
	return doc
}

// clean makes one line of printable characters of a name.
func clean(name string) string {
	return strings.Join(strings.Fields(strings.Map(printable, name)), " ")
}

// paramList describes params of which there is something to say.
func paramList(params []param) string {
	var lines []string
	for _, p := range params {
		doc := p.doc()
		if p.optional {
			doc = strings.TrimSpace("optional. " + doc)
		}
		if doc = strings.Join(strings.Fields(doc), " "); doc != "" {
			lines = append(lines, fmt.Sprintf("  - %s: %s", p.variable, sentence(doc)))
		}
	}
	return strings.Join(lines, "\n")
}

// doc is what the description says of a param.
func (p *param) doc() string {
	doc := describeValue(p.Schema)
	if of := cmp.Or(p.Description, p.Summary); of != "" {
		doc = sentence(of) + "\n\n" + defaultOf(p.Schema)
	}
	if (p.Deprecated || p.Schema.Deprecated) && !strings.HasSuffix(doc, deprecated) {
		doc += "\n\n" + deprecated
	}
	return strings.TrimSpace(doc)
}

func writeMethod(b *strings.Builder, m *method) {
	fmt.Fprintf(b, "func (c *Client) %s(%s, opts ...jsonrpc.CallOption) %s {\n", m.name, m.signature(), m.results())
	params := "nil"
	if len(m.params) > 0 {
		params = writeParams(b, m)
	}
	switch {
	case m.Result == nil:
		fmt.Fprintf(b, "return c.caller.Notify(ctx, %q, %s, opts...)\n}\n", m.Name, params)
	case m.result == nil:
		fmt.Fprintf(b, "return c.caller.Call(ctx, %q, %s, nil, opts...)\n}\n", m.Name, params)
	default:
		fmt.Fprintf(b, "return jsonrpc.Call[%s](ctx, c.caller, %q, %s, opts...)\n}\n", m.result, m.Name, params)
	}
}

// writeParams writes what puts the params together, and returns the expression
// for them.
func writeParams(b *strings.Builder, m *method) string {
	required := m.required()
	always := make([]string, len(required))
	for i, p := range required {
		value := p.variable
		if m.byName {
			value = fmt.Sprintf("%q: %s", p.Name, value)
		}
		always[i] = value
	}
	kind := "Args"
	if m.byName {
		kind = "Named"
	}
	params := fmt.Sprintf("jsonrpc.%s{%s}", kind, strings.Join(always, ", "))
	optional := m.optional()
	if len(optional) == 0 {
		return params
	}
	fmt.Fprintf(b, "params := %s\n", params)
	set := func(p param, value string) {
		if m.byName {
			fmt.Fprintf(b, "if %s != nil {\nparams[%q] = %[1]s\n}\n", value, p.Name)
		} else {
			fmt.Fprintf(b, "if %s != nil {\nparams = append(params, %[1]s)\n}\n", value)
		}
	}
	switch {
	case m.options == "":
		set(optional[0], optional[0].variable)
	case m.byName:
		b.WriteString("if options != nil {\n")
		for _, p := range optional {
			set(p, "options."+p.field)
		}
		b.WriteString("}\n")
	default:
		var values []string
		for _, p := range optional {
			values = append(values, "options."+p.field)
		}
		fmt.Fprintf(b, "if options != nil {\nparams = append(params, trim(%s)...)\n}\n", strings.Join(values, ", "))
	}
	return "params"
}

func writeOptions(b *strings.Builder, m *method) {
	b.WriteString("\n")
	writeComment(b, fmt.Sprintf("%s are the params of %s that are optional: nil is one that is not sent.", m.options, m.name))
	fmt.Fprintf(b, "type %s struct {\n", m.options)
	for i, p := range m.optional() {
		doc := p.doc()
		if doc != "" && i > 0 {
			b.WriteString("\n")
		}
		writeComment(b, doc)
		fmt.Fprintf(b, "%s %s\n", p.field, p.typ)
	}
	b.WriteString("}\n")
}

func (g *generator) writeMock() string {
	var b strings.Builder
	b.WriteString("// A Mock is an [API] for tests. A method whose function is nil answers with an\n// error of the code [jsonrpc.CodeMethodNotFound].\ntype Mock struct {\n")
	for _, m := range g.methods {
		fmt.Fprintf(&b, "%sFunc func(%s) %s\n", m.name, m.signature(), m.results())
	}
	b.WriteString("}\n\nvar _ API = (*Mock)(nil)\n")
	for _, m := range g.methods {
		arguments := []string{"ctx"}
		for _, p := range m.positional() {
			arguments = append(arguments, p.variable)
		}
		if m.options != "" {
			arguments = append(arguments, "options")
		}
		results := "error"
		if m.result != nil {
			results = fmt.Sprintf("(result %s, err error)", m.result)
		}
		failure := fmt.Sprintf("notMocked(%q)", m.name)
		if m.result != nil {
			failure = "result, " + failure
		}
		fmt.Fprintf(&b, "\n// %s calls %[1]sFunc.\nfunc (m *Mock) %[1]s(%s, _ ...jsonrpc.CallOption) %s {\nif m.%[1]sFunc == nil {\nreturn %[4]s\n}\nreturn m.%[1]sFunc(%[5]s)\n}\n",
			m.name, m.signature(), results, failure, strings.Join(arguments, ", "))
	}
	if len(g.methods) > 0 {
		fmt.Fprintf(&b, "\nfunc notMocked(method string) error {\nreturn &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: \"%s.Mock has no \" + method + \"Func\"}\n}\n", g.options.Package)
	}
	return b.String()
}

// quoted writes JSON as a string of Go, raw if it can be.
func quoted(text string) string {
	if strings.ContainsAny(text, "`\r") || slices.Contains([]rune(text), '\ufeff') {
		return fmt.Sprintf("%q", text)
	}
	return "`" + text + "`"
}
