package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/cmd/jsonrpc/internal/profile"
)

// newProfileCommand returns the commands about the config file. It is edited by
// hand, so that nothing in it is ever lost.
func newProfileCommand(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "show the profiles of the config file",
		Long:  profileHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return noCommand(cmd, unprotect(args[0]))
			}
			return &usageError{"write jsonrpc profile list or jsonrpc profile show NAME"}
		},
	}
	var config string
	list := &cobra.Command{
		Use: "list [flags]", Short: "print the names of all profiles, and their targets",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return oneTooMany(unprotect(args[0]), "jsonrpc profile list")
			}
			return listProfiles(s, cmd.Root(), config)
		},
	}
	show := &cobra.Command{
		Use: "show [flags] NAME", Short: "print a profile, secrets masked",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch args = unprotectAll(args); len(args) {
			case 0:
				return &usageError{"NAME is missing: write jsonrpc profile show NAME"}
			case 1:
				return showProfile(s, cmd.Root(), &place{profile: strings.TrimPrefix(args[0], "@"), config: config})
			}
			return oneTooMany(args[1], "jsonrpc profile show NAME")
		},
	}
	for _, sub := range []*cobra.Command{list, show} {
		addFlags(sub, groupConnect, func(f *pflag.FlagSet) { addConfigFlag(f, &config) })
		cmd.AddCommand(sub)
	}
	show.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return profileNames(s, config), cobra.ShellCompDirectiveNoFileComp
	}
	return cmd
}

func listProfiles(s *session, root *cobra.Command, config string) error {
	file, err := loadConfig(s, config)
	if err != nil {
		return err
	}
	width := 0
	for _, name := range file.Names() {
		width = max(width, len([]rune(name)))
	}
	out := newOutput(s.process, false)
	for _, p := range file.Profiles {
		if err := out.text(strings.TrimRight(fmt.Sprintf("%-*s  %s", width, p.Name, strings.Join(p.Targets(), " ")), " ")); err != nil {
			return err
		}
	}
	return warnOfSettings(s, root, file.Profiles...)
}

func showProfile(s *session, root *cobra.Command, p *place) error {
	found, err := p.load(s)
	if err != nil {
		return err
	}
	if err := newOutput(s.process, false).text(strings.TrimSuffix(found.String(), "\n")); err != nil {
		return err
	}
	return warnOfSettings(s, root, found)
}

// warnOfSettings says what would be refused if a profile were used.
func warnOfSettings(s *session, root *cobra.Command, profiles ...*profile.Profile) error {
	for _, p := range profiles {
		if err := checkSettings(root, p); err != nil {
			s.warn(err.Error())
		}
	}
	return nil
}

// completeProfiles completes the values of a command's --profile, if it has one.
func completeProfiles(s *session, cmd *cobra.Command) {
	if cmd.Flags().Lookup("profile") == nil {
		return
	}
	completeWith(cmd, "profile", func() []string {
		config := cmd.Flags().Lookup("config").Value.String()
		return profileNames(s, config)
	})
}

// profileNames returns the names of all profiles, none if they cannot be read.
func profileNames(s *session, config string) []string {
	file, err := loadConfig(s, config)
	if err != nil {
		return nil
	}
	return file.Names()
}
