package jsonrpc

import (
	"context"
	"errors"
	"iter"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// Rows calls a method whose result is an array and yields its items one by one,
// as they arrive over HTTP, so that a result of any length takes the memory of
// one item. The limit of [WithMaxReply] counts for the whole reply.
//
//	for block, err := range jsonrpc.Rows[Block](ctx, client, "blocks", nil) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// An error, which is that of [Client.Call], comes last: items before it were
// decoded before the end of the reply was seen. A loop that is left gives up the
// rest. On a stream the message arrives whole before the first item.
func Rows[T any](ctx context.Context, c Caller, method string, params any, opts ...CallOption) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		r := &rows[T]{yield: yield}
		err := c.Call(ctx, method, params, r, opts...)
		if err != nil && !r.left {
			var none T
			yield(none, err)
		}
	}
}

// rows is a variable for an array that gives its items away.
type rows[T any] struct {
	yield func(T, error) bool
	begun bool // an array was
	left  bool // the loop was
	item  T    // the next, of a plain type
}

func (*rows[T]) itemRules() *rules { return rulesFor(reflect.TypeFor[*T](), false) }

func (r *rows[T]) begin() error {
	if r.begun {
		return errRepeated
	}
	r.begun = true
	return nil
}

func (r *rows[T]) next(int64, int64) reflect.Value {
	var none T
	r.item = none
	return reflect.ValueOf(&r.item).Elem()
}

func (r *rows[T]) take() error {
	if !r.yield(r.item, nil) {
		r.left = true
		return errLoopLeft
	}
	return nil
}

var (
	errLoopLeft = errors.New("the loop was left")
	errRepeated = errors.New("the call was made again after some items were given")
)

// A notRowsError says that a result is no array.
type notRowsError struct{ kind jsontext.Kind }

func (e *notRowsError) Error() string {
	what := e.kind.String() // true or false
	switch e.kind {
	case jsontext.KindBeginObject:
		what = "an object"
	case jsontext.KindString:
		what = "a string"
	case jsontext.KindNumber:
		what = "a number"
	}
	return "its items were wanted, and it is " + what + ", not an array"
}

// UnmarshalJSONFrom is called by the JSON engine for items that are not of a plain
// type.
func (r *rows[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if kind := dec.PeekKind(); kind != jsontext.KindBeginArray {
		if kind == jsontext.KindNull {
			return dec.SkipValue() // no items
		}
		return &notRowsError{kind}
	}
	if err := r.begin(); err != nil {
		return err
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	// The rest of the rules are the decoder's: those of the call.
	options := jsonv1.ReportErrorsWithLegacySemantics(r.itemRules().onePass == nil)
	for dec.PeekKind() != jsontext.KindEndArray {
		var item T
		if err := json.UnmarshalDecode(dec, &item, options); err != nil {
			return err
		}
		if !r.yield(item, nil) {
			r.left = true
			return errLoopLeft
		}
	}
	_, err := dec.ReadToken()
	return err
}
