package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// groupOf is the annotation of a flag that says under which heading --help
// shows it.
const groupOf = "group"

// Headings of --help, in their order.
const (
	groupMessage = "Message"
	groupOutput  = "Output"
	groupAuth    = "Credentials"
	groupSchema  = "Description"
	groupConnect = "Connection"
	groupServe   = "Serving"
	groupOther   = "Other"
)

var groups = []string{groupMessage, groupOutput, groupSchema, groupAuth, groupConnect, groupServe, groupOther}

// addFlags defines flags of cmd under a heading.
func addFlags(cmd *cobra.Command, group string, define func(*pflag.FlagSet)) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.SortFlags = false
	define(flags)
	flags.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{groupOf: {group}}
		cmd.Flags().AddFlag(f)
	})
}

// A negative number, as in "subtract 42 -23", is a PARAM or a value, never a
// flag. The flag parser would take it for one, so it travels through it behind a
// character that no argument can hold: arguments end in it.
const protection = "\x00"

var negativeNumber = regexp.MustCompile(`^-(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// protectNumbers hides negative numbers from the flag parser.
func protectNumbers(args []string) []string {
	protected := make([]string, len(args))
	for i, arg := range args {
		if protected[i] = arg; negativeNumber.MatchString(arg) {
			protected[i] = protection + arg
		}
	}
	return protected
}

// unprotect undoes protectNumbers for one argument.
func unprotect(arg string) string { return strings.TrimPrefix(arg, protection) }

// unprotectAll undoes protectNumbers for the arguments that were no flags.
func unprotectAll(args []string) []string {
	plain := make([]string, len(args))
	for i, arg := range args {
		plain[i] = unprotect(arg)
	}
	return plain
}

// A text is a flag's value. Unlike pflag's own it can come protected.
type text struct {
	value *string
	kind  string
	check func(string) error
}

func (t *text) String() string {
	if t == nil || t.value == nil {
		return ""
	}
	return *t.value
}
func (t *text) Type() string { return t.kind }

func (t *text) Set(arg string) error {
	arg = unprotect(arg)
	if t.check != nil {
		if err := t.check(arg); err != nil {
			return err
		}
	}
	*t.value = arg
	return nil
}

// texts is the value of a flag that can be given several times. Base is where the
// values of a profile go; nil for where the others go.
type texts struct {
	values, base *[]string
	kind         string
}

func (t *texts) String() string { return "" }
func (t *texts) Type() string   { return t.kind }

func (t *texts) Set(arg string) error {
	*t.values = append(*t.values, unprotect(arg))
	return nil
}

// setBase adds a value of a profile.
func (t *texts) setBase(value string) {
	to := t.base
	if to == nil {
		to = t.values
	}
	*to = append(*to, unprotect(value))
}

// A verbosity counts how often -v was given.
type verbosity int

func (v *verbosity) String() string { return "0" }
func (v *verbosity) Type() string   { return "bool" } // which --help shows without a value

func (v *verbosity) Set(arg string) error {
	if arg != "true" {
		return errors.New("it takes no value: write -v or -vv")
	}
	*v++
	return nil
}

// A span is the value of --timeout and --for: a number of seconds, or with a unit.
type span time.Duration

func (s *span) Type() string { return "TIME" }

func (s *span) String() string {
	if *s == 0 {
		return "0"
	}
	return time.Duration(*s).String()
}

func (s *span) Set(arg string) error {
	arg = unprotect(arg)
	if _, err := strconv.ParseFloat(arg, 64); err == nil {
		arg += "s"
	}
	d, err := time.ParseDuration(arg)
	if err != nil || d < 0 {
		return fmt.Errorf("write a number of seconds, or one with a unit as 500ms or 2m; 0 sets no limit")
	}
	*s = span(d)
	return nil
}

// A size is the value of --max-reply: a number of bytes, or with a unit.
type size int64

func (s *size) Type() string { return "SIZE" }

func (s *size) String() string {
	if n := int64(*s); n%(1<<20) == 0 {
		return strconv.FormatInt(n>>20, 10) + "MiB"
	}
	return strconv.FormatInt(int64(*s), 10)
}

func (s *size) Set(arg string) error {
	number := strings.TrimRight(unprotect(arg), "BbiKkMmGg")
	shift, known := map[string]uint{"": 0, "b": 0, "k": 10, "kib": 10, "m": 20, "mib": 20, "g": 30, "gib": 30}[strings.ToLower(arg[len(number):])]
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !known || n <= 0 || n > (1<<62)>>shift {
		return fmt.Errorf("write a number of bytes, or one with a unit as 512KiB, 64MiB or 1GiB")
	}
	*s = size(n << shift)
	return nil
}
