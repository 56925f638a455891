package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// commandTime is how long a command may take: it may ask a person for a password.
const commandTime = 2 * time.Minute

// Run runs the command of a value, which must have one, and returns the first
// line of what it prints. What it says on stderr goes to stderr. It gets no stdin,
// which may hold params. No error holds what it printed.
func (v Value) Run(ctx context.Context, stderr io.Writer) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, v.Command[0], v.Command[1:]...)
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &limited{&out}, stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return "", fmt.Errorf("the command %s: %w", v.Command[0], err)
	}
	line, _, _ := strings.Cut(out.String(), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return "", fmt.Errorf("the command %s printed nothing on its first line", v.Command[0])
	}
	return line, nil
}

// limited refuses more than any secret has.
type limited struct{ to *bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.to.Len()+len(p) > 1<<20 {
		return 0, errors.New("more than 1 MiB of output")
	}
	return l.to.Write(p)
}
