package discover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"example.com/jsonrpc"
)

// A document is an OpenRPC document that is made here.
type document struct {
	OpenRPC string   `json:"openrpc"`
	Info    info     `json:"info"`
	Methods []method `json:"methods"`
}

type info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description,omitempty"`
}

type method struct {
	Name           string  `json:"name"`
	Method         string  `json:"x-method,omitempty"`
	Module         bool    `json:"x-module,omitempty"`
	NameOnly       bool    `json:"x-name-only,omitempty"`
	Summary        string  `json:"summary,omitempty"`
	Description    string  `json:"description,omitempty"`
	ParamStructure string  `json:"paramStructure,omitempty"`
	Params         []param `json:"params"`
	Result         *param  `json:"result,omitempty"`
}

type param struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Required    bool            `json:"required,omitempty"`
	Schema      json.RawMessage `json:"schema"`
}

// text writes the document. What a server lists twice or without a name is there
// once or not at all: the other methods are no less known.
func (d *document) text() ([]byte, error) {
	d.OpenRPC = "1.3.2"
	seen := map[string]bool{"": true}
	d.Methods = slices.DeleteFunc(d.Methods, func(m method) bool {
		known := seen[m.Name]
		seen[m.Name] = true
		return known
	})
	if d.Info.Version == "" {
		d.Info.Version = "unknown"
	}
	if d.Methods == nil {
		d.Methods = []method{}
	}
	for i := range d.Methods {
		m := &d.Methods[i]
		m.NameOnly = m.Params == nil && m.Result == nil
		if m.Params == nil {
			m.Params = []param{}
		}
	}
	return json.Marshal(d)
}

// The introspection of XML-RPC, which JSON-RPC servers have taken over.
const (
	methodHelp      = "system.methodHelp"
	methodSignature = "system.methodSignature"
)

// maxAsked bounds for how many methods the server is asked one by one.
const maxAsked = 2000

// names asks for system.listMethods, and for what there is to each of them.
func (s *Server) names(ctx context.Context) ([]byte, error) {
	result, err := s.call(ctx, string(Names), nil)
	if err != nil {
		return nil, err
	}
	var names []string
	if json.Unmarshal(result, &names) != nil || names == nil {
		return nil, &unexpected{"the result is no array of names"}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	d := &document{Info: info{Title: "Methods by " + string(Names)}, Methods: make([]method, len(names))}
	for i, name := range names {
		d.Methods[i] = method{Name: name}
	}
	if len(names) <= maxAsked {
		err = s.askEach(ctx, d.Methods, slices.Contains(names, methodHelp), slices.Contains(names, methodSignature))
	}
	if err != nil {
		return nil, err
	}
	return d.text()
}

// askEach adds help and signatures, as far as the server has them. A call without
// any answer ends it: the others would have none either.
func (s *Server) askEach(ctx context.Context, methods []method, help, signature bool) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	ask := func(about string, m *method, result any) bool {
		if ctx.Err() != nil {
			return false
		}
		err := s.Caller.Call(ctx, about, jsonrpc.Args{m.Name}, result)
		if _, isHTTP := errors.AsType[*jsonrpc.HTTPError](err); err != nil && !isHTTP && !isAnswer(err) {
			end(err)
		}
		return err == nil
	}
	const atOnce = 8
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range methods {
		m := &methods[i]
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if help {
				var text string
				if ask(methodHelp, m, &text) {
					m.Description = strings.TrimSpace(text)
				}
			}
			if signature {
				// One or several: the result's type and those of the params. A
				// server may also answer "undef".
				var types [][]string
				if ask(methodSignature, m, &types) {
					m.sign(types)
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// sign takes over the longest of the signatures; what it has more than the
// shortest is optional.
func (m *method) sign(signatures [][]string) {
	var longest []string
	required := -1
	for _, types := range signatures {
		if len(types) == 0 {
			continue
		}
		if len(types) > len(longest) {
			longest = types
		}
		if required < 0 || len(types)-1 < required {
			required = len(types) - 1
		}
	}
	if longest == nil {
		return
	}
	m.ParamStructure = "by-position"
	m.Result = &param{Name: "result", Schema: typeSchema(longest[0])}
	for i, t := range longest[1:] {
		m.Params = append(m.Params, param{Name: fmt.Sprintf("param%d", i+1), Required: i < required, Schema: typeSchema(t)})
	}
}

// typeSchema returns the schema of a type of XML-RPC.
func typeSchema(name string) json.RawMessage {
	types := map[string]string{
		"int": "integer", "i4": "integer", "i8": "integer", "double": "number", "boolean": "boolean",
		"string": "string", "base64": "string", "dateTime.iso8601": "string",
		"struct": "object", "array": "array", "nil": "null",
	}
	if t := types[name]; t != "" {
		return json.RawMessage(`{"type":"` + t + `"}`)
	}
	text, _ := json.Marshal(map[string]string{"title": name}) // of strings: cannot fail
	return text
}

// modules asks for rpc_modules: the beginnings of methods' names.
func (s *Server) modules(ctx context.Context) ([]byte, error) {
	result, err := s.call(ctx, string(Modules), nil)
	if err != nil {
		return nil, err
	}
	var versions map[string]string
	if json.Unmarshal(result, &versions) != nil || len(versions) == 0 {
		return nil, &unexpected{"the result is no object of modules and versions"}
	}
	d := &document{Info: info{Title: "Modules by " + string(Modules)}}
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		d.Methods = append(d.Methods, method{
			Name: name + "_*", Module: true,
			Summary: fmt.Sprintf("The module %s, version %s; the server does not list its methods.", name, versions[name]),
		})
	}
	return d.text()
}
