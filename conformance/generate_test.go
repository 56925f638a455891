package conformance

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode/utf16"
)

// A generator draws replies to a request: it writes a valid one and goes wrong
// on the way, seldom, often, or not at all.
type generator struct {
	*rand.Rand

	b     []byte
	wrong int // in how many of 1000 places it goes wrong
	space int // in how many of 1000 places it puts white space
}

func newGenerator(number uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(number, 0x6a736f6e727063))}
}

// chance is true n times in 1000.
func (g *generator) chance(n int) bool { return g.IntN(1000) < n }

// slip is true where the reply is to go wrong.
func (g *generator) slip() bool { return g.chance(g.wrong) }

func pick[T any](g *generator, from ...T) T { return from[g.IntN(len(from))] }

// request draws a request.
func (g *generator) request() *request { return &requests[g.IntN(len(requests))] }

// reply draws a reply to r. It is valid until the next.
func (g *generator) reply(r *request) []byte {
	g.b = g.b[:0]
	g.wrong = pick(g, 0, 5, 20, 50, 200)
	g.space = pick(g, 0, 0, 20, 300)
	if g.slip() && g.chance(200) {
		g.raw(pick(g, "\ufeff", "\x00", " \n", "\u00a0", "//", "\v"))
	}
	switch {
	case r.batch != g.slip():
		g.batch(r)
	default:
		g.response(r.ids[0])
	}
	if g.slip() {
		g.raw(pick(g, " \r\n\t", "\n", "\x00", "{}", ",", "]", "}", "null", "\u2028", "\f"))
	}
	if g.slip() {
		g.mutate()
	}
	return g.b
}

func (g *generator) raw(s string) { g.b = append(g.b, s...) }

// gap writes white space, where there may be some.
func (g *generator) gap() {
	for g.chance(g.space) {
		g.raw(pick(g, " ", "\n", "\t", "\r", "  "))
	}
	if g.slip() && g.chance(5) {
		g.raw(pick(g, "\f", "\v", "\u00a0", "\u2003", "/**/", "\x00"))
	}
}

// mark writes a character of the grammar, with white space around it.
func (g *generator) mark(s string) {
	g.gap()
	if g.slip() && g.chance(10) {
		s = pick(g, "", ",", ":", "{", "[", "]", "}", s+s)
	}
	g.raw(s)
	g.gap()
}

// batch writes the responses to r in some order.
func (g *generator) batch(r *request) {
	var ids []string
	for _, id := range r.ids {
		if id != "" && !g.slip() {
			ids = append(ids, id)
		}
		if g.slip() {
			ids = append(ids, id)
		}
	}
	if g.slip() {
		ids = append(ids, pick(g, `99`, `"zz"`, `null`, `1.0`, `"1"`))
	}
	if g.chance(500) {
		g.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	}
	g.mark("[")
	for i, id := range ids {
		if i > 0 {
			g.mark(",")
		}
		if g.slip() && g.chance(300) {
			g.value(2)
			continue
		}
		g.response(id)
	}
	g.mark("]")
}

// A member writes its value; it has been given its name.
type member struct {
	name  string
	value func()
}

// response writes a response to the request with the id.
func (g *generator) response(id string) {
	if g.slip() && g.chance(50) {
		g.value(2)
		return
	}
	all := []member{
		{"jsonrpc", g.version},
		{"id", func() { g.id(id) }},
	}
	if g.chance(600) != g.slip() {
		all = append(all, member{"result", func() { g.value(4) }})
	} else {
		all = append(all, member{"error", g.error})
	}
	if g.slip() {
		all = append(all, pick(g, member{"error", g.null}, member{"result", g.null}, member{"error", g.error}, member{"result", g.scalar}))
	}
	g.object(g.spoil(all, "jsonrpc", "id", "result", "error", "method", "params", "data", "code"))
}

