package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/cmd/jsonrpc/internal/filter"
	"example.com/jsonrpc/cmd/jsonrpc/internal/repl"
	"example.com/jsonrpc/internal/suggest"
	"example.com/jsonrpc/openrpc"
)

// A replCommand is one that begins with a dot.
type replCommand struct {
	name, argument string
	about          string
	values         []string // of the argument; nil if they are none or methods
	method         bool     // the argument is a method
	run            func(r *replRun, ctx context.Context, statement *repl.Statement) error
}

// replCommands returns all of them, in the order of .help.
func replCommands() []replCommand {
	toggle := []string{"on", "off"}
	return []replCommand{
		{name: ".help", about: "show this", run: (*replRun).help},
		{name: ".list", argument: "[TEXT]", about: "list the methods of the server, or those whose names hold TEXT", run: (*replRun).list},
		{name: ".describe", argument: "METHOD", about: "show the params, result, errors and examples of a method", method: true, run: (*replRun).describe},
		{name: ".template", argument: "METHOD", about: "print params of a method to fill in", method: true, run: (*replRun).template},
		{name: ".refresh", about: "ask the server again what methods it has", run: (*replRun).refreshDescription},
		{name: ".filter", argument: "[EXPR|off]", about: "print what this expression of jq makes of each result", values: []string{"off"}, run: (*replRun).setFilter},
		{name: ".raw", argument: "[on|off]", about: "print strings without quotes and escapes", values: toggle, run: (*replRun).toggleRaw},
		{name: ".arrows", argument: "[on|off]", about: "show the messages", values: toggle, run: (*replRun).toggleArrows},
		{name: ".time", argument: "[on|off]", about: "tell how long each call took", values: toggle, run: (*replRun).toggleTime},
		{name: ".quit", about: "end; so does Ctrl-D", run: func(*replRun, context.Context, *repl.Statement) error { return errQuit }},
	}
}

// command carries out a command.
func (r *replRun) command(ctx context.Context, statement *repl.Statement) error {
	name := statement.Words[0]
	var names []string
	for _, c := range replCommands() {
		if c.name != name {
			names = append(names, c.name)
			continue
		}
		switch {
		case c.argument == "" && statement.Rest != "":
			return oneTooMany(statement.Words[1], c.name)
		case c.method && len(statement.Words) != 2:
			return &usageError{"write " + c.name + " " + c.argument}
		}
		return c.run(r, ctx, statement)
	}
	text := fmt.Sprintf("there is no command %s", shown(name))
	if near := suggest.Nearest(name, names); near != "" {
		text += fmt.Sprintf(", did you mean %s?", near)
	}
	return &usageError{text + "; .help lists them, and a METHOD with such a name is written in quotes"}
}

func (r *replRun) help(context.Context, *repl.Statement) error {
	var b strings.Builder
	b.WriteString(replSyntax + "\n")
	for _, c := range replCommands() {
		fmt.Fprintf(&b, "%-22s %s\n", strings.TrimSpace(c.name+" "+c.argument), c.about)
	}
	return newOutput(r.session.process, false).text(strings.TrimSuffix(b.String(), "\n"))
}

// described returns the description of the server, which is asked if nothing is
// known yet.
func (r *replRun) described(ctx context.Context, method string) (described, error) {
	d := r.known.Load()
	if d == nil {
		var err error
		if d, err = r.discover(ctx, r.session, false); err != nil {
			return described{}, err
		}
	}
	return described{Description: d, ctx: ctx, session: r.session, at: r.at, method: method}, nil
}

func (r *replRun) list(ctx context.Context, statement *repl.Statement) error {
	x, err := r.described(ctx, "")
	if err != nil {
		return err
	}
	if statement.Rest != "" {
		some := *x.Document
		some.Methods = slices.DeleteFunc(slices.Clone(some.Methods), func(m *openrpc.Method) bool { return !strings.Contains(m.Name, statement.Rest) })
		if len(some.Methods) == 0 {
			return &usageError{fmt.Sprintf("no method's name holds %s", shown(statement.Rest))}
		}
		x.Description = &discover.Description{Via: x.Via, At: x.At, Document: &some}
	}
	return listMethods(x, false)
}

func (r *replRun) describe(ctx context.Context, statement *repl.Statement) error {
	x, err := r.described(ctx, statement.Words[1])
	if err != nil {
		return err
	}
	return describeMethod(x, false)
}

func (r *replRun) template(ctx context.Context, statement *repl.Statement) error {
	x, err := r.described(ctx, statement.Words[1])
	if err != nil {
		return err
	}
	return printTemplate(x, false)
}

func (r *replRun) refreshDescription(ctx context.Context, _ *repl.Statement) error {
	d, err := r.discover(ctx, r.session, true)
	if err != nil {
		return err
	}
	r.session.say(fmt.Sprintf("the server has %d methods (%s)", len(d.Document.Methods), d.Via))
	return nil
}

// setFilter sets the filter of all results, or says what it is.
func (r *replRun) setFilter(_ context.Context, statement *repl.Statement) error {
	switch expression := statement.Rest; expression {
	case "":
		if r.printing.filter.text == "" {
			r.session.say("there is no filter")
			return nil
		}
		return newOutput(r.session.process, false).text(r.printing.filter.text)
	case "off":
		r.printing.filter.text = ""
	default:
		if _, err := (filter.Options{Last: []byte("null")}).Parse(expression); err != nil {
			return &usageError{err.Error()}
		}
		r.printing.filter.text = expression
	}
	return nil
}

func (r *replRun) toggleRaw(_ context.Context, statement *repl.Statement) (err error) {
	r.raw, err = onOff(statement, r.raw)
	return r.saySetting("raw", r.raw, err)
}

func (r *replRun) toggleArrows(_ context.Context, statement *repl.Statement) error {
	on, err := onOff(statement, !r.session.hideArrows.Load())
	if err == nil {
		r.session.hideArrows.Store(!on)
	}
	return r.saySetting("arrows", on, err)
}

func (r *replRun) toggleTime(_ context.Context, statement *repl.Statement) (err error) {
	r.timed, err = onOff(statement, r.timed)
	return r.saySetting("time", r.timed, err)
}

func (r *replRun) saySetting(name string, on bool, err error) error {
	if err == nil && r.session.process.OutTerminal {
		r.session.say(name + map[bool]string{true: ": on", false: ": off"}[on])
	}
	return err
}
