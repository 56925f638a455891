package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/cmd/jsonrpc/internal/render"
)

func newListCommand(s *session) *cobra.Command {
	var (
		d      description
		asJSON bool
	)
	cmd := newDescriptionCommand(s, &d, "list [flags] TARGET", "list the methods of a server", listHelp, false,
		func(x described) error { return listMethods(x, asJSON) })
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&asJSON, "json", false, "print an array of objects with name, summary, signature and, of a tool\nof an MCP server, the method that calls it")
	})
	return cmd
}

// A listed is a method in the JSON form of the list.
type listed struct {
	Name       string `json:"name"`
	Method     string `json:"method,omitempty"`
	Signature  string `json:"signature,omitempty"`
	Summary    string `json:"summary,omitempty"`
	Deprecated bool   `json:"deprecated,omitempty"`
}

func listMethods(x described, asJSON bool) error {
	out := newOutput(x.session.process, false)
	if asJSON {
		all := make([]listed, 0, len(x.Document.Methods))
		for _, m := range x.Document.Methods {
			entry := listed{Name: m.Name, Signature: render.Signature(m), Summary: strings.TrimSpace(m.Summary), Deprecated: m.Deprecated}
			if method := discover.Method(m); method != m.Name {
				entry.Method = method
			}
			all = append(all, entry)
		}
		text, err := json.Marshal(all)
		if err != nil {
			return err
		}
		return out.value(text)
	}
	const widest = 40
	width := 0
	for _, m := range x.Document.Methods {
		if n := len([]rune(m.Name)); n <= widest {
			width = max(width, n)
		}
	}
	for _, m := range x.Document.Methods {
		line := visible(strings.TrimRight(fmt.Sprintf("%-*s  %s", width, m.Name, render.Summary(m)), " "), "")
		if runes := []rune(line); x.session.process.OutTerminal && len(runes) > x.session.process.width() {
			line = string(runes[:x.session.process.width()-1]) + "…"
		}
		if err := out.text(line); err != nil {
			return err
		}
	}
	return nil
}
