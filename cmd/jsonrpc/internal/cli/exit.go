package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/transport"
)

// An ExitCode tells a script how the command ended.
type ExitCode int

// The exit codes are part of the command's interface: see --help.
const (
	ExitDone         ExitCode = 0
	ExitServerError  ExitCode = 1
	ExitUsage        ExitCode = 2
	ExitUnreachable  ExitCode = 3
	ExitUnauthorised ExitCode = 4
	ExitTimeout      ExitCode = 5
	ExitBadReply     ExitCode = 6
	ExitBatchFailed  ExitCode = 7
	ExitInterrupted  ExitCode = 130 // 128 + SIGINT, as shells have it
)

// exitCodes are all of them, in the order of --help.
var exitCodes = []ExitCode{
	ExitDone, ExitServerError, ExitUsage, ExitUnreachable, ExitUnauthorised,
	ExitTimeout, ExitBadReply, ExitBatchFailed, ExitInterrupted,
}

// String says what the code means.
func (c ExitCode) String() string {
	switch c {
	case ExitDone:
		return "done"
	case ExitServerError:
		return "the server answered with an error"
	case ExitUsage:
		return "usage: the command line, a file or a message is not right"
	case ExitUnreachable:
		return "the server cannot be reached, or the connection broke"
	case ExitUnauthorised:
		return "not authorised: HTTP 401, 403 or 407, or TLS refused on either side"
	case ExitTimeout:
		return "timeout"
	case ExitBadReply:
		return "the reply was not a valid one"
	case ExitBatchFailed:
		return "some of a batch failed"
	case ExitInterrupted:
		return "interrupted"
	}
	return "unknown"
}

var (
	// errInterrupted is the error of all that a signal ended.
	errInterrupted = errors.New("interrupted; the server may have carried out what was sent")

	// errStopped is the end of a server.
	errStopped = errors.New("stopped")

	// errLost is the end of a connection to which one listened.
	errLost = errors.New("the connection ended")

	// errSilent is an error about which nobody wants to hear: whoever reads
	// stdout has gone.
	errSilent = errors.New("stdout was closed")
)

// A usageError says what is wrong with the command line or its input.
type usageError struct{ reason string }

func (e *usageError) Error() string { return e.reason }

// A localError says what is wrong on this machine: a file, stdout, a port.
type localError struct{ reason string }

func (e *localError) Error() string { return e.reason }

// A batchError says that some requests of a batch failed.
type batchError struct{ reason string }

func (e *batchError) Error() string { return e.reason }

// exitCode returns the code for err. Where several fit, the one that tells more
// about what to do wins: a 401 is a matter of credentials whatever its body says.
func exitCode(err error) ExitCode {
	var (
		usage    *usageError
		local    *localError
		message  *jsonrpc.MessageError
		batch    *batchError
		result   *resultError
		status   *jsonrpc.HTTPError
		server   *jsonrpc.Error
		carry    *transport.Error
		filtered *filterError
	)
	switch {
	case err == nil:
		return ExitDone
	case errors.Is(err, errInterrupted), errors.Is(err, errStopped):
		return ExitInterrupted
	case errors.As(err, &usage), errors.As(err, &local), errors.As(err, &message), errors.Is(err, errSilent):
		return ExitUsage
	case errors.As(err, &filtered):
		if isTimeout(err) {
			return ExitTimeout
		}
		return ExitUsage
	case errors.Is(err, discover.ErrNone):
		return ExitServerError
	case errors.As(err, &result):
		return ExitBadReply
	case errors.Is(err, errLost):
		return ExitUnreachable
	case errors.As(err, &batch):
		return ExitBatchFailed
	case errors.As(err, &status) && isUnauthorised(status.StatusCode):
		return ExitUnauthorised
	case errors.As(err, &server):
		return ExitServerError
	case isTimeout(err):
		return ExitTimeout
	case isTLSRefusal(err), isProxyRefusal(err):
		return ExitUnauthorised
	case errors.Is(err, jsonrpc.ErrReplyTooLarge), errors.Is(err, transport.ErrEncoding), errors.As(err, &status):
		return ExitBadReply
	case errors.As(err, &carry):
		switch carry.Op {
		case "connect", "send", "read":
			return ExitUnreachable
		case "authorize":
			return ExitUnauthorised
		}
	}
	return ExitBadReply
}

func isUnauthorised(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusProxyAuthRequired
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// isTLSRefusal reports whether one side did not accept the other's certificate,
// or the two found no version or cipher to agree on.
func isTLSRefusal(err error) bool {
	var (
		verify *tls.CertificateVerificationError
		alert  *net.OpError
	)
	return errors.As(err, &verify) || isCertificateError(err) ||
		errors.As(err, &alert) && (alert.Op == "remote error" || alert.Op == "local error")
}

// isCertificateError reports what a RoundTripper may return unwrapped.
func isCertificateError(err error) bool {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	return errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}

// isProxyRefusal reports whether a proxy asked for credentials before it would
// connect. Package net/http tells with the text of the status alone.
func isProxyRefusal(err error) bool {
	return strings.Contains(err.Error(), http.StatusText(http.StatusProxyAuthRequired))
}
