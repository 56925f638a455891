package jsonrpc

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bind fills the function fields of the struct that target points to, so that
// methods of the server are called like methods of a Go value:
//
//	var math struct {
//		Cube     func(ctx context.Context, n int) (int, error)
//		Subtract func(ctx context.Context, a, b int) (int, error) `params:"minuend,subtrahend"`
//		Log      func(ctx context.Context, line string) error     `jsonrpc:"log.write,notify"`
//	}
//	err := jsonrpc.Bind(client, &math)
//	n, err := math.Cube(ctx, 3)
//
// A function takes a context, then the params, then, if it likes, ...CallOption.
// It returns a result and an error, or an error alone. Its arguments are sent by
// position, or by the names in the tag "params". A single argument that is
// [Args], [Named], a struct or a map is sent as the params themselves, unless
// there is such a tag.
//
// The method's name is in the tag "jsonrpc", or is the field's as [WithNaming]
// makes it: by default with a small first letter. In the tag, ",notify" after
// the name sends a notification, and "-" leaves the field alone. A field that is
// a struct is filled too; the name in its tag goes before the names in it.
//
// Fields that are neither are left alone if unexported, and otherwise refused,
// as is a function with another signature: the error is a *[BindError].
func Bind(c Caller, target any, opts ...BindOption) error {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return &BindError{Type: reflect.TypeOf(target), Reason: "the target must be a pointer to a struct"}
	}
	b := binder{caller: c, naming: lowerFirst}
	for _, opt := range opts {
		opt(&b)
	}
	return b.bind(v.Elem(), "", "")
}

// A BindOption changes what [Bind] does.
type BindOption func(*binder)

// WithNaming makes the names of methods out of those of fields, where no tag
// gives them: f("GetBlock") is what to send for the field GetBlock. What is
// before it, from the tag of an outer struct, is added afterwards.
func WithNaming(f func(field string) (method string)) BindOption {
	return func(b *binder) { b.naming = f }
}

// A BindError says which field [Bind] could not fill, and why.
type BindError struct {
	Type   reflect.Type
	Field  string // with the names of the structs around it
	Reason string
}

// Error names the field, its type and the reason.
func (e *BindError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("jsonrpc: cannot bind to a %v: %s", e.Type, e.Reason)
	}
	return fmt.Sprintf("jsonrpc: cannot bind the field %s (%v): %s", e.Field, e.Type, e.Reason)
}

type binder struct {
	caller Caller
	naming func(string) string
}

func lowerFirst(name string) string {
	r, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[size:]
}

// bind fills the fields of the struct v. path leads to it in Go, prefix is what
// its methods' names begin with.
func (b *binder) bind(v reflect.Value, path, prefix string) error {
	for field, value := range v.Fields() {
		tag, tagged := field.Tag.Lookup("jsonrpc")
		if !field.IsExported() || tag == "-" {
			if tagged && tag != "-" {
				return &BindError{field.Type, path + field.Name, "it is unexported: nothing can be put there"}
			}
			continue
		}
		name, flags, _ := strings.Cut(tag, ",")
		if field.Type.Kind() == reflect.Struct {
			if err := b.bind(value, path+field.Name+".", prefix+name); err != nil {
				return err
			}
			continue
		}
		if name == "" {
			name = b.naming(field.Name)
		}
		call, reason := newBoundCall(field, prefix+name, flags)
		if reason != "" {
			return &BindError{field.Type, path + field.Name, reason}
		}
		call.caller = b.caller
		value.Set(reflect.MakeFunc(field.Type, call.do))
	}
	return nil
}

// A boundCall is the method behind one function field.
type boundCall struct {
	caller  Caller
	method  string
	notify  bool
	names   []string     // of the params; nil if they go by position
	whole   bool         // the one argument is the params
	options bool         // the last argument is ...CallOption
	result  reflect.Type // nil if the result is dropped
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	optionsType = reflect.TypeFor[[]CallOption]()
	argsType    = reflect.TypeFor[Args]()
)

// newBoundCall checks the signature of a field; reason says what is wrong.
func newBoundCall(field reflect.StructField, method, flags string) (call *boundCall, reason string) {
	t := field.Type
	if t.Kind() != reflect.Func {
		return nil, `it is no function: tag it jsonrpc:"-" to leave it alone`
	}
	call = &boundCall{method: method}
	switch flags {
	case "":
	case "notify":
		call.notify = true
	default:
		return nil, fmt.Sprintf("the tag says %q after the name: only notify is known", flags)
	}
	in := t.NumIn()
	if in == 0 || t.In(0) != contextType {
		return nil, "its first parameter must be a context.Context"
	}
	if t.IsVariadic() {
		if t.In(in-1) != optionsType {
			return nil, "it may be variadic only in ...jsonrpc.CallOption"
		}
		call.options = true
		in--
	}
	switch {
	case t.NumOut() == 1 && t.Out(0) == errorType:
	case t.NumOut() == 2 && t.Out(1) == errorType && !call.notify:
		call.result = t.Out(0)
	case call.notify:
		return nil, "a notification has no result: it must return an error alone"
	default:
		return nil, "it must return a result and an error, or an error alone"
	}
	params, named := field.Tag.Lookup("params")
	switch {
	case named:
		call.names = strings.Split(params, ",")
		for i, name := range call.names {
			call.names[i] = strings.TrimSpace(name)
		}
		if params == "" || len(call.names) != in-1 {
			return nil, fmt.Sprintf("the tag names the params %q, but it takes %d besides the context", params, in-1)
		}
	case in == 2:
		call.whole = isWhole(t.In(1))
	}
	return call, ""
}

// isWhole reports whether an argument of type t is the params by itself.
func isWhole(t reflect.Type) bool {
	if t == argsType {
		return true
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct && t.Kind() != reflect.Map {
		return false
	}
	// A time.Time is a struct and encodes as a string.
	text, err := appendParams(nil, reflect.Zero(t).Interface())
	return err == nil && (len(text) == 0 || text[0] == '{')
}

// do is the function that is put into the field.
func (call *boundCall) do(in []reflect.Value) []reflect.Value {
	ctx := in[0].Interface().(context.Context)
	var opts []CallOption
	if call.options {
		opts = in[len(in)-1].Interface().([]CallOption)
		in = in[:len(in)-1]
	}
	params := call.params(in[1:])
	if call.notify {
		return []reflect.Value{errorValue(call.caller.Notify(ctx, call.method, params, opts...))}
	}
	if call.result == nil {
		return []reflect.Value{errorValue(call.caller.Call(ctx, call.method, params, nil, opts...))}
	}
	result := reflect.New(call.result)
	err := call.caller.Call(ctx, call.method, params, result.Interface(), opts...)
	if err != nil {
		result.Elem().SetZero()
	}
	return []reflect.Value{result.Elem(), errorValue(err)}
}

// params makes the params of the arguments.
func (call *boundCall) params(in []reflect.Value) any {
	switch {
	case len(in) == 0:
		return nil
	case call.whole:
		return in[0].Interface()
	case call.names != nil:
		named := make(Named, len(in))
		for i, name := range call.names {
			named[name] = in[i].Interface()
		}
		return named
	}
	args := make(Args, len(in))
	for i, v := range in {
		args[i] = v.Interface()
	}
	return args
}

func errorValue(err error) reflect.Value {
	v := reflect.New(errorType).Elem()
	if err != nil {
		v.Set(reflect.ValueOf(err))
	}
	return v
}
