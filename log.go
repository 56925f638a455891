package jsonrpc

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"example.com/jsonrpc/internal/forms"
)

// logInterceptor logs each message and the reply to it.
func logInterceptor(l *slog.Logger, trim int) Interceptor {
	return func(next Invoker) Invoker {
		return func(ctx context.Context, x *Exchange) error {
			if !l.Enabled(ctx, slog.LevelInfo) {
				return next(ctx, x)
			}
			x.KeepReply()
			endpoint := slog.String("endpoint", x.secrets.mask(x.Endpoint()))
			begin := time.Now()
			l.LogAttrs(ctx, slog.LevelInfo, "--> "+logText(x.Text(), trim, x.secrets), endpoint)
			err := next(ctx, x)
			attrs := []slog.Attr{endpoint, slog.Duration("duration", time.Since(begin))}
			if resp := x.HTTPResponse(); resp != nil {
				attrs = append(attrs, slog.Int("http_status", resp.StatusCode))
			}
			text := logText(x.Reply(), trim, x.secrets)
			// An error of the server's is in the reply's text.
			if e := (*Error)(nil); err != nil && !errors.As(err, &e) {
				attrs = append(attrs, slog.String("error", x.secrets.mask(err.Error())))
			}
			if text != "" || err != nil {
				l.LogAttrs(ctx, slog.LevelInfo, strings.TrimSuffix("<-- "+text, " "), attrs...)
			}
			return err
		}
	}
}

// logText makes a message fit for one line of a log.
func logText(text []byte, trim int, s *secrets) string {
	if checkSyntax(text) != nil {
		return clean(string(s.start(text)), maxErrorText)
	}
	if trim <= 0 {
		trim = len(text)
	}
	b, _ := appendForLog(nil, text, skipSpace(text, 0), trim, s)
	return s.mask(string(b))
}

// appendForLog appends the valid value at i without its line breaks, without
// secrets, and with strings and arrays shortened to about n characters and
// items. It returns the index after the value. Depth is bounded by maxDepth.
func appendForLog(b, text []byte, i, n int, s *secrets) ([]byte, int) {
	switch text[i] {
	case '{', '[':
		items := 0
		end := text[i] + 2 // ']' and '}' are two after their openings
		b = append(b, text[i])
		for i = skipSpace(text, i+1); text[i] != end; {
			isArray := end == ']'
			if isArray && items == n {
				b = append(b, `…`...)
			}
			keep := len(b)
			if !isArray {
				after, _ := skipString(text, i)
				b = append(appendStringForLog(b, text[i:after], len(text), s), ':')
				i, _ = skipColon(text, after)
			}
			b, i = appendForLog(b, text, i, n, s)
			if i = skipSpace(text, i); text[i] == ',' {
				b = append(b, ',')
				i = skipSpace(text, i+1)
			}
			if items++; isArray && items > n {
				b = b[:keep]
			}
		}
		return append(b, end), i + 1
	case '"':
		end, _ := skipString(text, i)
		return appendStringForLog(b, text[i:end], n, s), end
	}
	end, _ := skipValue(text, i)
	if number := string(text[i:end]); s.mask(number) != number {
		return appendString(b, masked), end // what is left must be JSON
	}
	return append(b, text[i:end]...), end
}

func appendStringForLog(b, quoted []byte, n int, s *secrets) []byte {
	value := unquote(quoted)
	shown := s.mask(value) // before a secret can be cut in two
	if len(shown) > n && utf8.RuneCountInString(shown) > n {
		runes := []rune(shown)
		half := n / 2
		shown = string(runes[:half]) + "…" + string(runes[len(runes)-(n-half):])
	}
	if shown == value {
		return append(b, quoted...) // as it was escaped
	}
	return appendString(b, shown)
}

// NewLogHandler returns a slog.Handler that prints the messages logged by
// [WithLogger], a line each, and nothing else of a record but its HTTP status
// and error:
//
//	--> {"jsonrpc":"2.0","method":"ping","id":1}
//	<-- {"jsonrpc":"2.0","result":"pong","id":1} (HTTP 200)
//
// What is not to be seen in a message, as codes that move a terminal's cursor or turn
// the direction of text, is escaped, as JSON allows.
func NewLogHandler(w io.Writer) slog.Handler { return &logHandler{w: w} }

type logHandler struct {
	mu sync.Mutex // for w
	w  io.Writer
}

func (h *logHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }
func (h *logHandler) WithAttrs([]slog.Attr) slog.Handler           { return h }
func (h *logHandler) WithGroup(string) slog.Handler                { return h }

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	line := forms.Escape(r.Message, isInvisible) // in strings, the only place where such can be
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "http_status":
			line += " (HTTP " + strconv.FormatInt(a.Value.Int64(), 10) + ")"
		case "error":
			line += " " + a.Value.String()
		}
		return true
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := io.WriteString(h.w, line+"\n")
	return err
}
