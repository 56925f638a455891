package cli

import (
	"context"
	"sync"
)

// A session is one run of the command: the process it runs in and what its
// parts share.
type session struct {
	process *Process
	input   *input
	secrets secrets

	commands []string // names of all commands

	mu     sync.Mutex // for warned, and for lines on stderr to stay whole
	warned map[string]bool
}

func newSession(ctx context.Context, p *Process) *session {
	return &session{process: p, input: &input{ctx: ctx, stdin: p.Stdin}, warned: map[string]bool{}}
}
