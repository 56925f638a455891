package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/cmd/jsonrpc/internal/filter"
)

// A printing says how results are printed.
type printing struct {
	raw    bool
	filter filterFlag
}

func (o *printing) addFlags(cmd *cobra.Command) {
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVarP(&o.raw, "raw", "r", false, "print a string without quotes and escapes")
		f.VarP(&o.filter, "filter", "f", "print what this expression of jq makes of it: '.items[] | .name';\nkeys come out sorted, and numbers with all digits unless they have\ndecimals and are calculated with")
	})
}

// filterFlag is the value of --filter; without a filter, all is printed as it is.
type filterFlag struct {
	text   string
	filter *filter.Filter
}

func (f *filterFlag) String() string { return f.text }
func (f *filterFlag) Type() string   { return "EXPR" }

func (f *filterFlag) Set(arg string) (err error) {
	f.text = unprotect(arg)
	f.filter, err = filter.Parse(f.text)
	return err
}

// results print what came, filtered.
type results struct {
	*output
	filter  *filter.Filter // nil for none
	timeout time.Duration  // of the filter for each value, 0 for none
}

func (c *connection) results(s *session, o printing) *results {
	return &results{newOutput(s.process, o.raw), o.filter.filter, time.Duration(c.timeout)}
}

// show prints what the filter makes of a value, each on a line of its own.
func (r *results) show(ctx context.Context, text []byte) error {
	for value, err := range r.values(ctx, text) {
		if err == nil {
			err = r.value(value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// values returns what the filter makes of a value. An error is a filterError, and
// the last.
func (r *results) values(ctx context.Context, text []byte) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		if r.filter == nil {
			yield(text, nil)
			return
		}
		bounded, cancel := context.WithCancel(ctx)
		if r.timeout > 0 {
			bounded, cancel = context.WithTimeout(ctx, r.timeout)
		}
		defer cancel()
		for value, err := range r.filter.Run(bounded, text) {
			if err != nil {
				err = &filterError{err, r.timeout}
			}
			if !yield(value, err) {
				return
			}
		}
	}
}

// A filterError says that the filter did not fit the value, or did not end.
type filterError struct {
	err     error
	timeout time.Duration
}

func (e *filterError) Unwrap() error { return e.err }

func (e *filterError) Error() string {
	if errors.Is(e.err, context.DeadlineExceeded) {
		return fmt.Sprintf("the filter did not end within %v; --timeout gives it longer", e.timeout)
	}
	return fmt.Sprintf("the filter does not fit: %v", e.err)
}
