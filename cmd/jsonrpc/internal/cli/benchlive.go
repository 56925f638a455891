package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"example.com/jsonrpc/cmd/jsonrpc/internal/load"
)

// A benchLive shows on a terminal what each second brings, on a line below all
// others.
type benchLive struct {
	s      *session
	w      *os.File // nil if nobody looks
	prefix string
	line   string // under s.mu
	errors int64
}

func (o *benchOptions) liveView(s *session, prefix string) *benchLive {
	stderr, isFile := s.process.Stderr.(*os.File)
	if !isFile || !term.IsTerminal(int(stderr.Fd())) || o.verbose > 0 {
		return &benchLive{}
	}
	l := &benchLive{s: s, w: stderr, prefix: prefix}
	s.above(l)
	l.replace(prefix + "warming up")
	return l
}

const clearLine = "\r\x1b[K"

// Write writes what is to stand above the line. The session holds its lock.
func (l *benchLive) Write(p []byte) (int, error) {
	_, err := io.WriteString(l.w, clearLine+string(p)+l.line)
	return len(p), err
}

// replace replaces the line. One that is longer than the terminal is wide could
// not be taken away.
func (l *benchLive) replace(line string) {
	if width, _, err := term.GetSize(int(l.w.Fd())); err == nil && width > 0 {
		if text := []rune(line); len(text) >= width {
			line = string(text[:width-1])
		}
	}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.line = line
	_, _ = io.WriteString(l.w, clearLine+line) // who has closed stderr wants to see nothing
}

// show replaces the line with that of the newest interval.
func (l *benchLive) show(s load.Sample) {
	if l.w == nil {
		return
	}
	for _, n := range s.Errors {
		l.errors += n
	}
	throughput := 0.0
	if s.Length > 0 {
		throughput = float64(s.Calls) / s.Length.Seconds()
	}
	l.replace(fmt.Sprintf("%s%v: %.0f calls/s, 50 %% %v, 99 %% %v, longest %v, %d errors",
		l.prefix, s.At.Round(time.Second), throughput, load.Short(s.P50), load.Short(s.P99), load.Short(s.Max), l.errors))
}

// end takes the line away.
func (l *benchLive) end() {
	if l.w != nil {
		l.replace("")
		l.s.above(nil)
	}
}
