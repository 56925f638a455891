package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/jsonrpc"
	"example.com/jsonrpc/internal/suggest"
	"example.com/jsonrpc/transport"
)

// A callFailure is a library's error with what the command can say about it.
type callFailure struct {
	err      error
	subject  string // as "cat at http://pets.example"
	timeout  time.Duration
	framing  string // in use, "" if there is none
	authHint string // what to do about a refusal
	demo     bool   // the server is in this process
	near     string // the method that may have been meant
}

// suggest looks for the method that may have been meant, if there is none of that
// name.
func (f *callFailure) suggest(method string, names func() []string) {
	if jsonrpc.CodeOf(f.err) == jsonrpc.CodeMethodNotFound {
		f.near = suggest.Nearest(method, names())
	}
}

func (f *callFailure) Unwrap() error { return f.err }

// Error says what went wrong and, where there is something to do, what.
func (f *callFailure) Error() string {
	text := f.text()
	if f.demo {
		text = strings.Replace(text, demoURL+":", demoTarget, 1)
	}
	return text
}

func (f *callFailure) text() string {
	if f.timeout > 0 && errors.Is(f.err, context.DeadlineExceeded) {
		text := fmt.Sprintf("%s: no reply within %v; --timeout gives it longer", f.subject, f.timeout)
		if f.framing != "" {
			text += ", or its --framing may not be " + f.framing
		}
		return text
	}
	text := strings.TrimPrefix(f.err.Error(), "jsonrpc: ")
	text = libraryHints.Replace(text)
	if e := (*jsonrpc.Error)(nil); errors.As(f.err, &e) && tellsMore(e) {
		text += ", data " + excerpt(e.Data)
	}
	if advice := f.advice(); advice != "" {
		text += "; " + advice
	}
	return text
}

// tellsMore reports whether the data of an error is worth showing beside its
// message. Of an error that is no error object it is the same again.
func tellsMore(e *jsonrpc.Error) bool {
	data := string(e.Data)
	return data != "" && data != "null" && data != e.Message && data != quote(e.Message)
}

// libraryHints turns what the library tells a programmer into what a user of the
// command can do.
var libraryHints = strings.NewReplacer(
	"(WithValidation(false) accepts it)", "(without --strict it is accepted)",
	" (WithMaxReply raises it)", "",
)

// excerpt is how a JSON text begins, on one line.
func excerpt(text []byte) string {
	const longest = 500
	runes := []rune(string(spaced.format(text)))
	if len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return string(runes)
}

// advice says what to do, if there is something.
func (f *callFailure) advice() string {
	var (
		status *jsonrpc.HTTPError
		server *jsonrpc.Error
		carry  *transport.Error
	)
	switch {
	case errors.As(f.err, &status) && isUnauthorised(status.StatusCode):
		if status.StatusCode == http.StatusProxyAuthRequired {
			return proxyAdvice
		}
		return f.authHint
	case errors.As(f.err, &server) && f.near != "":
		return fmt.Sprintf("did you mean %q?", f.near)
	case errors.As(f.err, &server):
		return adviceOnCode(server.Code)
	case errors.As(f.err, &status) && isTrouble(status):
		return adviceOnTrouble(status, jsonrpc.MaybeSent(f.err))
	case errors.As(f.err, &status):
		if strings.Contains(string(status.Body), "HTTPS") && status.StatusCode == http.StatusBadRequest {
			return "use https:// in the TARGET"
		}
		return "does this server speak JSON-RPC there: are host, port and path of the TARGET right?"
	case isProxyRefusal(f.err):
		return proxyAdvice
	case isTLSRefusal(f.err):
		return adviceOnTLS(f.err)
	case errors.Is(f.err, jsonrpc.ErrReplyTooLarge) && strings.Contains(f.err.Error(), "bytes"):
		return "--max-reply SIZE raises the limit" // of bytes; that of depth is fixed
	case errors.Is(f.err, jsonrpc.ErrNoResponse):
		return "if none is due, use --notify"
	case errors.As(f.err, &carry) && carry.Op == "connect":
		return adviceOnConnect(f.err)
	case errors.As(f.err, &carry) && carry.Op != "redirect":
		return "the server may have carried it out: " + lookFirst
	}
	return ""
}

// isTrouble reports whether a server, or one in front of it, says of itself that it
// cannot answer now: it has not refused the message.
func isTrouble(status *jsonrpc.HTTPError) bool {
	switch jsonrpc.Classify(status).Class {
	case jsonrpc.ClassRateLimited, jsonrpc.ClassUnavailable, jsonrpc.ClassTimeout:
		return true
	}
	return false
}

const lookFirst = "look before you repeat it"

func adviceOnTrouble(status *jsonrpc.HTTPError, sent bool) string {
	switch {
	case status.StatusCode == http.StatusTooManyRequests:
		return "ask again later, or less often, as with --rate"
	case !sent:
		return "the server is in trouble, or one in front of it: try again later"
	}
	return "the server is in trouble, or one in front of it, and may have carried it out: " + lookFirst
}

const proxyAdvice = "use --proxy http://NAME:PASSWORD@HOST:PORT"

func adviceOnCode(code int64) string {
	switch code {
	case jsonrpc.CodeMethodNotFound:
		return "is METHOD spelt as the server spells it?"
	case jsonrpc.CodeInvalidParams:
		return "see PARAM in --help for how to give texts, numbers and names"
	case jsonrpc.CodeParseError, jsonrpc.CodeInvalidRequest:
		return "-v shows what was sent"
	}
	return ""
}

func adviceOnTLS(err error) string {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		alert     *net.OpError
	)
	switch {
	case errors.As(err, &authority):
		return "--cacert FILE trusts the authority that signed it"
	case errors.As(err, &host):
		return "--servername NAME accepts it if that is the right server under another name"
	case errors.As(err, &alert) && alert.Op == "remote error":
		return "the server wants a certificate that it trusts: --cert FILE --key FILE"
	}
	return ""
}

func adviceOnConnect(err error) string {
	var (
		plain tls.RecordHeaderError
		name  *net.DNSError
	)
	switch {
	case errors.As(err, &plain), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return "use http:// in the TARGET, because the server does not speak TLS there"
	case errors.As(err, &name):
		return "is the host's name right?"
	}
	return "is the server running, and is the TARGET right?"
}

// sentence is what the command says about an error.
func sentence(cmd *cobra.Command, err error) string {
	text := strings.TrimPrefix(err.Error(), "jsonrpc: ")
	if u := (*usageError)(nil); errors.As(err, &u) {
		text += " (see " + cmd.CommandPath() + " --help)"
	}
	return text
}
