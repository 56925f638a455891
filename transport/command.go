package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"
)

// CommandOptions are the settings of [Command]. Nil, and any zero field, means
// the default.
type CommandOptions struct {
	StreamOptions
	// ExitWait is how long Close waits for the process to exit after its
	// standard input was closed. The default is two seconds.
	ExitWait time.Duration
	// TermWait is how long Close waits after SIGTERM, before SIGKILL. The
	// default is two seconds. (Windows has no SIGTERM: there it is killed.)
	TermWait time.Duration
}

// Command starts cmd and makes a stream of its standard input and output, as
// language servers and MCP servers are talked to. Its standard error goes to
// cmd.Stderr; the last lines are also kept, for the error if it exits.
//
// Close follows the MCP specification, "stdio, Shutdown": it closes the standard
// input, waits, then sends SIGTERM, waits, then SIGKILL.
func Command(cmd *exec.Cmd, opts *CommandOptions) (Stream, error) {
	if opts == nil {
		opts = &CommandOptions{}
	}
	child := &child{cmd: cmd, exitWait: opts.ExitWait, termWait: opts.TermWait, exited: make(chan struct{})}
	if child.exitWait <= 0 {
		child.exitWait = 2 * time.Second
	}
	if child.termWait <= 0 {
		child.termWait = 2 * time.Second
	}
	// Pipes of our own: Wait would close the ones of StdoutPipe under a reader.
	stdout, childOut, err := os.Pipe()
	if err != nil {
		return nil, &Error{Op: "connect", Err: err}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		_, _ = stdout.Close(), childOut.Close()
		return nil, &Error{Op: "connect", Err: err}
	}
	cmd.Stdout = childOut
	if cmd.Stderr == nil {
		cmd.Stderr = &child.stderr
	} else {
		cmd.Stderr = io.MultiWriter(cmd.Stderr, &child.stderr)
	}
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = time.Second // for grandchildren that hold standard error open
	}
	child.stdin, child.stdout = stdin, stdout
	err = cmd.Start()
	_ = childOut.Close()
	if err != nil {
		_ = stdout.Close()
		return nil, &Error{Op: "connect", Err: err}
	}
	go func() {
		child.waitErr = cmd.Wait()
		if errors.Is(child.waitErr, exec.ErrWaitDelay) {
			child.waitErr = nil // the process itself ended well
		}
		close(child.exited)
	}()
	return &commandStream{byteStream: newByteStream(child, &opts.StreamOptions), child: child}, nil
}

// child is a process as an io.ReadWriteCloser.
type child struct {
	cmd                *exec.Cmd
	stdin              io.WriteCloser
	stdout             *os.File
	stderr             tail
	exitWait, termWait time.Duration

	exited  chan struct{}
	waitErr error // once exited is closed
	close   sync.Once
}

func (c *child) Read(p []byte) (int, error)        { return c.stdout.Read(p) }
func (c *child) Write(p []byte) (int, error)       { return c.stdin.Write(p) }
func (c *child) SetReadDeadline(t time.Time) error { return c.stdout.SetReadDeadline(t) }

// SetWriteDeadline lets a Write be made by its caller and not by a goroutine.
func (c *child) SetWriteDeadline(t time.Time) error {
	if d, ok := c.stdin.(interface{ SetWriteDeadline(time.Time) error }); ok {
		return d.SetWriteDeadline(t)
	}
	return os.ErrNoDeadline
}

// SyscallConn gives access to what is written to.
func (c *child) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.stdin.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// Close ends the process, if it has to step by step.
func (c *child) Close() error {
	c.close.Do(func() {
		_ = c.stdin.Close()
		if !c.waitFor(context.Background(), c.exitWait) {
			_ = c.cmd.Process.Signal(terminate)
			if !c.waitFor(context.Background(), c.termWait) {
				_ = c.cmd.Process.Kill()
				<-c.exited
			}
		}
		_ = c.stdout.Close()
	})
	return nil
}

// waitFor waits for the process to exit and reports whether it has.
func (c *child) waitFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-c.exited:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// commandStream adds to the end of the stream what the process said of it.
type commandStream struct {
	*byteStream
	child *child
}

func (s *commandStream) Read(ctx context.Context, buf []byte) ([]byte, error) {
	buf, err := s.byteStream.Read(ctx, buf)
	return buf, s.explain(ctx, err)
}

func (s *commandStream) Write(ctx context.Context, msg []byte) error {
	return s.explain(ctx, s.byteStream.Write(ctx, msg))
}

// explain turns the end of the stream into how the process exited.
func (s *commandStream) explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	if e := (*FrameError)(nil); errors.As(err, &e) {
		return err
	}
	// A process that closes its output is about to exit.
	if !s.child.waitFor(ctx, s.child.exitWait) {
		return err
	}
	how := "ended"
	if s.child.waitErr != nil {
		how = "ended with " + s.child.waitErr.Error()
	}
	if said := s.child.stderr.String(); said != "" {
		return fmt.Errorf("the command %s: %s: %w", how, said, err)
	}
	return fmt.Errorf("the command %s: %w", how, err)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex // for text
	text []byte
}

const maxTail = 2 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p[max(0, len(p)-maxTail):]...)
	if over := len(t.text) - maxTail; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

// String returns the last three lines, joined.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, string(bytes.ToValidUTF8(t.text, nil)))
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
	return strings.Join(lines[max(0, len(lines)-3):], " | ")
}
