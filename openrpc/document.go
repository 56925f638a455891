package openrpc

import (
	"encoding/json"
	"slices"
)

// A Document describes a service. It is made by [Parse] and must not be changed.
type Document struct {
	// OpenRPC is the version of the specification that the document follows.
	OpenRPC string

	Info         Info
	Servers      []Server
	Methods      []*Method // in the order of the document
	Components   Components
	ExternalDocs *ExternalDocs
	Extensions   Extensions

	// Unresolved are the references that lead nowhere in this document. A method, error, tag, link or example that is such a
	// reference is left out. A param or a result is named after the last part of
	// the reference and has a schema that anything satisfies; a schema has its
	// Ref and no Target.
	Unresolved []Unresolved

	// Raw is the document as it came.
	Raw json.RawMessage
}

// Method returns the method of this name, or nil. Names are case-sensitive.
func (d *Document) Method(name string) *Method {
	i := slices.IndexFunc(d.Methods, func(m *Method) bool { return m.Name == name })
	if i < 0 {
		return nil
	}
	return d.Methods[i]
}

// An Unresolved is a reference that leads nowhere.
type Unresolved struct {
	Path string // where it is, as in methods[0].params[1].schema
	Ref  string // the value of its $ref
	Why  string // what is wrong with it
}

// String returns the path, the reference and the reason.
func (u Unresolved) String() string { return u.Path + ": $ref " + quote(u.Ref) + " " + u.Why }

// Extensions are the members whose names begin with x-.
type Extensions map[string]json.RawMessage

// Info is about the service as a whole.
type Info struct {
	Title, Description, TermsOfService string

	// Version is that of the service's description, not of OpenRPC.
	Version    string
	Contact    *Contact // nil if there is none
	License    *License // nil if there is none
	Extensions Extensions
}

// A Contact says whom to ask.
type Contact struct {
	Name, URL, Email string
	Extensions       Extensions
}

// A License is that of the service.
type License struct {
	Name, URL  string
	Extensions Extensions
}

// ExternalDocs leads to more documentation.
type ExternalDocs struct {
	Description, URL string
	Extensions       Extensions
}

// A Server is a place where the service is reached.
type Server struct {
	Name, Summary, Description string

	// URL may contain variables, written ${name} or {name}.
	URL        string
	Variables  []ServerVariable // in the order of the document
	Extensions Extensions
}

// A ServerVariable stands in a server's URL.
type ServerVariable struct {
	Name, Default, Description string
	Enum                       []string // the values it may have; any if empty
}

// ParamStructure says how the params of a method are sent.
type ParamStructure string

// The values of [Method.ParamStructure].
const (
	ByPosition ParamStructure = "by-position"
	ByName     ParamStructure = "by-name"
	Either     ParamStructure = "either" // the default
)

// A Method is one that the service has.
type Method struct {
	Name, Summary, Description string

	Tags           []*Tag
	ParamStructure ParamStructure       // never empty
	Params         []*ContentDescriptor // in their order; required ones are first in a sound document
	Result         *ContentDescriptor   // nil for a notification
	Errors         []*Error
	Links          []*Link
	Examples       []*ExamplePairing
	Servers        []Server // other than the document's
	Deprecated     bool
	ExternalDocs   *ExternalDocs
	Extensions     Extensions

	// Raw is the method as it stands in the document, with its references.
	Raw json.RawMessage
}

// ExampleParams returns the values of an example of the method in the order of its
// params, nil for those that the example has not. They belong to the params by
// their names, if all are names of params, and else by their places; there may be
// more than there are params.
func (m *Method) ExampleParams(e *ExamplePairing) []json.RawMessage {
	index := func(name string) int {
		return slices.IndexFunc(m.Params, func(p *ContentDescriptor) bool { return p.Name == name })
	}
	named := !slices.ContainsFunc(e.Params, func(x *Example) bool { return index(x.Name) < 0 })
	values := make([]json.RawMessage, max(len(m.Params), len(e.Params)))
	for i, x := range e.Params {
		if named {
			i = index(x.Name)
		}
		values[i] = x.Value
	}
	return values
}

// A ContentDescriptor describes a param or a result.
type ContentDescriptor struct {
	// Name is that of the param when params are sent by name.
	Name                 string
	Summary, Description string
	Required, Deprecated bool
	Schema               *Schema // never nil
	Extensions           Extensions
}

// An Error is one that a method may answer with.
type Error struct {
	// Name is that of the component, if the error is one, as in the last part of
	// #/components/errors/NotFound. It may be empty.
	Name    string
	Code    int64
	Message string

	// Data is what the error's data is or, in many documents, a schema of it: then
	// DataSchema is that schema, for Data that has a $ref or a type of JSON Schema.
	// Nil if there is none.
	Data       json.RawMessage
	DataSchema *Schema
	Extensions Extensions
}

// A Link says which method can be called with what a result holds.
type Link struct {
	Name, Summary, Description string

	// Method is the name of the method to call.
	Method string

	// Params are values, or expressions as ${result.id}, by the params' names.
	Params     map[string]json.RawMessage
	Server     *Server // nil: the same server
	Extensions Extensions
}

// An ExamplePairing is an example of a call.
type ExamplePairing struct {
	Name, Summary, Description string

	Params     []*Example // in the order of the method's params
	Result     *Example   // nil if the example is a notification
	Extensions Extensions
}

// An Example is an example of a value.
type Example struct {
	// Name is often that of the param, but need not be.
	Name, Summary, Description string

	// Value is the value itself. It is nil if the value is kept elsewhere, at
	// ExternalValue.
	Value         json.RawMessage
	ExternalValue string
	Extensions    Extensions
}

// A Tag groups methods.
type Tag struct {
	Name, Summary, Description string
	ExternalDocs               *ExternalDocs
	Extensions                 Extensions
}

// Components are what a document keeps under names to refer to. They say nothing
// about the service unless something refers to them.
type Components struct {
	Schemas            map[string]*Schema
	ContentDescriptors map[string]*ContentDescriptor
	Errors             map[string]*Error
	Links              map[string]*Link
	Examples           map[string]*Example
	ExamplePairings    map[string]*ExamplePairing
	Tags               map[string]*Tag
	Extensions         Extensions
}
