package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"example.com/jsonrpc/openrpc"
)

// A Page is the documentation of a whole service.
type Page struct {
	Document *openrpc.Document
	From     string    // how the description was come by
	At       time.Time // and when
	Call     func(m *openrpc.Method, params json.RawMessage) string
}

// title is what the page is called.
func (p Page) title() string {
	if title := strings.TrimSpace(p.Document.Info.Title); title != "" {
		return title
	}
	return "JSON-RPC methods"
}

// origin is the line at the end of a page.
func (p Page) origin() string {
	methods := "1 method"
	if n := len(p.Document.Methods); n != 1 {
		methods = fmt.Sprintf("%d methods", n)
	}
	return fmt.Sprintf("%s, by %s, %s.", methods, p.From, p.At.UTC().Format(time.DateOnly))
}

// An Example is an example of a call as a page shows it.
type Example struct {
	Text   string // what it shows
	Call   string // the command line
	Result string // JSON; empty if there is none
}

func (p Page) examples(m *openrpc.Method) []Example {
	var all []Example
	for _, pairing := range m.Examples {
		params, complete := ExampleParams(m, pairing)
		if !complete {
			continue
		}
		e := Example{Text: joined(pairing.Name, joined(pairing.Summary, pairing.Description))}
		if p.Call != nil {
			e.Call = p.Call(m, params)
		}
		if pairing.Result != nil {
			e.Result = indented(pairing.Result.Value)
		}
		all = append(all, e)
	}
	return all
}

func indented(value json.RawMessage) string {
	if value == nil {
		return ""
	}
	var b bytes.Buffer
	if json.Indent(&b, value, "", "  ") != nil {
		return ""
	}
	return b.String()
}

// note is what stands beside the type of a field.
func (f Field) note() string { return strings.Join(append(f.state(), f.Notes...), ", ") }

// state says whether a field is optional or deprecated.
func (f Field) state() []string {
	var words []string
	if !f.Required && f.Type != "" {
		words = append(words, "optional")
	}
	if f.Deprecated {
		words = append(words, "deprecated")
	}
	return words
}
