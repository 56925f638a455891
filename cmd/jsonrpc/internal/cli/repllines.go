package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"example.com/jsonrpc/cmd/jsonrpc/internal/repl"
)

// replLines are where the lines of "jsonrpc repl" come from.
type replLines interface {
	// next returns a line without its end. More says that it goes on with the
	// statement of the line before. At the end the error is io.EOF.
	next(more bool) (string, error)
	keep(statement string)
	interrupts() <-chan struct{} // while no line is read
	close()
}

// lines returns the terminal, if there is one to read from and to show what is
// typed, otherwise stdin as a script.
func (o *replOptions) lines(ctx context.Context, s *session, r *replRun) (lines replLines, interactive bool, err error) {
	if s.input.user != "" {
		return nil, false, &usageError{s.input.user + " has read stdin, from which the statements come"}
	}
	s.input.user = "repl"
	in, isFile := s.process.Stdin.(*os.File)
	screen, isScreen := screenOf(s.process)
	if !isFile || !term.IsTerminal(int(in.Fd())) || !isScreen || s.process.Getenv("TERM") == "dumb" {
		return newScript(ctx, s.process.Stdin), false, nil
	}
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, false, &localError{"the terminal cannot be set up: " + err.Error()}
	}
	showCodes(screen)
	path := ""
	if !o.noHistory {
		path = filepath.Join(cache(s).Dir, "history")
	}
	t := &replTerminal{
		ctx: ctx, session: s, history: repl.LoadHistory(path), name: r.at.promptName(),
		restore: func() {
			_, _ = screen.WriteString("\r\n") // below the prompt, or what stands there
			_ = term.Restore(int(in.Fd()), state)
		},
	}
	t.editor = repl.NewEditor(repl.EditorOptions{
		In: in, Out: screen, History: t.history, Complete: r.complete,
		Size: func() (columns, rows int) {
			columns, rows, _ = term.GetSize(int(screen.Fd())) // 0 if it is not known
			return columns, rows
		},
	})
	p := *s.process
	t.process = s.process
	if p.OutTerminal {
		p.Stdout = t.editor
	}
	s.process = &p
	s.above(t.editor)
	if p.OutTerminal {
		s.say(".help tells what can be written to " + t.name + ", Ctrl-D ends")
	}
	return t, true, nil
}

// screenOf returns the terminal that shows what is typed.
func screenOf(p *Process) (*os.File, bool) {
	for _, w := range []io.Writer{p.Stdout, p.Stderr} {
		if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
			return file, true
		}
	}
	return nil, false
}

// promptName is what the prompt calls the server.
func (t target) promptName() string {
	const longest = 40
	name := []rune(visible(strings.Trim(t.shown(), "'"), ""))
	if len(name) > longest {
		name = append(name[:longest-1], '…')
	}
	return string(name)
}

// A replTerminal reads lines that are edited.
type replTerminal struct {
	ctx     context.Context // whose end ends reading too
	session *session
	process *Process // what the session had before
	editor  *repl.Editor
	history *repl.History
	name    string
	restore func()
}

func (t *replTerminal) next(more bool) (string, error) {
	prompt := t.name + "> "
	if more {
		prompt = strings.Repeat(".", len([]rune(t.name))) + "> "
	}
	line, err := awaited(t.ctx, func() (string, error) { return t.editor.Line(prompt) })
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, repl.ErrInterrupted), errors.Is(err, errStopped):
		return line, err
	}
	return "", &usageError{err.Error()}
}

// keep adds a statement to the history, unless it holds a secret.
func (t *replTerminal) keep(statement string) {
	if t.session.secrets.mask(statement) != statement {
		return
	}
	if err := t.history.Add(statement); err != nil {
		t.session.warn("the history cannot be kept: " + err.Error())
	}
}

func (t *replTerminal) interrupts() <-chan struct{} { return t.editor.Interrupts() }

func (t *replTerminal) close() {
	t.editor.Close()
	t.session.above(nil)
	t.session.process = t.process
	t.restore()
}

// A script is stdin that is no terminal.
type script struct {
	ctx context.Context
	in  *bufio.Reader
}

func newScript(ctx context.Context, in io.Reader) *script { return &script{ctx, bufio.NewReader(in)} }

func (r *script) next(bool) (string, error) {
	return awaited(r.ctx, func() (string, error) {
		var line []byte
		for {
			part, err := r.in.ReadSlice('\n')
			line = append(line, part...)
			switch {
			case len(line) > maxStatement:
				return "", errTooLong
			case errors.Is(err, bufio.ErrBufferFull):
				continue
			case errors.Is(err, io.EOF) && len(line) > 0:
				err = nil
			case err != nil && !errors.Is(err, io.EOF):
				err = &localError{"cannot read stdin: " + err.Error()}
			}
			return strings.TrimRight(string(line), "\r\n"), err
		}
	})
}

func (r *script) keep(string)                 {}
func (r *script) interrupts() <-chan struct{} { return nil }
func (r *script) close()                      {}

// awaited is read, or errStopped once ctx has ended: nothing can end a read of a
// terminal, so it is left behind.
func awaited(ctx context.Context, read func() (string, error)) (string, error) {
	type outcome struct {
		line string
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		line, err := read()
		done <- outcome{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", errStopped
	case o := <-done:
		return o.line, o.err
	}
}
