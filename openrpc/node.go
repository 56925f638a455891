package openrpc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds how deep a document's values are nested.
const maxDepth = 256

// A node is a JSON value with all that is in it. The document's order is kept,
// and references can lead to any of them.
type node struct {
	raw   []byte
	kind  jsontext.Kind
	names []string       // of an object's members
	nodes []*node        // an object's members or an array's items
	index map[string]int // of a large object's members, once one was asked for
}

// largeObject is the number of members from which an object gets an index.
const largeObject = 32

// member returns the member of an object, or nil.
func (n *node) member(name string) *node {
	if n == nil || n.kind != '{' {
		return nil
	}
	if len(n.names) >= largeObject {
		return n.indexed(name)
	}
	for i, have := range n.names {
		if have == name {
			return n.nodes[i]
		}
	}
	return nil
}

// indexed is member for a large object: there may be as many references to its members.
func (n *node) indexed(name string) *node {
	if n.index == nil {
		n.index = make(map[string]int, len(n.names))
		for i, have := range n.names {
			if _, twice := n.index[have]; !twice {
				n.index[have] = i
			}
		}
	}
	if i, found := n.index[name]; found {
		return n.nodes[i]
	}
	return nil
}

// text returns the value of a string.
func (n *node) text() (string, bool) {
	if n == nil || n.kind != '"' {
		return "", false
	}
	text, err := jsontext.AppendUnquote(nil, n.raw)
	return string(text), err == nil
}

// what names the kind of value for an error.
func (n *node) what() string {
	switch n.kind {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 'n':
		return "null"
	}
	return "a boolean"
}

// readTree reads a whole text, which must be one value.
func readTree(text []byte) (*node, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	d := jsontext.NewDecoder(bytes.NewBuffer(text))
	root, err := readNode(d, text, 1)
	if err != nil {
		return nil, syntaxError(text, err)
	}
	switch _, err := d.ReadToken(); {
	case err == nil:
		return nil, errors.New("there is more than one JSON value")
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(text, err)
	}
	return root, nil
}

func readNode(d *jsontext.Decoder, text []byte, depth int) (*node, error) {
	kind := d.PeekKind()
	if kind != '{' && kind != '[' {
		raw, err := d.ReadValue()
		end := int(d.InputOffset())
		return &node{raw: text[end-len(raw) : end], kind: kind}, err
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("values are nested more than %d deep", maxDepth)
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	n := &node{kind: kind}
	start := d.InputOffset() - 1
	for next := d.PeekKind(); next != '}' && next != ']'; next = d.PeekKind() {
		if kind == '{' {
			name, err := d.ReadToken()
			if err != nil {
				return nil, err
			}
			n.names = append(n.names, name.String())
		}
		child, err := readNode(d, text, depth+1)
		if err != nil {
			return nil, err
		}
		n.nodes = append(n.nodes, child)
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	n.raw = text[start:d.InputOffset()]
	return n, nil
}

// yaml is how documents in YAML say that they are OpenRPC.
var yaml = regexp.MustCompile(`(?m)^["']?openrpc["']?[ \t]*:`)

// syntaxError words an error of the JSON engine as ours.
func syntaxError(text []byte, err error) error {
	if yaml.Match(text) {
		return errors.New("not JSON but YAML, as it seems: convert it first, as by yq -o json")
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("not JSON: the text ends too soon")
	}
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		before := text[:min(int(s.ByteOffset), len(text))]
		column := len(before) - bytes.LastIndexByte(before, '\n')
		return fmt.Errorf("not JSON: line %d, column %d: %w", 1+bytes.Count(before, []byte("\n")), column, s.Err)
	}
	return err
}

// A place is where something stands in the document. It becomes text only when
// something is wrong there.
type place struct {
	in    *place
	name  string
	index int // an array's item, from 1; else 0
}

func (p *place) member(name string) *place { return &place{in: p, name: name} }
func (p *place) item(i int) *place         { return &place{in: p, index: i + 1} }

// String writes a place as in methods[2].params[0]. The document itself is "".
func (p *place) String() string {
	switch {
	case p == nil:
		return ""
	case p.index > 0:
		return p.in.String() + "[" + strconv.Itoa(p.index-1) + "]"
	case !plain(p.name):
		return p.in.String() + "[" + quote(p.name) + "]"
	case p.in == nil:
		return p.name
	}
	return p.in.String() + "." + p.name
}

// plain tells whether a name needs no quotes in a path.
func plain(name string) bool {
	for _, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '$' || r == '-'
		if !letter {
			return false
		}
	}
	return name != "" && len(name) <= maxShown
}

// maxShown bounds, in bytes, how much of a name or a reference an error shows.
const maxShown = 100

func quote(s string) string {
	if len(s) > maxShown {
		return strconv.Quote(s[:maxShown]) + "…"
	}
	return strconv.Quote(s)
}
