package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/cmd/jsonrpc/internal/gogen"
)

const genHelp = `Writes code that calls the methods of a server. There is one language: see
jsonrpc gen go --help.
`

const genGoHelp = `Writes a package of Go for a server that describes itself by rpc.discover, or for
an OpenRPC document: a client with a method for each of the server's, types,
errors for errors.Is, a mock that has the same methods, and the examples of the
description as tests. It needs nothing but the package jsonrpc.

Its files end in _gen.go and _gen_test.go. Other files in the folder are left
alone. A go:generate line in it writes them again, unless flags say how the server
is reached: put those into a profile.

EXAMPLES
  jsonrpc gen go --in openrpc.json --out pets --package pets
  jsonrpc gen go --in openrpc.json --out pets --check || echo run go generate
  jsonrpc gen go demo: --out demo
`

// newGenCommand returns the commands that write code.
func newGenCommand(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use: "gen", Short: "write code that calls a server's methods", Long: genHelp, Args: cobra.ArbitraryArgs,
		FParseErrWhitelist: cobra.FParseErrWhitelist{UnknownFlags: true}, // that there is no such language matters more
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return noCommand(cmd, unprotect(args[0]))
			}
			return &usageError{"name the language: write jsonrpc gen go"}
		},
	}
	cmd.AddCommand(newGenGoCommand(s))
	return cmd
}

// genOptions are those of "jsonrpc gen go".
type genOptions struct {
	description
	out, pkg string
	check    bool
	flags    *pflag.FlagSet
}

func newGenGoCommand(s *session) *cobra.Command {
	o := genOptions{out: "."}
	cmd := newDescriptionCommand(s, &o.description, "gen go [flags] TARGET", "write a package of Go", genGoHelp, false, o.run)
	cmd.Use = "go [flags] TARGET"
	o.flags = cmd.Flags()
	addFlags(cmd, groupSchema, func(f *pflag.FlagSet) {
		byIn := func(string) error { o.flag = "--in"; return nil }
		f.Var(&text{value: &o.schema, kind: "FILE|URL", check: byIn}, "in", "the same as --schema")
	})
	o.refresh = true // code is not made of what a server said yesterday
	_ = cmd.Flags().MarkHidden("refresh")
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.Var(&text{value: &o.out, kind: "FOLDER"}, "out", "write the package there")
		f.Var(&text{value: &o.pkg, kind: "NAME"}, "package", "call it so (default: as its folder)")
		f.BoolVar(&o.check, "check", false, "write nothing, and fail if the package there is not what would be\nwritten")
	})
	return cmd
}

// run writes the package or checks it.
func (o *genOptions) run(x described) error {
	if x.Via != discover.OpenRPC && x.Via != discover.File {
		return &localError{fmt.Sprintf("what %s tells of a server is not enough for types: it takes rpc.discover, or an OpenRPC document by --in", x.Via)}
	}
	out, err := filepath.Abs(o.out)
	if err != nil {
		return &localError{fmt.Sprintf("--out: %v", err)}
	}
	name := o.pkg
	if name == "" {
		name = filepath.Base(out)
	}
	made, err := gogen.Generate(x.Document, gogen.Options{Package: name, Command: o.command(x, out, name)})
	if err != nil {
		return &localError{fmt.Sprintf("cannot write a package: %v", err)}
	}
	if o.check {
		stale, err := made.Stale(o.out)
		switch {
		case err != nil:
			return &localError{fmt.Sprintf("--out: %v", err)}
		case stale != "":
			return &localError{fmt.Sprintf("the package is stale: %s (without --check it is written again)", stale)}
		}
		return nil
	}
	o.tell(x.session, made)
	if err := made.Write(o.out); err != nil {
		return &localError{fmt.Sprintf("--out: %v", err)}
	}
	return nil
}

// tell says what was made, and of what.
func (o *genOptions) tell(s *session, made *gogen.Package) {
	const most = 5
	for i, warning := range made.Warnings {
		if i == most {
			s.warn(fmt.Sprintf("and %d more of the kind", len(made.Warnings)-most))
			break
		}
		s.warn(warning)
	}
	s.say(fmt.Sprintf("methods: %d, types: %d, in %s", made.Methods, made.Types, o.out))
}

// howAsked are flags about the connection that are not about which server is
// reached, and as whom: the line of command does without them.
var howAsked = []string{"timeout", "max-reply", "strict", "retry", "idempotent", "rate", "strategy", "profile", "target"}

// byFlags reports whether the command line says in flags how the server is reached.
func (o *genOptions) byFlags() bool {
	by := o.flags.Changed("profile") && o.flags.Changed("target")
	o.flags.Visit(func(f *pflag.Flag) {
		group := groupOfFlag(f)
		by = by || (group == groupAuth || group == groupConnect) && !slices.Contains(howAsked, f.Name)
	})
	return by
}

// command is the line that makes the same package again, run in its folder. It is
// empty if it would have to have a secret in it, or flags and words about the
// connection, or what was read cannot be read again.
func (o *genOptions) command(x described, out, name string) string {
	from := []string{"--in", o.schema}
	switch isURL := strings.Contains(o.schema, "://"); {
	case (o.schema == "" || isURL) && o.byFlags():
		return ""
	case o.schema == "":
		if x.at.shown() == "TARGET" || x.at.given == execTarget {
			return ""
		}
		from = []string{x.at.given}
	case isURL && strings.ContainsAny(o.schema, "@?"), strings.TrimPrefix(o.schema, "@") == "-":
		return ""
	case !isURL:
		in, err := filepath.Abs(strings.TrimPrefix(o.schema, "@"))
		if err != nil {
			return ""
		}
		if from[1], err = filepath.Rel(out, in); err != nil {
			from[1] = in
		}
		from[1] = filepath.ToSlash(from[1])
	}
	words := append([]string{"jsonrpc", "gen", "go"}, from...)
	words = append(words, "--out", ".", "--package", name)
	for i, word := range words {
		if strings.ContainsAny(word, " \t\"\\$\n") {
			words[i] = strings.ReplaceAll(strconv.Quote(word), "$", "${DOLLAR}") // what go generate has for it
		}
	}
	return strings.Join(words, " ")
}
