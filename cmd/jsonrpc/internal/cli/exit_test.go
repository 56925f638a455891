package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func TestExitCodes(t *testing.T) {
	status := func(code int) error { return &jsonrpc.HTTPError{StatusCode: code} }
	carry := func(op string, err error) error { return &transport.Error{Op: op, Err: err} }
	server := &jsonrpc.Error{Code: -32000}
	for _, test := range []struct {
		err  error
		want ExitCode
	}{
		{nil, ExitDone},
		{server, ExitServerError},
		{errors.Join(server, status(500)), ExitServerError},
		{errors.Join(server, status(401)), ExitUnauthorised},
		{status(403), ExitUnauthorised},
		{status(407), ExitUnauthorised},
		{carry("connect", errors.New("Proxy Authentication Required")), ExitUnauthorised},
		{carry("connect", x509.UnknownAuthorityError{}), ExitUnauthorised},
		{carry("send", &net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}), ExitUnauthorised},
		{status(404), ExitBadReply},
		{status(503), ExitBadReply},
		{carry("connect", status(404)), ExitBadReply},
		{&jsonrpc.ParseResponseError{}, ExitBadReply},
		{&jsonrpc.ValidationError{}, ExitBadReply},
		{jsonrpc.ErrNoResponse, ExitBadReply},
		{carry("read", jsonrpc.ErrReplyTooLarge), ExitBadReply},
		{carry("read", fmt.Errorf("%w: gzip", transport.ErrEncoding)), ExitBadReply},
		{carry("redirect", errors.New("elsewhere")), ExitBadReply},
		{carry("connect", &net.OpError{Op: "dial", Err: errors.New("refused")}), ExitUnreachable},
		{carry("send", errors.New("broken")), ExitUnreachable},
		{carry("read", errors.New("cut")), ExitUnreachable},
		{carry("send", context.DeadlineExceeded), ExitTimeout},
		{carry("connect", os.ErrDeadlineExceeded), ExitTimeout},
		{&jsonrpc.MessageError{}, ExitUsage},
		{&usageError{}, ExitUsage},
		{&localError{}, ExitUsage},
		{errSilent, ExitUsage},
		{errLost, ExitUnreachable},
		{&batchError{}, ExitBatchFailed},
		{errInterrupted, ExitInterrupted},
		{errStopped, ExitInterrupted},
	} {
		if got := exitCode(test.err); got != test.want {
			t.Errorf("%v: %d, want %d", test.err, got, test.want)
		}
		if test.err == nil {
			continue
		}
		if got := exitCode(fmt.Errorf("wrapped: %w", test.err)); got != test.want {
			t.Errorf("wrapped %v: %d, want %d", test.err, got, test.want)
		}
	}
}

func TestExitCodesHaveMeanings(t *testing.T) {
	for _, code := range exitCodes {
		if code.String() == "unknown" {
			t.Errorf("%d has no meaning", int(code))
		}
	}
	if ExitCode(99).String() != "unknown" {
		t.Error("99 has a meaning")
	}
}
