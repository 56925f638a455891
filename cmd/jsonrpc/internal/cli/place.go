package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/cmd/jsonrpc/internal/profile"
	"example.com/jsonrpc/cmd/jsonrpc/internal/shell"
)

// A target is the server, or the servers, that a command is for.
type target struct {
	addresses []string // as parseTarget returns them; at least one
	name      string   // what it was called: the same for each run, without the secrets of a profile
	given     string   // the TARGET that stands for it on a command line
	secrets   []string // in the addresses
}

// shown is the TARGET as it can be shown: without what may be secret in it.
func (t target) shown() string {
	if _, isProfile := profileName(t.given); !isProfile && (t.given == "" || strings.ContainsAny(t.given, "@?")) {
		return "TARGET"
	}
	return shell.Quote(t.given)
}

// scheme returns the scheme of the address.
func (t target) scheme() string { return schemeOf(t.addresses[0]) }

// A place says in which ways a command line names the server: by its first
// argument, --target or a profile.
type place struct {
	profile string
	targets []string
	config  string

	from        *profile.Profile // nil without one
	fromProfile map[string]bool  // flags whose values come from there
}

func (p *place) addFlags(cmd *cobra.Command) {
	addFlags(cmd, groupConnect, func(f *pflag.FlagSet) {
		f.Var(&text{value: &p.profile, kind: "NAME"}, "profile", "take the TARGET and flags from this profile of the config file; the\nTARGET is then left out")
		f.Var(&texts{values: &p.targets, kind: "TARGET"}, "target", "the server, instead of the TARGET among the arguments; can be\nrepeated: several are asked as one, another if one fails")
		addConfigFlag(f, &p.config)
	})
}

func addConfigFlag(f *pflag.FlagSet, value *string) {
	f.Var(&text{value: value, kind: "FILE"}, "config", "the config file (default: "+envConfig+", or jsonrpc/config.toml where\nthe platform keeps such files)")
}

// nameOf says how a flag is called where it was given.
func (p *place) nameOf(flag string) string {
	if p.fromProfile[flag] {
		return fmt.Sprintf("profile %s: %s", p.from.Name, flag)
	}
	return "--" + flag
}

// locate returns the target of a command line and the arguments after it, and
// sets the flags of its profile.
func (c *connection) locate(s *session, cmd *cobra.Command, args []string, usage string) (at target, rest []string, err error) {
	args, command := splitArgs(cmd, args)
	p := &c.place
	if args, err = p.take(args, usage); err != nil {
		return at, nil, err
	}
	texts := p.targets
	if len(texts) == 1 {
		at.given = texts[0]
	}
	if p.profile != "" {
		at.given = "@" + p.profile
		if p.from, err = p.load(s); err != nil {
			return at, nil, err
		}
		if err := c.applyProfile(s, cmd); err != nil {
			return at, nil, err
		}
		if len(texts) == 0 {
			if texts, at.secrets, err = p.profileTargets(s); err != nil {
				return at, nil, err
			}
			at.name = "@" + p.profile + " " + strings.Join(p.unexpanded(), " ")
		}
	}
	for _, text := range texts {
		address, err := parseTarget(text, command, s.commands)
		if err != nil {
			return at, nil, err
		}
		at.addresses = append(at.addresses, address)
	}
	if at.name == "" {
		at.name = strings.Join(at.addresses, " ")
	}
	return at, args, nil
}

// take takes the TARGET from the arguments, if it is there, and returns the others.
func (p *place) take(args []string, usage string) ([]string, error) {
	named := p.profile != "" || len(p.targets) > 0
	if len(args) == 0 {
		if !named {
			return nil, &usageError{"TARGET is missing: write " + usage}
		}
		return args, nil
	}
	name, isProfile := profileName(args[0])
	switch {
	case isProfile && p.profile == "":
		p.profile = name
	case named && (isProfile || isTarget(args[0])):
		return nil, &usageError{"the TARGET is given twice: leave it out after --profile and --target"}
	case named:
		return args, nil
	default:
		p.targets = args[:1]
	}
	return args[1:], nil
}

// profileName returns the name of the profile that stands for a TARGET: @NAME.
func profileName(arg string) (string, bool) {
	name, ok := strings.CutPrefix(arg, "@")
	return name, ok && name != "" && !strings.ContainsAny(name, ":/")
}

// isTarget reports whether an argument can only be a TARGET.
func isTarget(arg string) bool {
	scheme, _, ok := strings.Cut(arg, "://")
	return ok && isScheme(scheme) || slices.Contains([]string{demoTarget, execTarget}, arg)
}