// spoil drops, repeats, renames, adds and mixes members.
func (g *generator) spoil(all []member, names ...string) []member {
	var spoilt []member
	for _, m := range all {
		if g.slip() && g.chance(300) {
			continue
		}
		if g.slip() && g.chance(300) {
			spoilt = append(spoilt, m)
		}
		if g.slip() && g.chance(300) {
			m.name = g.misspell(m.name)
		}
		spoilt = append(spoilt, m)
	}
	for g.chance(100) { // strangers are allowed
		spoilt = append(spoilt, member{g.misspell(pick(g, names...)), func() { g.value(2) }})
	}
	if g.chance(300) {
		spoilt = append(spoilt, member{pick(g, "x", "", "é", "jsonrpc2", "method", "params", "_id"), func() { g.value(2) }})
	}
	if g.slip() {
		spoilt = append(spoilt, member{pick(g, names...), func() { g.value(1) }})
	}
	if g.chance(500) {
		g.Shuffle(len(spoilt), func(i, j int) { spoilt[i], spoilt[j] = spoilt[j], spoilt[i] })
	}
	return spoilt
}

// misspell returns a name that a careless reader takes for the one given.
func (g *generator) misspell(name string) string {
	return pick(g,
		strings.ToUpper(name), strings.ToUpper(name[:1])+name[1:], name+"\x00", name+" ", " "+name, name+"s",
		name[:len(name)-1], strings.ReplaceAll(name, "s", "ſ"), strings.ReplaceAll(name, "o", "о"), "\u200b"+name, name+"\ufffd")
}

func (g *generator) object(all []member) {
	g.mark("{")
	for i, m := range all {
		if i > 0 {
			g.mark(",")
		}
		g.text(m.name)
		g.mark(":")
		m.value()
	}
	g.mark("}")
}

func (g *generator) version() {
	if g.slip() && g.chance(500) {
		g.raw(pick(g, `"1.0"`, `"2"`, `2.0`, `2`, `null`, `""`, `"2.0 "`, `"2.00"`, `["2.0"]`, `"２.0"`, `true`))
		return
	}
	g.text("2.0")
}

func (g *generator) null() { g.raw("null") }

// id writes the id, in a form of its own or as another.
func (g *generator) id(id string) {
	switch {
	case id == "" || g.slip() && g.chance(100):
		g.scalar()
	case g.slip():
		bare := strings.Trim(id, `"`)
		g.raw(pick(g, "null", `"`+bare+`"`, bare, id+".0", id+"e0", "-"+id, id+"0", "0"+id, "["+id+"]", `{"id":`+id+`}`, `""`, "0", "-0", "1", `"1"`))
	case id[0] == '"':
		g.text(decoded(id))
	default:
		g.raw(id)
	}
}

