package openrpc

import (
	"encoding/json"
	"slices"
	"strings"
)

func (p *parser) document() *Document {
	n := p.root
	if n.kind != '{' {
		p.fail(nil, "want an object, not %s", n.what())
		return nil
	}
	d := &Document{Raw: n.raw, Extensions: extensions(n)}
	switch d.OpenRPC = p.str(n, "openrpc", nil); {
	case d.OpenRPC == "":
		p.fail(nil, `the member "openrpc" is missing: it tells the version of OpenRPC, as "1.4.0"`)
	case !strings.HasPrefix(d.OpenRPC, "1."):
		p.fail(nil, "the version is %s: 1.0 to 1.4 are understood", quote(d.OpenRPC))
	case n.member("methods") == nil:
		p.fail(nil, `the member "methods" is missing`)
	}
	d.Info = p.info(n)
	d.Servers = each(p, n, "servers", nil, p.server)
	d.ExternalDocs = p.externalDocs(n, nil)
	d.Methods = each(p, n, "methods", nil, p.method)
	p.unique(d.Methods)
	d.Components = p.components(n)
	return d
}

// unique refuses two methods of one name, of which only one could be called.
func (p *parser) unique(methods []*Method) {
	seen := make(map[string]bool, len(methods))
	for _, m := range methods {
		if seen[m.Name] {
			p.fail(nil, "there are two methods of the name %s", quote(m.Name))
		}
		seen[m.Name] = true
	}
}

func (p *parser) info(doc *node) Info {
	var (
		n  = doc.member("info")
		at = (*place)(nil).member("info")
	)
	if !p.object(n, at) {
		return Info{}
	}
	i := Info{
		Title: p.str(n, "title", at), Description: p.str(n, "description", at),
		TermsOfService: p.str(n, "termsOfService", at), Version: p.str(n, "version", at), Extensions: extensions(n),
	}
	if c, at := n.member("contact"), at.member("contact"); p.object(c, at) {
		i.Contact = &Contact{
			Name: p.str(c, "name", at), URL: p.str(c, "url", at), Email: p.str(c, "email", at), Extensions: extensions(c),
		}
	}
	if l, at := n.member("license"), at.member("license"); p.object(l, at) {
		i.License = &License{Name: p.str(l, "name", at), URL: p.str(l, "url", at), Extensions: extensions(l)}
	}
	return i
}

func (p *parser) externalDocs(in *node, at *place) *ExternalDocs {
	n, at := in.member("externalDocs"), at.member("externalDocs")
	if !p.object(n, at) {
		return nil
	}
	return &ExternalDocs{Description: p.str(n, "description", at), URL: p.str(n, "url", at), Extensions: extensions(n)}
}

func (p *parser) server(n *node, _ string, at *place) Server {
	s := Server{
		Name: p.str(n, "name", at), Summary: p.str(n, "summary", at), Description: p.str(n, "description", at),
		URL: p.str(n, "url", at), Extensions: extensions(n),
	}
	at = at.member("variables")
	variables := n.member("variables")
	if !p.object(variables, at) {
		return s
	}
	for i, name := range variables.names {
		n, at := variables.nodes[i], at.member(name)
		if !p.object(n, at) {
			continue
		}
		v := ServerVariable{Name: name, Default: p.str(n, "default", at), Description: p.str(n, "description", at)}
		for i, value := range p.items(n.member("enum"), at.member("enum")) {
			text, ok := value.text()
			if !ok {
				p.fail(at.member("enum").item(i), "want a string, not %s", value.what())
			}
			v.Enum = append(v.Enum, text)
		}
		s.Variables = append(s.Variables, v)
	}
	return s
}

func (p *parser) method(n *node, _ string, at *place) *Method {
	m := &Method{
		Name: p.name(n, at), Summary: p.str(n, "summary", at), Description: p.str(n, "description", at),
		Tags:           each(p, n, "tags", at, p.tag),
		ParamStructure: p.paramStructure(n, at),
		Errors:         each(p, n, "errors", at, p.errorObject),
		Links:          each(p, n, "links", at, p.link),
		Examples:       each(p, n, "examples", at, p.pairing),
		Servers:        each(p, n, "servers", at, p.server),
		Deprecated:     p.boolean(n, "deprecated", at),
		ExternalDocs:   p.externalDocs(n, at),
		Extensions:     extensions(n),
		Raw:            n.raw,
	}
	params := at.member("params")
	for i, item := range p.items(n.member("params"), params) {
		m.Params = append(m.Params, p.content(item, params.item(i)))
	}
	if result := n.member("result"); result != nil && result.kind != 'n' {
		m.Result = p.content(result, at.member("result"))
	}
	return m
}

func (p *parser) paramStructure(n *node, at *place) ParamStructure {
	switch s := ParamStructure(p.str(n, "paramStructure", at)); s {
	case "":
		return Either
	case ByName, ByPosition, Either:
		return s
	default:
		p.fail(at.member("paramStructure"), "%s is not one of by-name, by-position, either", quote(string(s)))
		return Either
	}
}

