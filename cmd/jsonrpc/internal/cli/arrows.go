package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"maps"

	"example.com/jsonrpc"
)

// arrows is the slog.Handler behind -v. It prints the messages that the library
// logs, each on a line of its own, spaced for reading; what was sent is compact.
type arrows struct{ session *session }

func newArrows(s *session) *slog.Logger { return slog.New(arrows{s}) }

func (a arrows) Enabled(context.Context, slog.Level) bool { return !a.session.hideArrows.Load() }
func (a arrows) WithAttrs([]slog.Attr) slog.Handler       { return a }
func (a arrows) WithGroup(string) slog.Handler            { return a }

// Handle prints "--> message" or "<-- message". Why a call failed is not for it
// to say: the sentence at the end does. An unusual HTTP status, though, belongs
// to what came.
func (a arrows) Handle(_ context.Context, r slog.Record) error {
	arrow, message, _ := strings.Cut(r.Message, " ")
	if json.Valid([]byte(message)) {
		message = string(spaced.format([]byte(message)))
	}
	r.Attrs(func(attr slog.Attr) bool {
		if status := attr.Value; attr.Key == "http_status" && status.Kind() == slog.KindInt64 && status.Int64() != http.StatusOK {
			message = strings.TrimLeft(fmt.Sprintf("%s (HTTP %d)", message, status.Int64()), " ")
		}
		return true
	})
	if message != "" {
		a.session.sayLine(arrow + " " + message)
	}
	return nil
}

// headerTrace is the http.RoundTripper behind -vv.
type headerTrace struct {
	session *session
	next    http.RoundTripper
}

// RoundTrip prints the headers on both ways.
func (t headerTrace) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.session.hideArrows.Load() {
		return t.next.RoundTrip(r)
	}
	t.session.sayLine("  > " + r.Method + " " + publicURL(r.URL))
	t.header("  > ", r.Header)
	resp, err := t.next.RoundTrip(r)
	if err == nil {
		t.session.sayLine("  < " + resp.Proto + " " + resp.Status)
		t.header("  < ", resp.Header)
	}
	return resp, err
}

func (t headerTrace) header(prefix string, h http.Header) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			if jsonrpc.IsSecretHeader(name) && !isPlainHeader(name) {
				value = "***"
			}
			t.session.sayLine(prefix + name + ": " + value)
		}
	}
}

// isPlainHeader knows more names than the library, which has to judge what users
// send: these say how messages travel.
func isPlainHeader(name string) bool {
	return slices.Contains([]string{
		"Allow", "Connection", "Content-Length", "Date", "Retry-After", "Server", "Transfer-Encoding", "Vary",
		"Upgrade", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol", "Sec-Websocket-Version",
	}, name)
}

// publicURL is u without what may be secret in it, so that it shows where a
// redirect goes.
func publicURL(u *url.URL) string {
	public := *u
	public.User, public.Fragment = nil, ""
	if public.RawQuery != "" {
		public.RawQuery = "***"
	}
	return public.String()
}