func (g *generator) error() {
	if g.slip() && g.chance(300) {
		g.value(1)
		return
	}
	all := []member{
		{"code", func() {
			switch {
			case g.slip():
				g.value(1)
			case g.chance(100):
				g.raw(pick(g, "0", "-0", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890"))
			default:
				g.raw(strconv.Itoa(g.IntN(70000) - 35000))
			}
		}},
		{"message", func() {
			if g.slip() {
				g.value(1)
				return
			}
			g.string()
		}},
	}
	if g.chance(400) {
		all = append(all, member{"data", func() { g.value(3) }})
	}
	g.object(g.spoil(all, "code", "message", "data"))
}

// value writes any value.
func (g *generator) value(depth int) {
	if g.chance(2) {
		g.deep()
		return
	}
	switch n := g.IntN(10); {
	case depth <= 0 || n < 6:
		g.scalar()
	case n < 8:
		g.mark("[")
		for i := range g.IntN(4) {
			if i > 0 {
				g.mark(",")
			}
			g.value(depth - 1)
		}
		g.mark("]")
	default:
		all := make([]member, g.IntN(4))
		for i := range all {
			all[i] = member{pick(g, "a", "b", "id", "result", "error", "code", "\x00", "é"), func() { g.value(depth - 1) }}
		}
		g.object(all)
	}
}

// deep writes a value that is nested as deep as is allowed, or deeper.
func (g *generator) deep() {
	n := pick(g, 30, 500, 997, 998, 999, 1000, 1001, 1002, 1500)
	if g.chance(5) {
		n = 20_000
	}
	opening, closing := "[", "]"
	if g.chance(400) {
		opening, closing = `{"a":`, "}"
	}
	g.raw(strings.Repeat(opening, n))
	if opening != "[" || g.chance(500) {
		g.scalar()
	}
	if g.slip() && g.chance(300) {
		n += pick(g, -1, 1)
	}
	g.raw(strings.Repeat(closing, n))
}

func (g *generator) scalar() {
	switch g.IntN(6) {
	case 0:
		g.raw(pick(g, "null", "true", "false"))
		if g.slip() && g.chance(50) {
			g.raw(pick(g, "l", "e", "s", "NaN"))
		}
	case 1, 2:
		g.string()
	default:
		g.number()
	}
}

func (g *generator) number() {
	if g.slip() && g.chance(100) {
		g.raw(pick(g, "01", "-", "+1", ".5", "5.", "1e", "1e+", "0x1", "1_0", "-01", "00", "1.e1", "NaN", "Infinity", "-Infinity", "1.5.5", "١"))
		return
	}
	switch g.IntN(5) {
	case 0:
		g.raw(pick(g, "0", "-0", "1", "0.0", "-0.0", "1.0", "1e0", "1E+2", "1e-2", "0e0", "0.5", "-1.5e-7"))
	case 1:
		g.raw(pick(g, "9007199254740993", "18446744073709551616", "1e308", "1e309", "-1e999", "1e-999", "0.1000000000000000055511151231257827"))
	default:
		g.raw(strconv.FormatFloat(g.NormFloat64()*pick(g, 1, 1e3, 1e20, 1e-9), pick[byte](g, 'f', 'g', 'e'), -1, 64))
	}
}

func (g *generator) string() {
	s := pick(g, "", "a", "meow", "2.0", "null", "é", "日本", "😀", "\u2028", "\x7f", "\"\\/", "\b\f\n\r\t\x00\x1f", "<&>", "\ufeff", "result")
	if g.chance(100) {
		s = strings.Repeat(s, g.IntN(200))
	}
	g.text(s)
}

// text writes s as a JSON string, some characters as escapes.
func (g *generator) text(s string) {
	escapes := pick(g, 0, 0, 0, 100, 500)
	g.raw(`"`)
	for _, r := range s {
		switch short := strings.IndexRune("\"\\/\b\f\n\r\t", r); {
		case short >= 0 && (r != '/' || g.chance(escapes)) && !g.slip():
			g.raw(`\` + `"\/bfnrt`[short:short+1])
		case r < ' ' && !(g.slip() && g.chance(100)), g.chance(escapes):
			g.escape(r)
		default:
			g.b = append(g.b, string(r)...)
		}
	}
	if g.slip() && g.chance(50) {
		g.raw(pick(g, `\x`, `\u12`, `\u12g4`, `\`, "\xff", "\xc3", "\xed\xa0\x80", "\n", `\'`, `\U0041`, `\ud800`, `\udc00\ud800`, `\ud83dx`, `\ud83d\n`))
	}
	if !g.slip() || !g.chance(10) {
		g.raw(`"`)
	}
}

func (g *generator) escape(r rune) {
	for _, unit := range utf16.Encode([]rune{r}) {
		hex := strconv.FormatUint(uint64(unit), 16)
		if g.chance(300) {
			hex = strings.ToUpper(hex)
		}
		g.raw(`\u` + strings.Repeat("0", 4-len(hex)) + hex)
	}
}

// mutate changes some bytes, whatever they mean.
func (g *generator) mutate() {
	for range 1 + g.IntN(3) {
		if len(g.b) == 0 {
			return
		}
		i := g.IntN(len(g.b))
		j := min(len(g.b), i+1+g.IntN(8))
		switch g.IntN(5) {
		case 0:
			g.b[i] = byte(g.Uint32())
		case 1:
			g.b = append(g.b[:i], g.b[j:]...)
		case 2:
			g.b = g.b[:i]
		case 3:
			g.b = append(g.b[:j:j], bytes.Clone(g.b[i:])...)
		default:
			g.b[i] = pick[byte](g, '"', '\\', '{', '}', '[', ']', ',', ':', ' ', '0', 'n', '.', 'e')
		}
	}
}
