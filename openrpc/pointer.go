package openrpc

import (
	"net/url"
	"strconv"
	"strings"
)

// find returns what a reference leads to, or the reason why it leads nowhere.
// Base is the outermost schema around the reference: documents put whole schemas
// into place whose own references count from there, as # must, since the document
// is no schema.
func (p *parser) find(ref string, base *node) (*node, string) {
	p.collect()
	address, fragment, _ := strings.Cut(ref, "#")
	from := p.root
	if address != "" {
		if from = p.ids[address]; from == nil {
			return nil, "leads to another document, which is not fetched"
		}
		base = nil
	}
	fragment, err := url.PathUnescape(fragment)
	if err != nil {
		return nil, "is not a reference: a % is not followed by two hexadecimal digits"
	}
	if fragment != "" && fragment[0] != '/' {
		if n := p.anchors[fragment]; n != nil {
			return n, ""
		}
		return nil, "names an anchor that is nowhere in the document"
	}
	if fragment == "" && base != nil {
		return base, ""
	}
	n := from.follow(fragment)
	if n == nil && base != nil {
		n = base.follow(fragment)
	}
	if n == nil {
		return nil, "leads to nothing in the document"
	}
	return n, ""
}

// follow walks along a JSON pointer (RFC 6901). It returns nil where there is
// nothing.
func (n *node) follow(pointer string) *node {
	if pointer == "" {
		return n
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for token := range strings.SplitSeq(pointer[1:], "/") {
		switch token = unescape.Replace(token); {
		case n == nil:
			return nil
		case n.kind == '[':
			i, err := strconv.ParseUint(token, 10, 31)
			if err != nil || int(i) >= len(n.nodes) || token != strconv.FormatUint(i, 10) {
				return nil
			}
			n = n.nodes[i]
		default:
			n = n.member(token)
		}
	}
	return n
}

// lastToken returns what a reference calls the thing it leads to.
func lastToken(ref string) string {
	if text, err := url.PathUnescape(ref); err == nil {
		ref = text
	}
	ref = ref[strings.LastIndexAny(ref, "/#")+1:]
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(ref)
}

// collect finds the $id and $anchor members, the first time it is called. The
// first of a name counts.
func (p *parser) collect() {
	if p.ids != nil {
		return
	}
	p.ids, p.anchors = make(map[string]*node), make(map[string]*node)
	p.walk(p.root)
}

func (p *parser) walk(n *node) {
	keep := func(in map[string]*node, name string) {
		if in[name] == nil {
			in[name] = n
		}
	}
	for _, keyword := range []string{"$id", "$anchor", "$dynamicAnchor"} {
		name, ok := n.member(keyword).text()
		switch {
		case !ok:
		case keyword != "$id":
			keep(p.anchors, name)
		case strings.HasPrefix(name, "#"): // draft-07's way to write an anchor
			keep(p.anchors, name[1:])
		default:
			keep(p.ids, strings.TrimSuffix(name, "#"))
		}
	}
	for _, child := range n.nodes {
		p.walk(child)
	}
}
