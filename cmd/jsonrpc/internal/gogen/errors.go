package gogen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.com/jsonrpc"
	"example.com/jsonrpc/openrpc"
)

// A failure is an error that methods may answer with. Errors are told by their
// codes, so there is one for each code.
type failure struct {
	name     string
	code     int64
	messages []string // the first is the error's
	data     *typ     // nil if nothing is known of it
}

// standard names the errors of JSON-RPC.
var standard = map[int64]string{
	jsonrpc.CodeParseError: "ErrParse", jsonrpc.CodeInvalidRequest: "ErrInvalidRequest",
	jsonrpc.CodeMethodNotFound: "ErrMethodNotFound", jsonrpc.CodeInvalidParams: "ErrInvalidParams",
	jsonrpc.CodeInternalError: "ErrInternal",
}

// failures collects the errors of the methods, and tells each method its own.
func (b *builder) failures(methods []*method) []*failure {
	var all []*failure
	for _, m := range methods {
		for _, e := range m.Errors {
			i := slices.IndexFunc(all, func(f *failure) bool { return f.code == e.Code })
			if i < 0 {
				i = len(all)
				all = append(all, &failure{code: e.Code, name: b.taken.pick(failureNames(e)...)})
			}
			f := all[i]
			if e.Message != "" && !slices.Contains(f.messages, e.Message) {
				f.messages = append(f.messages, e.Message)
			}
			if f.data == nil && e.DataSchema != nil {
				f.data, _ = b.typeOf(e.DataSchema, hint{owner: strings.TrimPrefix(f.name, "Err"), part: "Data"})
			}
			if !slices.Contains(m.errors, f.name) {
				m.errors = append(m.errors, f.name)
			}
		}
	}
	return all
}

func failureNames(e *openrpc.Error) []string {
	code := "ErrCode" + strings.Replace(strconv.FormatInt(e.Code, 10), "-", "Minus", 1)
	const longest = 5
	switch known := standard[e.Code]; {
	case known != "":
		return []string{known, code}
	case e.Name != "":
		return []string{"Err" + trimError(exported(e.Name)), code}
	case e.Message != "" && len(words(e.Message)) <= longest:
		return []string{"Err" + trimError(exported(e.Message)), code}
	}
	return []string{code}
}

// trimError leaves out the word that every error could have in its name.
func trimError(name string) string {
	if short := strings.TrimSuffix(strings.TrimPrefix(name, "Error"), "Error"); short != "" {
		return short
	}
	return name
}

func (g *generator) writeErrors() string {
	var b strings.Builder
	b.WriteString("// The errors that the description knows. errors.Is tells them by their codes:\n//\n")
	fmt.Fprintf(&b, "//\tif errors.Is(err, %s.%s) {\n//\n// What the server said is in the [jsonrpc.Error] that errors.As finds.\nvar (\n", g.options.Package, g.failures[0].name)
	for _, f := range g.failures {
		message := ""
		if len(f.messages) > 0 {
			message = f.messages[0]
		}
		doc := fmt.Sprintf("%s has the code %d.", f.name, f.code)
		if message != "" {
			doc = f.name + ": " + sentence(message)
		}
		for _, text := range f.messages[min(1, len(f.messages)):] {
			doc += "\n\nOr: " + sentence(text)
		}
		if f.data != nil {
			doc += fmt.Sprintf("\n\nIts data is a %s: see [jsonrpc.DataAs].", linked(f.data))
		}
		writeComment(&b, doc)
		fmt.Fprintf(&b, "%s = &jsonrpc.Error{Code: %d, Message: %q}\n", f.name, f.code, message)
	}
	b.WriteString(")\n")
	return b.String()
}

// linked writes a type as a link of a doc comment, if it has a name.
func linked(t *typ) string {
	if t.kind == named {
		return "[" + t.String() + "]"
	}
	return t.String()
}
