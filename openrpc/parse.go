package openrpc

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Parse reads an OpenRPC document. Its errors say where in the document something
// is wrong, as in
//
//	openrpc: methods[2].params: want an array, not an object
//
// What tools can do without may be missing: only the version, which must be 1.x,
// and the methods with their names are asked for. Members that OpenRPC does not
// know are ignored; the document's Raw has them.
func Parse(text []byte) (*Document, error) {
	doc, err := parse(append([]byte(nil), text...))
	if err != nil {
		return nil, fmt.Errorf("openrpc: %w", err)
	}
	return doc, nil
}

func parse(text []byte) (*Document, error) {
	root, err := readTree(text)
	if err != nil {
		return nil, err
	}
	p := &parser{root: root, schemas: make(map[*node]*Schema)}
	doc := p.document()
	for p.err == nil && len(p.pending) > 0 {
		next := p.pending[0]
		p.pending = p.pending[1:]
		next()
	}
	if p.err != nil {
		return nil, p.err
	}
	doc.Unresolved = p.unresolved
	return doc, nil
}

// A parser makes a Document of a tree. Its methods go on after an error, which
// is the first.
type parser struct {
	root         *node
	schemas      map[*node]*Schema // each made once, so that those referred to are shared
	pending      []func()          // references of schemas, which may lead in circles
	ids, anchors map[string]*node
	unresolved   []Unresolved
	err          error
}

func (p *parser) fail(at *place, format string, args ...any) {
	if p.err != nil {
		return
	}
	text := fmt.Sprintf(format, args...)
	if path := at.String(); path != "" {
		text = path + ": " + text
	}
	p.err = errors.New(text)
}

// resolve follows a reference that stands in the place of an object. It returns
// nil if it leads nowhere, which is kept for [Document.Unresolved].
func (p *parser) resolve(n *node, at *place) (to *node, ref string) {
	for range maxRefs {
		next, ok := n.member("$ref").text()
		if !ok {
			return n, ref
		}
		ref = next
		to, why := p.find(ref, nil)
		if to == nil {
			p.lost(at, ref, why)
			return nil, ref
		}
		n = to
	}
	p.lost(at, ref, circle)
	return nil, ref
}

// circle is what is wrong with references that do not come to an end.
const circle = "leads in a circle, or over more than 64 references"

func (p *parser) lost(at *place, ref, why string) {
	p.unresolved = append(p.unresolved, Unresolved{Path: at.String(), Ref: ref, Why: why})
}

// object tells whether there is an object. Anything else but null is wrong.
func (p *parser) object(n *node, at *place) bool {
	if n == nil || n.kind == 'n' {
		return false
	}
	if n.kind != '{' {
		p.fail(at, "want an object, not %s", n.what())
		return false
	}
	return true
}

// items yields an array's items. Anything else but null is wrong.
func (p *parser) items(n *node, at *place) []*node {
	if n == nil || n.kind == 'n' {
		return nil
	}
	if n.kind != '[' {
		p.fail(at, "want an array, not %s", n.what())
		return nil
	}
	return n.nodes
}

// str returns a member that is a string. Anything else but null is wrong.
func (p *parser) str(n *node, name string, at *place) string {
	m := n.member(name)
	if m == nil || m.kind == 'n' {
		return ""
	}
	text, ok := m.text()
	if !ok {
		p.fail(at.member(name), "want a string, not %s", m.what())
	}
	return text
}

func (p *parser) boolean(n *node, name string, at *place) bool {
	m := n.member(name)
	if m == nil || m.kind == 'n' {
		return false
	}
	if m.kind != 't' && m.kind != 'f' {
		p.fail(at.member(name), "want true or false, not %s", m.what())
	}
	return m.kind == 't'
}

// name returns the member "name", which must be there.
func (p *parser) name(n *node, at *place) string {
	name := p.str(n, "name", at)
	if name == "" {
		p.fail(at, `the member "name" is missing or empty`)
	}
	return name
}

// code returns an error's code, an integer that may be written as 1.0.
func (p *parser) code(n *node, at *place) int64 {
	m := n.member("code")
	if m == nil {
		p.fail(at, `the member "code" is missing`)
		return 0
	}
	text := strings.TrimSuffix(string(m.raw), ".0")
	code, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		p.fail(at.member("code"), "want an integer of 64 bits, found %s", quote(string(m.raw)))
	}
	return code
}

func extensions(n *node) Extensions {
	var x Extensions
	for i, name := range n.names {
		if strings.HasPrefix(name, "x-") {
			if x == nil {
				x = make(Extensions)
			}
			x[name] = n.nodes[i].raw
		}
	}
	return x
}

// each reads the items of a member that is an array. Items that are references
// to nothing are left out.
func each[T any](p *parser, n *node, name string, at *place, read func(n *node, ref string, at *place) T) []T {
	at = at.member(name)
	var all []T
	for i, item := range p.items(n.member(name), at) {
		at := at.item(i)
		item, ref := p.resolve(item, at)
		if item != nil && p.object(item, at) {
			all = append(all, read(item, ref, at))
		}
	}
	return all
}

// component reads the members of a member that is an object, each of which has
// a name of its own.
func component[T any](p *parser, n *node, name string, at *place, read func(n *node, ref string, at *place) T) map[string]T {
	all := make(map[string]T)
	at = at.member(name)
	group := n.member(name)
	if !p.object(group, at) {
		return all
	}
	for i, name := range group.names {
		at := at.member(name)
		item, ref := p.resolve(group.nodes[i], at)
		if ref == "" {
			ref = name
		}
		if item != nil && p.object(item, at) {
			all[name] = read(item, ref, at)
		}
	}
	return all
}

func raw(n *node) json.RawMessage {
	if n == nil {
		return nil
	}
	return n.raw
}
