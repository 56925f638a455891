// Package manpage makes manual pages of the texts of --help, so that both say the
// same.
package manpage

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A Page is the manual page of a command.
type Page struct {
	Name    string // as jsonrpc-send
	About   string // in a few words
	Version string
	Date    time.Time
	// Help is what --help prints: headings in capitals, paragraphs, and what is
	// indented, which stays as it is. What stands under … FLAGS are flags.
	Help    string
	SeeAlso []string // names of other pages
}

var (
	heading   = regexp.MustCompile(`^[A-Z][A-Z ]+$`)
	flagStart = regexp.MustCompile(`^ +(-[a-zA-Z], )?--[a-z]`)
	flagLine  = regexp.MustCompile(`^ +((?:-[a-zA-Z], )?--[a-z0-9-]+)( \S.*?)?(?:   *(\S.*))?$`)
)

// String returns the page in the language man of roff.
func (p *Page) String() string {
	w := &writer{}
	// An escaped hyphen would be none of a date.
	fmt.Fprintf(w, ".TH \"%s\" 1 %s \"%s\"\n", text(strings.ToUpper(p.Name)), p.Date.UTC().Format(time.DateOnly), text(p.Version))
	w.macro("SH", "NAME")
	w.line(text(p.Name) + ` \- ` + text(p.About))
	var examples []string
	for _, s := range sections(p.Help) {
		if s.title == "EXAMPLES" {
			examples = s.lines
			continue
		}
		w.macro("SH", s.title)
		if strings.HasSuffix(s.title, " FLAGS") {
			w.flags(s.lines)
		} else {
			w.body(s.lines)
		}
	}
	if examples != nil {
		w.macro("SH", "EXAMPLES")
		w.body(examples)
	}
	if len(p.SeeAlso) > 0 {
		w.macro("SH", "SEE ALSO")
		for i, name := range p.SeeAlso {
			end := ","
			if i == len(p.SeeAlso)-1 {
				end = ""
			}
			w.line(`\fB` + text(name) + `\fR(1)` + end)
		}
	}
	return w.String()
}

// A section is what stands under a heading.
type section struct {
	title string
	lines []string
}

// sections splits the help at its headings. What stands between the usage and the
// next one is the description.
func sections(help string) []section {
	var all []section
	for line := range strings.Lines(strings.TrimSpace(help)) {
		line = strings.TrimRight(line, " \n")
		switch {
		case line == "USAGE":
			all = append(all, section{title: "SYNOPSIS"})
		case heading.MatchString(line):
			all = append(all, section{title: line})
		case len(all) == 0 || len(all) == 1 && all[0].title == "SYNOPSIS" && line != "" && line[0] != ' ':
			all = append(all, section{title: "DESCRIPTION", lines: []string{line}})
		default:
			last := &all[len(all)-1]
			last.lines = append(last.lines, line)
		}
	}
	return all
}

// A writer writes requests and lines of text.
type writer struct{ strings.Builder }

func (w *writer) macro(name string, arguments ...string) {
	w.WriteString("." + name)
	for _, a := range arguments {
		fmt.Fprintf(w, ` "%s"`, strings.ReplaceAll(text(a), `"`, `\(dq`))
	}
	w.WriteString("\n")
}

// line writes a line of text, which must be no request.
func (w *writer) line(escaped string) {
	if strings.HasPrefix(escaped, ".") || strings.HasPrefix(escaped, "'") {
		escaped = `\&` + escaped
	}
	w.WriteString(escaped + "\n")
}

// body writes paragraphs, and as it is what is indented.
func (w *writer) body(lines []string) {
	literal, began, blank := false, false, 0
	for _, line := range lines {
		if line == "" {
			blank++
			continue
		}
		indented := line[0] == ' ' || line[0] == '\t'
		switch {
		case literal && indented:
			w.WriteString(strings.Repeat("\n", blank))
		case indented:
			if began {
				w.macro("PP")
			}
			w.macro("EX")
		case literal:
			w.macro("EE")
			w.macro("PP")
		case blank > 0 && began:
			w.macro("PP")
		}
		literal, began, blank = indented, true, 0
		if indented {
			line = strings.TrimPrefix(line, "  ")
		}
		w.line(text(line))
	}
	if literal {
		w.macro("EE")
	}
}

// flags writes the flags, each with what it does, and the text below them.
func (w *writer) flags(lines []string) {
	for i := 0; i < len(lines); i++ {
		parts := flagLine.FindStringSubmatch(lines[i])
		if parts == nil {
			if lines[i] != "" {
				w.macro("PP")
				w.line(text(strings.TrimSpace(lines[i])))
			}
			continue
		}
		w.macro("TP")
		name := `\fB` + text(parts[1]) + `\fR`
		if kind := strings.TrimSpace(parts[2]); kind != "" {
			name += ` \fI` + text(kind) + `\fR`
		}
		w.line(name)
		about := []string{parts[3]}
		for i+1 < len(lines) && strings.HasPrefix(lines[i+1], " ") && !flagStart.MatchString(lines[i+1]) {
			i++
			about = append(about, strings.TrimSpace(lines[i]))
		}
		w.line(text(strings.Join(about, " ")))
	}
}

// text escapes what means something to roff. Hyphens stay those that can be copied
// into a command line.
func text(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "\t", "        ", "^", `\(ha`, "~", `\(ti`, "`", `\(ga`, "'", `\(aq`).Replace(s)
}
