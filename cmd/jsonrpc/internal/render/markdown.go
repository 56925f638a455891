package render

import (
	"fmt"
	"strconv"
	"strings"

	"example.com/jsonrpc/openrpc"
)

// Markdown returns the page as Markdown. What the document says stays Markdown,
// but no HTML in it.
func (p Page) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", inline(p.title()))
	if v := p.Document.Info.Version; v != "" {
		fmt.Fprintf(&b, "\nVersion %s\n", code(v))
	}
	block(&b, p.Document.Info.Description)
	for i, s := range p.Document.Servers {
		if i == 0 {
			b.WriteString("\n## Servers\n\n")
		}
		fmt.Fprintf(&b, "- %s %s\n", code(s.URL), inline(joined(s.Name, joined(s.Summary, s.Description))))
	}
	b.WriteString("\n## Methods\n\n")
	for _, m := range p.Document.Methods {
		fmt.Fprintf(&b, "- [%s](#%s) %s\n", code(m.Name), anchor(m.Name), inline(Summary(m)))
	}
	for _, m := range p.Document.Methods {
		p.method(&b, m)
	}
	fmt.Fprintf(&b, "\n---\n\n%s\n", inline(p.origin()))
	return b.String()
}

func (p Page) method(b *strings.Builder, m *openrpc.Method) {
	fmt.Fprintf(b, "\n<a id=\"%s\"></a>\n\n### %s\n\n", anchor(m.Name), code(m.Name))
	b.WriteString(fence(Signature(m), ""))
	if m.Deprecated {
		b.WriteString("\n**Deprecated.**\n")
	}
	block(b, joined(m.Summary, m.Description))
	if fields := Params(m); len(fields) > 0 {
		fmt.Fprintf(b, "\n**Params**%s\n\n", how(m))
		items(b, fields, 0)
	}
	if f := Result(m); f != nil {
		b.WriteString("\n**Result**\n\n")
		items(b, []Field{*f}, 0)
	}
	if len(m.Errors) > 0 {
		b.WriteString("\n**Errors**\n\n")
		for _, e := range m.Errors {
			line := "- " + code(strconv.FormatInt(e.Code, 10)) + " " + inline(e.Message)
			if data := errorData(e); data != "" {
				line += ", data " + code(data)
			}
			b.WriteString(line + "\n")
		}
	}
	for i, e := range p.examples(m) {
		if i == 0 {
			b.WriteString("\n**Examples**\n")
		}
		block(b, e.Text)
		b.WriteString("\n" + fence(strings.TrimSpace("$ "+e.Call+"\n"+e.Result), "console"))
	}
}

// items writes fields as a nested list.
func items(b *strings.Builder, fields []Field, depth int) {
	indent := strings.Repeat("  ", depth)
	for _, f := range fields {
		line := indent + "- " + code(f.Name)
		if f.Type != "" {
			line += " " + code(f.Type)
		}
		notes := f.state()
		for _, note := range f.Notes {
			notes = append(notes, code(note)) // a pattern is no Markdown
		}
		if len(notes) > 0 {
			line += " (" + strings.Join(notes, ", ") + ")"
		}
		if f.Text != "" {
			line += ": " + inline(f.Text)
		}
		b.WriteString(line + "\n")
		items(b, f.Fields, depth+1)
	}
}

// block writes a text of the document as paragraphs of its own.
func block(b *strings.Builder, text string) {
	if text = strings.TrimSpace(text); text != "" {
		b.WriteString("\n" + noHTML(text) + "\n")
	}
}

// inline makes one line of a text.
func inline(text string) string { return noHTML(strings.Join(strings.Fields(text), " ")) }

// code returns text as code, in as many backticks as it needs.
func code(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return ""
	}
	ticks := strings.Repeat("`", longestRun(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return ticks + text + ticks
}

// fence returns text as a block of code.
func fence(text, language string) string {
	ticks := strings.Repeat("`", max(longestRun(text)+1, 3))
	return ticks + language + "\n" + strings.Trim(text, "\n") + "\n" + ticks + "\n"
}

// longestRun returns the length of the longest run of backticks.
func longestRun(text string) int {
	longest, run := 0, 0
	for _, r := range text {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// noHTML escapes what would begin a tag, a comment or an entity, outside of code.
func noHTML(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if text[i] == '`' {
			run := len(text[i:]) - len(strings.TrimLeft(text[i:], "`"))
			ticks := text[i : i+run]
			if end := closing(text[i+run:], run); end >= 0 {
				b.WriteString(text[i : i+run+end+run])
				i += run + end + run
				continue
			}
			b.WriteString(ticks)
			i += run
			continue
		}
		switch text[i] {
		case '<':
			b.WriteString("&lt;")
		case '&':
			b.WriteString("&amp;")
		default:
			b.WriteByte(text[i])
		}
		i++
	}
	return b.String()
}

// closing returns the index of the run of exactly n backticks, or -1.
func closing(text string, n int) int {
	for i := 0; i < len(text); {
		if text[i] != '`' {
			i++
			continue
		}
		run := len(text[i:]) - len(strings.TrimLeft(text[i:], "`"))
		if run == n {
			return i
		}
		i += run
	}
	return -1
}

// anchor is the id of a method's heading: of its own characters only those that
// can do no harm in HTML, and others by their numbers.
func anchor(name string) string {
	var b strings.Builder
	b.WriteString("method-")
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-', r == '.':
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "-%x-", r)
		}
	}
	return b.String()
}
