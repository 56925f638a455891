package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/cmd/jsonrpc/internal/render"
)

func newDocsCommand(s *session) *cobra.Command {
	var (
		d    description
		html bool
	)
	cmd := newDescriptionCommand(s, &d, "docs [flags] TARGET", "write documentation of all methods", docsHelp, false,
		func(x described) error { return writeDocs(x, html) })
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&html, "html", false, "write one page of HTML that needs nothing else, instead of Markdown")
	})
	return cmd
}

func writeDocs(x described, html bool) error {
	page := render.Page{Document: x.Document, From: source(x.Description), At: x.At, Call: x.at.commandLine}
	out := newOutput(x.session.process, false)
	if !html {
		return out.write([]byte(visible(page.Markdown(), "\n\t")))
	}
	var b strings.Builder
	if err := page.HTML(&b); err != nil {
		return err
	}
	return out.write([]byte(visible(strings.TrimRight(b.String(), "\n"), "\n\t")))
}

// source says how a description was come by.
func source(d *discover.Description) string {
	if d.Via == discover.File {
		return "an OpenRPC document"
	}
	return string(d.Via)
}