// content reads the description of a param or a result. One that leads nowhere
// is there all the same, because params are counted.
func (p *parser) content(n *node, at *place) *ContentDescriptor {
	to, ref := p.resolve(n, at)
	if to == nil {
		yes := true
		return &ContentDescriptor{Name: lastToken(ref), Schema: &Schema{Raw: json.RawMessage("true"), Path: at.String(), Bool: &yes}}
	}
	return p.descriptor(to, ref, at)
}

func (p *parser) descriptor(n *node, _ string, at *place) *ContentDescriptor {
	if !p.object(n, at) {
		p.fail(at, "want an object, not %s", n.what())
		return nil
	}
	c := &ContentDescriptor{
		Name: p.name(n, at), Summary: p.str(n, "summary", at), Description: p.str(n, "description", at),
		Required: p.boolean(n, "required", at), Deprecated: p.boolean(n, "deprecated", at), Extensions: extensions(n),
	}
	schema := n.member("schema")
	if schema == nil {
		schema = &node{raw: []byte("true"), kind: 't'}
	}
	c.Schema = p.schema(schema, nil, at.member("schema"))
	return c
}

func (p *parser) errorObject(n *node, ref string, at *place) *Error {
	e := &Error{
		Name: lastToken(ref), Code: p.code(n, at), Message: p.str(n, "message", at),
		Data: raw(n.member("data")), Extensions: extensions(n),
	}
	if data := n.member("data"); data.isSchema() {
		e.DataSchema = p.schema(data, nil, at.member("data"))
	}
	return e
}

// isSchema tells a schema from a value that happens to be an object.
func (n *node) isSchema() bool {
	if _, ok := n.member("$ref").text(); ok {
		return true
	}
	typ, ok := n.member("type").text()
	return ok && slices.Contains([]string{"object", "array", "string", "number", "integer", "boolean", "null"}, typ)
}

func (p *parser) link(n *node, ref string, at *place) *Link {
	l := &Link{
		Name: p.str(n, "name", at), Summary: p.str(n, "summary", at), Description: p.str(n, "description", at),
		Method: p.str(n, "method", at), Extensions: extensions(n),
	}
	if l.Name == "" {
		l.Name = lastToken(ref)
	}
	if params, at := n.member("params"), at.member("params"); p.object(params, at) {
		l.Params = make(map[string]json.RawMessage, len(params.names))
		for i, name := range params.names {
			l.Params[name] = params.nodes[i].raw
		}
	}
	if s, at := n.member("server"), at.member("server"); p.object(s, at) {
		server := p.server(s, "", at)
		l.Server = &server
	}
	return l
}

func (p *parser) pairing(n *node, ref string, at *place) *ExamplePairing {
	e := &ExamplePairing{
		Name: p.str(n, "name", at), Summary: p.str(n, "summary", at), Description: p.str(n, "description", at),
		Params: each(p, n, "params", at, p.example), Extensions: extensions(n),
	}
	if e.Name == "" {
		e.Name = lastToken(ref)
	}
	if result := n.member("result"); result != nil && result.kind != 'n' {
		at := at.member("result")
		if to, ref := p.resolve(result, at); to != nil && p.object(to, at) {
			e.Result = p.example(to, ref, at)
		}
	}
	return e
}

func (p *parser) example(n *node, ref string, at *place) *Example {
	e := &Example{
		Name: p.str(n, "name", at), Summary: p.str(n, "summary", at), Description: p.str(n, "description", at),
		Value: raw(n.member("value")), ExternalValue: p.str(n, "externalValue", at), Extensions: extensions(n),
	}
	if e.Name == "" {
		e.Name = lastToken(ref)
	}
	return e
}

func (p *parser) tag(n *node, _ string, at *place) *Tag {
	return &Tag{
		Name: p.str(n, "name", at), Summary: p.str(n, "summary", at), Description: p.str(n, "description", at),
		ExternalDocs: p.externalDocs(n, at), Extensions: extensions(n),
	}
}

func (p *parser) components(doc *node) Components {
	var (
		n  = doc.member("components")
		at = (*place)(nil).member("components")
	)
	if !p.object(n, at) {
		n = &node{kind: '{'}
	}
	c := Components{
		Schemas:            make(map[string]*Schema),
		ContentDescriptors: component(p, n, "contentDescriptors", at, p.descriptor),
		Errors:             component(p, n, "errors", at, p.errorObject),
		Links:              component(p, n, "links", at, p.link),
		Examples:           component(p, n, "examples", at, p.example),
		ExamplePairings:    component(p, n, "examplePairings", at, p.pairing),
		Tags:               component(p, n, "tags", at, p.tag),
		Extensions:         extensions(n),
	}
	schemas, at := n.member("schemas"), at.member("schemas")
	if p.object(schemas, at) {
		for i, name := range schemas.names {
			c.Schemas[name] = p.schema(schemas.nodes[i], nil, at.member(name))
		}
	}
	return c
}
