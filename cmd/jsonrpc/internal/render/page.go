package render

import (
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
	return fmt.Sprintf("%d methods, by %s, %s.", len(p.Document.Methods), p.From, p.At.UTC().Format(time.DateOnly))
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
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}

// note is what stands beside the type of a field.
func (f Field) note() string {
	var notes []string
	if !f.Required && f.Type != "" {
		notes = append(notes, "optional")
	}
	if f.Deprecated {
		notes = append(notes, "deprecated")
	}
	return strings.Join(append(notes, f.Notes...), ", ")
}
