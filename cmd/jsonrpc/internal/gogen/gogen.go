// Package gogen makes Go packages of OpenRPC documents: a client with a method for
// each method of the service, the types of their params and results, the errors,
// a mock, and the document's examples as tests. What it makes depends on package
// jsonrpc alone.
package gogen

import (
	"embed"
	"errors"
	"fmt"
	"go/token"
	"maps"
	"slices"
	"strings"

	"example.com/jsonrpc/openrpc"
)

// Options say how the package is made.
type Options struct {
	// Package is the package's name.
	Package string

	// Command is written as the go:generate line, if it is not empty.
	Command string
}

// A File is one of the package's.
type File struct {
	Name string
	Text []byte
}

// A Package is what was made of a document.
type Package struct {
	Files          []File
	Methods, Types int

	// Warnings say what of the document could not be used, and why.
	Warnings []string
}

//go:embed support/*.go
var supportFiles embed.FS

// generator holds what the files are written from.
type generator struct {
	doc      *openrpc.Document
	options  Options
	decls    []*decl
	methods  []*method
	failures []*failure
	warnings []string
}

// Generate makes a package. The same document always gives the same files.
func Generate(doc *openrpc.Document, o Options) (*Package, error) {
	if !token.IsIdentifier(o.Package) || o.Package == "_" || o.Package == "main" {
		return nil, fmt.Errorf("%q cannot be the name of a package of Go: lower-case letters and digits are best", o.Package)
	}
	if err := checkParams(doc); err != nil {
		return nil, err
	}
	b := newBuilder(doc)
	for _, name := range []string{"API", "Client", "New", "Mock", "TestExamples"} {
		b.taken[name] = true
	}
	for _, name := range sortedNames(doc.Components.Schemas) {
		b.declare(doc.Components.Schemas[name], "")
	}
	g := &generator{doc: doc, options: o, methods: b.methods(doc)}
	g.failures = b.failures(g.methods)
	if b.work > maxWork {
		return nil, errors.New("the document's schemas have too many alternatives (oneOf, anyOf) within alternatives")
	}
	b.breakCycles()
	g.decls = b.decls
	g.believeExamples()
	for _, u := range doc.Unresolved {
		g.warnings = append(g.warnings, u.String())
	}
	files, err := g.files()
	if err != nil {
		return nil, err
	}
	return &Package{Files: files, Methods: len(g.methods), Types: len(g.decls), Warnings: g.warnings}, nil
}

// files writes all files that the document asks for.
func (g *generator) files() ([]File, error) {
	var (
		files []File
		first error
	)
	add := func(name, text string) {
		formatted, err := g.format(text)
		if err != nil && first == nil {
			first = fmt.Errorf("%s: %w", name, err)
		}
		files = append(files, File{Name: name, Text: formatted})
	}
	add("client_gen.go", g.writeClient())
	add("mock_gen.go", g.writeMock())
	types := g.writeTypes()
	if types != "" {
		add("types_gen.go", types)
	}
	if len(g.failures) > 0 {
		add("errors_gen.go", g.writeErrors())
	}
	if examples := g.writeExamples(); examples != "" {
		add("examples_gen_test.go", examples)
		add("example_gen_test.go", supportText("example_test.go"))
	}
	for name, sign := range map[string]string{
		"union": "[]shape{", "tuple": "unmarshalTuple", "tuplerest": "unmarshalTupleRest(", "rest": "unmarshalRest[", "cycle": "affordable(",
	} {
		if strings.Contains(types, sign) {
			add(name+"_gen.go", supportText(name+".go"))
		}
	}
	for _, m := range g.methods {
		if m.options != "" && !m.byName {
			add("args_gen.go", supportText("args.go"))
			break
		}
	}
	sortFiles(files)
	return files, first
}

func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// supportText returns a file of package support from its first declaration on.
func supportText(name string) string {
	text, err := supportFiles.ReadFile("support/" + name)
	if err != nil {
		panic(err) // it is built in
	}
	_, body, _ := strings.Cut(string(text), "package support\n")
	if imports, rest, _ := strings.Cut(body, "\n)\n"); strings.HasPrefix(imports, "\nimport (") {
		return rest
	}
	return strings.TrimPrefix(body, "\nimport \"reflect\"\n")
}
