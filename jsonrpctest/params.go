package jsonrpctest

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// arguments decodes params into the arguments of the function.
func (s *signature) arguments(params json.RawMessage) ([]reflect.Value, error) {
	switch {
	case params != nil && params[0] == '{' && len(s.names) > 0:
		return s.byName(params)
	case params != nil && params[0] == '{' && s.takesObject():
		argument, err := decode(params, s.params[0])
		if err != nil {
			return nil, err
		}
		return []reflect.Value{argument}, nil
	case params != nil && params[0] == '{':
		if len(params) > 2 || len(s.params) > 0 {
			return nil, errors.New("got params by name")
		}
		return nil, nil // {} for none
	case params == nil:
		return s.byPosition(nil)
	}
	return s.byPosition(splitArray(params))
}

// byPosition decodes the items of an array.
func (s *signature) byPosition(items []json.RawMessage) (arguments []reflect.Value, err error) {
	fixed := s.fixed()
	if len(items) > len(fixed) && !s.variadic {
		return nil, fmt.Errorf("got %d", len(items))
	}
	for i, t := range fixed {
		if i >= len(items) {
			if t.Kind() != reflect.Pointer {
				return nil, fmt.Errorf("got %s", number(len(items)))
			}
			arguments = append(arguments, reflect.Zero(t))
			continue
		}
		argument, err := decode(items[i], t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.label(i), err)
		}
		arguments = append(arguments, argument)
	}
	for i := len(fixed); i < len(items); i++ {
		argument, err := decode(items[i], s.params[len(fixed)])
		if err != nil {
			return nil, fmt.Errorf("param %d: %w", i+1, err)
		}
		arguments = append(arguments, argument)
	}
	return arguments, nil
}

// byName decodes the members of an object. The one of a variadic argument is an
// array.
func (s *signature) byName(params json.RawMessage) (arguments []reflect.Value, err error) {
	members := map[string]json.RawMessage{}
	for name, value := range object(params) {
		if !slices.Contains(s.names, name) {
			return nil, fmt.Errorf("there is no param %.100q", name)
		}
		if members[name] != nil {
			return nil, fmt.Errorf("%s is given twice", name)
		}
		members[name] = value
	}
	for i, t := range s.fixed() {
		value, given := members[s.names[i]]
		if !given && t.Kind() != reflect.Pointer {
			return nil, fmt.Errorf("%s is missing", s.names[i])
		}
		argument := reflect.Zero(t)
		if given {
			if argument, err = decode(value, t); err != nil {
				return nil, fmt.Errorf("%s: %w", s.label(i), err)
			}
		}
		arguments = append(arguments, argument)
	}
	last := len(s.params) - 1
	if !s.variadic || members[s.names[last]] == nil {
		return arguments, nil
	}
	items, err := decode(members[s.names[last]], reflect.SliceOf(s.params[last]))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.label(last), err)
	}
	for i := range items.Len() {
		arguments = append(arguments, items.Index(i))
	}
	return arguments, nil
}

// decode decodes a value into a variable of type t.
func decode(value json.RawMessage, t reflect.Type) (reflect.Value, error) {
	v := reflect.New(t)
	switch {
	case string(value) == "null" && !takesNull(t):
		return v.Elem(), errors.New("got null")
	case value[0] == '"' && (t == reflect.TypeFor[json.Number]() || t == reflect.TypeFor[*json.Number]()):
		return v.Elem(), errors.New("got a string") // which encoding/json would take
	}
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	d.DisallowUnknownFields()
	err := d.Decode(v.Interface())
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return v.Elem(), nil
	case errors.As(err, &wrong) && wrong.Field != "":
		err = fmt.Errorf("%s is %s, not %s", wrong.Field, article(wrong.Value), typeName(wrong.Type))
	case errors.As(err, &wrong) && wrong.Type != t && reflect.PointerTo(wrong.Type) != t:
		err = fmt.Errorf("there is %s in place of %s", article(wrong.Value), typeName(wrong.Type))
	case errors.As(err, &wrong):
		err = fmt.Errorf("got %s", article(wrong.Value))
	default:
		err = errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return reflect.Value{}, err
}

// takesNull reports whether null is a value of type t. To encoding/json it is
// one of every type, and changes nothing, which would hide mistakes.
func takesNull(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return true
	}
	return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
}

// article puts one before the name that encoding/json has for a value, as
// "string" or "number 2.5".
func article(value string) string {
	switch {
	case value == "bool":
		return "a boolean"
	case strings.HasPrefix(value, "array"), strings.HasPrefix(value, "object"):
		return "an " + value
	case strings.HasPrefix(value, "number "):
		return "the " + value
	}
	return "a " + value
}

// fixed returns the params that are not those of a variadic function's end.
func (s *signature) fixed() []reflect.Type {
	if s.variadic {
		return s.params[:len(s.params)-1]
	}
	return s.params
}

// takesObject reports whether params by name are one argument.
func (s *signature) takesObject() bool {
	if len(s.params) != 1 || s.variadic {
		return false
	}
	t := s.params[0]
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Map
}

func (s *signature) label(i int) string {
	if len(s.names) > 0 {
		return s.names[i]
	}
	return fmt.Sprintf("param %d", i+1)
}

// String describes the params: "minuend integer, optional subtrahend integer".
func (s *signature) String() string {
	if len(s.params) == 0 {
		return "none"
	}
	var list []string
	for i, t := range s.params {
		text := typeName(t)
		if len(s.names) > 0 {
			text = s.names[i] + " " + text
		}
		switch {
		case s.variadic && i == len(s.params)-1:
			text += "…"
		case t.Kind() == reflect.Pointer:
			text = "optional " + text
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// number writes n for a count of params.
func number(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}

// typeName is what JSON calls a type of Go's, where it has a word for it.
func typeName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	pointer := reflect.PointerTo(t)
	switch {
	case t == reflect.TypeFor[json.Number]():
		return "number"
	case t == reflect.TypeFor[json.RawMessage](), t.Kind() == reflect.Interface:
		return "any value"
	case pointer.Implements(reflect.TypeFor[json.Unmarshaler]()):
		return t.Name() // it knows best
	case pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return "string"
	}
	switch kind := t.Kind(); kind {
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Struct:
		return "object" + fieldNames(t)
	case reflect.Map:
		return "object"
	case reflect.Slice, reflect.Array:
		return "array"
	default:
		if reflect.Int <= kind && kind <= reflect.Uintptr {
			return "integer"
		}
		return t.String()
	}
}

// fieldNames lists the members that a struct is decoded from.
func fieldNames(t reflect.Type) string {
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous && name == "" || f.Tag.Get("json") == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		names = append(names, name)
	}
	return "{" + strings.Join(names, ", ") + "}"
}
