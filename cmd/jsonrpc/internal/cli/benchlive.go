package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"example.com/jsonrpc/cmd/jsonrpc/internal/load"
)

// A benchLive shows on a terminal what each second brings.
type benchLive struct {
	w      io.Writer // nil if nobody looks
	prefix string
	errors int64
}

func (o *benchOptions) liveView(s *session, prefix string) *benchLive {
	stderr, isFile := s.process.Stderr.(*os.File)
	if !isFile || !term.IsTerminal(int(stderr.Fd())) || o.verbose > 0 {
		return &benchLive{}
	}
	return &benchLive{w: stderr, prefix: prefix}
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
	// Who has closed stderr wants to see nothing.
	_, _ = fmt.Fprintf(l.w, "\r\x1b[K%s%v: %.0f calls/s, 50 %% %v, 99 %% %v, longest %v, %d errors",
		l.prefix, s.At.Round(time.Second), throughput, load.Short(s.P50), load.Short(s.P99), load.Short(s.Max), l.errors)
}

// end takes the line away.
func (l *benchLive) end() {
	if l.w != nil {
		_, _ = io.WriteString(l.w, "\r\x1b[K")
	}
}
