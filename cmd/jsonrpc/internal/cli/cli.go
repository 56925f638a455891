// Package cli is the command jsonrpc without its process: arguments, streams and
// environment go in, an exit code comes out.
package cli

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"golang.org/x/term"
)

// A Process is what the command gets from the operating system, so that a test
// can give it something else.
type Process struct {
	Args   []string // without the program's name
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string
	// OutTerminal says that a person reads Stdout.
	OutTerminal bool
	// Columns is the width of that terminal, 0 if it is not known.
	Columns int
}

// width returns how long a line of prose should be.
func (p *Process) width() int {
	const usual, least, most = 80, 40, 120
	columns := p.Columns
	if n, err := strconv.Atoi(p.Getenv("COLUMNS")); err == nil && n > 0 {
		columns = n
	}
	if columns == 0 {
		return usual
	}
	return min(max(columns, least), most)
}

// OS returns the process that this program is.
func OS() *Process {
	columns, _, _ := term.GetSize(int(os.Stdout.Fd())) // of a terminal
	return &Process{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv,
		OutTerminal: term.IsTerminal(int(os.Stdout.Fd())), Columns: columns,
	}
}

// Main runs the command to its end. An interrupt (Ctrl-C, SIGTERM) ends it in
// order; a second one ends it at once.
func Main(p *Process) ExitCode {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	// Packages of others, net/http above all, log what servers sent, secrets and
	// control characters included.
	log.SetOutput(io.Discard)
	return run(ctx, p)
}

// run is Main under a context whose end is the interrupt.
func run(ctx context.Context, p *Process) ExitCode {
	s := newSession(ctx, p)
	root := newRootCommand(s)
	root.SetArgs(protectNumbers(p.Args))
	cmd, err := root.ExecuteContextC(ctx)
	if ctx.Err() != nil && err != nil && !errors.Is(err, errStopped) {
		err = errInterrupted
	}
	if err != nil && !errors.Is(err, errSilent) && !errors.Is(err, errTold) {
		s.say(sentence(cmd, err))
	}
	return exitCode(err)
}
