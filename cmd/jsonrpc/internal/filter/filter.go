// Package filter changes JSON values by expressions of jq, as gojq understands
// them. Numbers that an expression does not calculate with keep their digits;
// integers keep them always, other numbers become a float64 when they are
// calculated with. The keys of objects come out sorted.
package filter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"unicode/utf8"

	"github.com/itchyny/gojq"
)

// Options are what an expression can use besides its input.
type Options struct {
	// Last is the value of the function _, JSON. If it is nil, there is no such
	// function.
	Last json.RawMessage
}

// A Filter is an expression that can be run, by several goroutines as well.
type Filter struct{ code *gojq.Code }

// Parse reads an expression. What is wrong with one is said with its place.
func Parse(expression string) (*Filter, error) { return Options{}.Parse(expression) }

// Parse reads an expression that can use what o has.
func (o Options) Parse(expression string) (*Filter, error) {
	query, err := gojq.Parse(expression)
	if err != nil {
		return nil, syntaxError(expression, err)
	}
	var options []gojq.CompilerOption
	if o.Last != nil {
		options = append(options, gojq.WithFunction("_", 0, 0, func(any, []any) any {
			value, err := decode(o.Last)
			if err != nil {
				return err
			}
			return value
		}))
	}
	code, err := gojq.Compile(query, options...)
	if err != nil {
		return nil, fmt.Errorf("it is no expression of jq: %w", err)
	}
	return &Filter{code}, nil
}

// syntaxError says where an expression is wrong, in characters from 1.
func syntaxError(expression string, err error) error {
	wrong, ok := errors.AsType[*gojq.ParseError](err)
	if !ok {
		return fmt.Errorf("it is no expression of jq: %w", err)
	}
	start := min(max(wrong.Offset-len(wrong.Token), 0), len(expression))
	place := utf8.RuneCountInString(expression[:start]) + 1
	if expression[start:] == "" {
		return errors.New("it is no expression of jq: it ends too soon")
	}
	return fmt.Errorf("it is no expression of jq: character %d: %w", place, err)
}

// Run returns what the expression makes of a value: any number of values, as
// compact JSON. An error, as of an expression that does not fit the value or when
// ctx ends, is the last that it returns.
func (f *Filter) Run(ctx context.Context, value json.RawMessage) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		input, err := decode(value)
		if err != nil {
			yield(nil, err)
			return
		}
		outputs := f.code.RunWithContext(ctx, input)
		for {
			output, more := outputs.Next()
			if !more {
				return
			}
			if err, failed := output.(error); failed {
				if halt, ok := errors.AsType[*gojq.HaltError](err); !ok || halt.Value() != nil {
					yield(nil, err)
				}
				return
			}
			text, err := gojq.Marshal(output)
			if !yield(text, err) || err != nil {
				return
			}
		}
	}
}

func decode(text json.RawMessage) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, fmt.Errorf("it is no JSON: %w", err)
	}
	return value, nil
}
