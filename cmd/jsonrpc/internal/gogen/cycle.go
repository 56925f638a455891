package gogen

import "slices"

// breakCycles makes pointers of the fields by which a struct would contain
// itself, and raw JSON of aliases that stand for themselves. Of unions it leaves
// out the variant that is the union again.
func (b *builder) breakCycles() {
	for _, d := range b.decls {
		seen := map[*decl]bool{d: true}
		for at := d; at.form == alias && at.base != nil && at.base.kind == named; {
			if at = at.base.decl; seen[at] {
				d.base = rawJSON
				break
			}
			seen[at] = true
		}
	}
	for _, d := range b.decls {
		if d.form == union { // a value would be tried for it without end
			d.fields = slices.DeleteFunc(d.fields, func(f field) bool { return f.choice().leadsTo(d, make(map[*decl]bool)) })
		}
	}
	for _, d := range b.decls {
		if d.form != structure && d.form != tuple {
			continue
		}
		for i, f := range d.fields {
			if inner := f.typ.structural(); inner != nil && f.typ.kind == named && inner.contains(d, make(map[*decl]bool)) {
				d.fields[i].typ = &typ{kind: pointer, elem: f.typ}
			}
		}
	}
}

// choice returns the union that a variant of a union is, or nil.
func (f *field) choice() *decl {
	t := f.typ
	if t.kind == pointer {
		t = t.elem
	}
	if inner := t.structural(); inner != nil && inner.form == union {
		return inner
	}
	return nil
}

// leadsTo tells whether a union is the other, or has a variant that leads to it.
func (d *decl) leadsTo(other *decl, seen map[*decl]bool) bool {
	if d == nil || d == other {
		return d == other
	}
	if seen[d] {
		return false
	}
	seen[d] = true
	return slices.ContainsFunc(d.fields, func(f field) bool { return f.choice().leadsTo(other, seen) })
}

// holdsItself tells whether values of d can have others of d in them, by whatever
// way.
func (d *decl) holdsItself() bool { return d.holds(d, make(map[*decl]bool)) }

func (d *decl) holds(other *decl, seen map[*decl]bool) bool {
	if seen[d] {
		return false
	}
	seen[d] = true
	types := []*typ{d.base, d.rest}
	for _, f := range d.fields {
		types = append(types, f.typ)
	}
	return slices.ContainsFunc(types, func(t *typ) bool {
		for t != nil && t.kind != named {
			t = t.elem
		}
		return t != nil && (t.decl == other || t.decl.holds(other, seen))
	})
}

// contains tells whether a value of d has one of other in it, or is one.
func (d *decl) contains(other *decl, seen map[*decl]bool) bool {
	if d == other {
		return true
	}
	if seen[d] || d.form == union {
		return false
	}
	seen[d] = true
	for _, f := range d.fields {
		if inner := f.typ.structural(); inner != nil && inner.contains(other, seen) {
			return true
		}
	}
	return false
}
