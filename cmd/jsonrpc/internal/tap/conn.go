package tap

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/jsonrpc/internal/words"
)

// Schemes are those of the servers that Dial connects to.
var Schemes = []string{"tcp", "tls", "unix", "exec"}

// Dial connects to a server at a URL as jsonrpc.Dial does, for its bytes. Config is
// for TLS; stderr is where a child process writes its own.
func Dial(ctx context.Context, rawURL string, config *tls.Config, stderr io.Writer) (Conn, error) {
	if line, isCommand := strings.CutPrefix(rawURL, "exec:"); isCommand {
		return start(ctx, line, stderr)
	}
	network, address, err := Address(rawURL)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(strings.ToLower(rawURL), "tls:") {
		return conn.(Conn), nil
	}
	if config = config.Clone(); config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(address)
	}
	secure := tls.Client(conn, config)
	shake, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := secure.HandshakeContext(shake); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// Address returns what package net wants of a URL of the form tcp://HOST:PORT,
// tls://HOST:PORT or unix:///PATH.
func Address(rawURL string) (network, address string, err error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", "", fmt.Errorf("the URL cannot be parsed: write tcp://HOST:PORT or unix:///PATH")
	}
	if u.Scheme == "unix" {
		if u.Opaque != "" { // unix:relative/path
			opaque, err := url.PathUnescape(u.Opaque)
			return "unix", opaque, err
		}
		return "unix", u.Host + u.Path, nil
	}
	if u.Port() == "" || strings.Trim(u.Path, "/") != "" || u.User != nil {
		return "", "", fmt.Errorf("the URL must have the form %s://HOST:PORT", u.Scheme)
	}
	return "tcp", u.Host, nil
}

// child is a process as a Conn.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout io.ReadCloser
	end    context.CancelFunc
	close  func() error
}

// start starts a process.
func start(ctx context.Context, line string, stderr io.Writer) (*child, error) {
	const patience = 2 * time.Second
	command, err := words.Split(line)
	if err != nil || len(command) == 0 {
		return nil, fmt.Errorf("write exec:'COMMAND ARGUMENT…', with quotes closed")
	}
	c := &child{}
	ctx, c.end = context.WithCancel(context.WithoutCancel(ctx)) // Close ends it step by step
	c.cmd = exec.CommandContext(ctx, command[0], command[1:]...)
	c.cmd.Stderr, c.cmd.WaitDelay = stderr, patience
	c.cmd.Cancel = func() error {
		if err := c.cmd.Process.Signal(syscall.SIGTERM); err == nil {
			return nil
		}
		return c.cmd.Process.Kill() // where there are no signals
	}
	if c.stdin, err = c.cmd.StdinPipe(); err == nil {
		if c.stdout, err = c.cmd.StdoutPipe(); err == nil {
			err = c.cmd.Start()
		}
	}
	if err != nil {
		c.end()
		return nil, err
	}
	c.close = sync.OnceValue(c.finish)
	return c, nil
}

func (c *child) Read(p []byte) (int, error)  { return c.stdout.Read(p) }
func (c *child) Write(p []byte) (int, error) { return c.stdin.Write(p) }
func (c *child) CloseWrite() error           { return c.stdin.Close() }

// Close ends the process if it has not ended by itself, and returns how it did.
func (c *child) Close() error { return c.close() }

func (c *child) finish() error {
	const patience = 2 * time.Second
	_ = c.stdin.Close()
	timer := time.AfterFunc(patience, c.end)
	defer timer.Stop()
	err := c.cmd.Wait()
	c.end()
	if err != nil {
		return fmt.Errorf("the command ended with %w", err)
	}
	return nil
}

// Stdio returns the standard input and output of this process as a Conn.
func Stdio(in io.Reader, out io.Writer) Conn {
	read, write := io.Pipe()
	// Nothing can end a read of a terminal: the goroutine is left to the end of the
	// process.
	go func() {
		_, err := io.Copy(write, in)
		_ = write.CloseWithError(err)
	}()
	return stdio{read, out}
}

type stdio struct {
	*io.PipeReader
	io.Writer
}

func (stdio) CloseWrite() error { return nil } // the end of the process does that
