package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.com/jsonrpc/cmd/jsonrpc/internal/complete"
	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
)

// completeArguments completes the arguments of a command, and of those below it, if
// it has a TARGET: what they are, its usage says. It asks nobody, and runs no program of a profile: all
// that is known of a server's methods is what was kept, and --schema.
func completeArguments(s *session, cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		completeArguments(s, sub)
	}
	if cmd.Flags().Lookup("target") == nil {
		return
	}
	hasMethod, hasParams := strings.Contains(cmd.Use, "METHOD"), strings.Contains(cmd.Use, "PARAM")
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if written := s.process.Args; slices.Contains(written[:max(len(written)-1, 0)], "--") {
			return nil, cobra.ShellCompDirectiveDefault // what follows is a command, or anything
		}
		begun = unprotect(begun)
		l := commandLineOf(s, cmd)
		rest, isThere := l.takeTarget(unprotectAll(args))
		var found []complete.Candidate
		switch {
		case !isThere:
			found = targetCandidates(s, l.config, begun)
		case len(rest) == 0 && hasMethod:
			found = complete.Methods(l.description(), begun)
		case len(rest) > 0 && hasParams:
			found = complete.Params(l.description(), rest[0], rest[1:], begun)
		case !hasMethod:
			return nil, cobra.ShellCompDirectiveDefault // a file may be next
		}
		return completions(shownCandidates(found, begun))
	}
}

// completions are candidates for cobra's scripts.
func completions(candidates []complete.Candidate) (lines []string, directive cobra.ShellCompDirective) {
	directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	for _, c := range candidates {
		lines = append(lines, cobra.CompletionWithDesc(c.Text, c.About))
		if c.Open {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
	}
	return lines, directive
}

// targetCandidates are what a TARGET can be.
func targetCandidates(s *session, config, begun string) (found []complete.Candidate) {
	if file, err := loadConfig(s, config); err == nil {
		for _, p := range file.Profiles {
			if _, ok := profileName("@" + p.Name); ok {
				found = append(found, complete.Candidate{Text: "@" + p.Name, About: strings.Join(p.Targets(), " ")})
			}
		}
	}
	found = append(found, complete.Candidate{Text: demoTarget, About: "a server inside of this command"})
	if begun == "" {
		return found // the beginnings of all URLs would only be in the way
	}
	for _, scheme := range []string{"http://", "https://", "ws://", "wss://", "tcp://", "tls://", "unix://", execTarget, "nats://", "zmq+tcp://"} {
		found = append(found, complete.Candidate{Text: scheme, Open: true})
	}
	return found
}

// A completedLine is what a command line that is not finished says of the server.
type completedLine struct {
	session *session
	place
	schema, via string
}

// commandLineOf reads the flags of a command line.
func commandLineOf(s *session, cmd *cobra.Command) *completedLine {
	value := func(flag string) string {
		if f := cmd.Flags().Lookup(flag); f != nil {
			return f.Value.String()
		}
		return ""
	}
	l := &completedLine{session: s, schema: value("schema"), via: value("via")}
	l.profile, l.config = value("profile"), value("config")
	if f, ok := cmd.Flags().Lookup("target").Value.(*texts); ok {
		for _, text := range *f.values { // flags are parsed twice
			if !slices.Contains(l.targets, text) {
				l.targets = append(l.targets, text)
			}
		}
	}
	return l
}

// takeTarget returns the arguments after the TARGET, and whether it is there.
func (l *completedLine) takeTarget(args []string) (rest []string, isThere bool) {
	rest, err := l.take(args, "")
	return rest, err == nil && (l.profile != "" || len(l.targets) > 0)
}

// description returns what is known of the server, nil if nothing.
func (l *completedLine) description() *discover.Description {
	at := target{name: strings.Join(l.targets, " ")}
	if l.profile != "" {
		var err error
		if l.from, err = l.load(l.session.muted()); err != nil {
			return nil
		}
		for key, value := range map[string]*string{"schema": &l.schema, "via": &l.via} {
			if setting := l.from.Setting(key); *value == "" && setting != nil && len(setting.Values) == 1 {
				*value = setting.Values[0].Text
			}
		}
		if len(l.targets) == 0 {
			if l.from.Setting("target") == nil {
				return nil
			}
			at.name = "@" + l.profile + " " + strings.Join(l.unexpanded(), " ")
		}
	}
	if l.profile == "" || len(l.targets) > 0 {
		addresses := make([]string, len(l.targets))
		for i, text := range l.targets {
			address, err := parseTarget(text, nil, nil)
			if err != nil && l.schema == "" {
				return nil
			}
			addresses[i] = address
		}
		at.addresses, at.name = addresses, strings.Join(addresses, " ")
	}
	return (&description{schema: l.schema, via: l.via}).known(l.session, at)
}
