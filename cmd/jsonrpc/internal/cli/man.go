package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/jsonrpc/cmd/jsonrpc/internal/manpage"
)

const manUsage = "man FOLDER"

func newManCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use: manUsage, Short: "write manual pages of all commands", Long: manHelp, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch args = unprotectAll(args); len(args) {
			case 0:
				return &usageError{"FOLDER is missing: write jsonrpc " + manUsage}
			case 1:
				return writeManPages(s, cmd.Root(), args[0])
			}
			return oneTooMany(args[1], "jsonrpc "+manUsage)
		},
	}
}

// writeManPages writes the page of a command and of all below it.
func writeManPages(s *session, cmd *cobra.Command, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // pages are for everybody
		return &localError{err.Error()}
	}
	page := manpage.Page{
		Name: manName(cmd), About: cmd.Short, Version: "jsonrpc " + version(), Date: manDate(s), Help: helpText(cmd),
	}
	if cmd.HasParent() {
		page.SeeAlso = []string{manName(cmd.Parent())}
	}
	for _, sub := range cmd.Commands() {
		if !sub.IsAvailableCommand() && sub.Name() != "help" {
			continue
		}
		page.SeeAlso = append(page.SeeAlso, manName(sub))
		if err := writeManPages(s, sub, folder); err != nil {
			return err
		}
	}
	path := filepath.Join(folder, page.Name+".1")
	if err := os.WriteFile(path, []byte(page.String()), 0o644); err != nil { //nolint:gosec // pages are for everybody
		return &localError{fmt.Sprintf("the page cannot be written: %v", err)}
	}
	return nil
}

func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manDate is the date of the pages: that of the version, so that the same version
// has the same pages, see https://reproducible-builds.org/specs/source-date-epoch.
func manDate(s *session) time.Time {
	if seconds, err := strconv.ParseInt(s.process.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if date, err := time.Parse(time.RFC3339, setting.Value); setting.Key == "vcs.time" && err == nil {
				return date
			}
		}
	}
	return time.Now()
}
