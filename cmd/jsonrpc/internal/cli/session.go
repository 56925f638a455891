package cli

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
)

// A session is one run of the command: the process it runs in and what its
// parts share.
type session struct {
	process *Process
	input   *input
	secrets secrets

	commands []string // names of all commands

	hideArrows atomic.Bool // show nothing of what -v and -vv show of calls

	mu     sync.Mutex // for warned and lines, and for lines on stderr to stay whole
	warned map[string]bool
	lines  io.Writer // for lines on stderr, if something stands below them; nil for stderr
}

func newSession(ctx context.Context, p *Process) *session {
	return &session{process: p, input: &input{ctx: ctx, stdin: p.Stdin}, warned: map[string]bool{}}
}

// above has lines on stderr written by w from now on, which keeps what moves, as
// progress does, below them. Nil ends it.
func (s *session) above(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = w
}
