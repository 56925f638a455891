package jsonrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// TestClassifyReplies asks real HTTP servers.
func TestClassifyReplies(t *testing.T) {
	errorReply := func(code int, message, more string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","error":{"code":%d,"message":%q%s},"id":1}`, code, message, more)
	}
	tests := map[string]struct {
		status int
		header http.Header
		body   string
		want   jsonrpc.Outcome
	}{
		"a result":                     {200, nil, `{"jsonrpc":"2.0","result":1,"id":1}`, jsonrpc.Outcome{Class: jsonrpc.ClassAnswer, Sent: true}},
		"a result that does not fit":   {200, nil, `{"jsonrpc":"2.0","result":"x","id":1}`, jsonrpc.Outcome{Class: jsonrpc.ClassAnswer, Sent: true}},
		"an error":                     {200, nil, errorReply(-32602, "bad params", ""), jsonrpc.Outcome{Class: jsonrpc.ClassAnswer, Sent: true}},
		"an internal error":            {200, nil, errorReply(-32603, "Error: Transaction reverted", ""), jsonrpc.Outcome{Class: jsonrpc.ClassAnswer, Sent: true}},
		"an error under 500":           {500, nil, errorReply(-32601, "no such method", ""), jsonrpc.Outcome{Class: jsonrpc.ClassAnswer, Sent: true}},
		"an error under 404":           {404, nil, errorReply(-32601, "no such method", ""), jsonrpc.Outcome{Class: jsonrpc.ClassAnswer, Sent: true}},
		"an error under 503":           {503, nil, errorReply(-1, "busy", ""), jsonrpc.Outcome{Class: jsonrpc.ClassUnavailable, Sent: true}},
		"an error under 429":           {429, http.Header{"Retry-After": {"7"}}, errorReply(-1, "slow down", ""), jsonrpc.Outcome{Class: jsonrpc.ClassRateLimited, Sent: true, RetryAfter: 7 * time.Second}},
		"an error under 413":           {413, nil, errorReply(-1, "big", ""), jsonrpc.Outcome{Class: jsonrpc.ClassTooLarge, Sent: true}},
		"warming up under 500":         {500, nil, errorReply(-28, "Loading block index...", ""), jsonrpc.Outcome{Class: jsonrpc.ClassUnavailable, Sent: true}},
		"code 429":                     {200, nil, errorReply(429, "Too Many Requests", ""), jsonrpc.Outcome{Class: jsonrpc.ClassRateLimited, Sent: true}},
		"Infura":                       {429, nil, errorReply(-32005, "project ID request rate exceeded", `,"data":{"see":"x","current_rps":13.3,"allowed_rps":10.0,"backoff_seconds":30.0}`), jsonrpc.Outcome{Class: jsonrpc.ClassRateLimited, Sent: true, RetryAfter: 30 * time.Second}},
		"Infura, nested":               {200, nil, errorReply(-32005, "project ID request rate exceeded", `,"data":{"rate":{"allowed_rps":50,"backoff_seconds":0.5},"see":""}`), jsonrpc.Outcome{Class: jsonrpc.ClassRateLimited, Sent: true, RetryAfter: 500 * time.Millisecond}},
		"Chainstack under 200":         {200, nil, errorReply(-32005, "You've exceeded the RPS limit available on the current plan.", `,"data":{"try_again_in":"1.5s"}`), jsonrpc.Outcome{Class: jsonrpc.ClassRateLimited, Sent: true, RetryAfter: 1500 * time.Millisecond}},
		"the data before the header":   {429, http.Header{"Retry-After": {"7"}}, errorReply(-32005, "limit exceeded", `,"data":{"retry_after":2}`), jsonrpc.Outcome{Class: jsonrpc.ClassRateLimited, Sent: true, RetryAfter: 2 * time.Second}},
		"data of another kind":         {200, nil, errorReply(-32005, "limit exceeded", `,"data":{"retry_after":[1],"rate":"x"}`), jsonrpc.Outcome{Class: jsonrpc.ClassRateLimited, Sent: true}},
		"a range too wide":             {200, nil, errorReply(-32005, "query returned more than 10000 results", ""), jsonrpc.Outcome{Class: jsonrpc.ClassAnswer, Sent: true}},
		"Solana is behind":             {200, nil, errorReply(-32005, "Node is behind by 42 slots", `,"data":{"numSlotsBehind":42}`), jsonrpc.Outcome{Class: jsonrpc.ClassBehind, Sent: true}},
		"Solana is not well":           {200, nil, errorReply(-32005, "Node is unhealthy", ""), jsonrpc.Outcome{Class: jsonrpc.ClassUnavailable, Sent: true}},
		"QuickNode":                    {200, nil, errorReply(-32007, "20/second request limit reached - reduce calls per second", ""), jsonrpc.Outcome{Class: jsonrpc.ClassRateLimited, Sent: true}},
		"a skipped slot has that code": {200, nil, errorReply(-32007, "Slot 7 was skipped, or missing due to ledger jump", ""), jsonrpc.Outcome{Class: jsonrpc.ClassAnswer, Sent: true}},
		"Alchemy":                      {200, nil, errorReply(-32016, "Your IP has exceeded its requests per second capacity", ""), jsonrpc.Outcome{Class: jsonrpc.ClassRateLimited, Sent: true}},
		"a node that lacks the block":  {200, nil, errorReply(-32000, "header not found", ""), jsonrpc.Outcome{Class: jsonrpc.ClassBehind, Sent: true}},
		"a revert":                     {200, nil, errorReply(-32000, "execution reverted", ""), jsonrpc.Outcome{Class: jsonrpc.ClassAnswer, Sent: true}},
		"the application's own limits": {200, nil, errorReply(17, "the account's rate limit is 5", ""), jsonrpc.Outcome{Class: jsonrpc.ClassAnswer, Sent: true}},
		"408":                          {408, nil, "", jsonrpc.Outcome{Class: jsonrpc.ClassTimeout, Sent: true}},
		"413":                          {413, nil, "too big", jsonrpc.Outcome{Class: jsonrpc.ClassTooLarge, Sent: true}},
		"429":                          {429, http.Header{"X-Ratelimit-Reset": {"3"}}, "slow", jsonrpc.Outcome{Class: jsonrpc.ClassRateLimited, Sent: true, RetryAfter: 3 * time.Second}},
		"500":                          {500, nil, "oops", jsonrpc.Outcome{Class: jsonrpc.ClassUnavailable, Sent: true}},
		"501":                          {501, nil, "", jsonrpc.Outcome{Class: jsonrpc.ClassRejected, Sent: true}},
		"502":                          {502, nil, "<h1>nginx</h1>", jsonrpc.Outcome{Class: jsonrpc.ClassUnavailable, Sent: true}},
		"503":                          {503, http.Header{"Retry-After": {"1"}}, "Server is overloaded", jsonrpc.Outcome{Class: jsonrpc.ClassUnavailable, Sent: true, RetryAfter: time.Second}},
		"504":                          {504, http.Header{"Retry-After": {"1"}}, "", jsonrpc.Outcome{Class: jsonrpc.ClassTimeout, Sent: true}},
		"401":                          {401, nil, "", jsonrpc.Outcome{Class: jsonrpc.ClassRejected, Sent: true}},
		"404":                          {404, nil, "no", jsonrpc.Outcome{Class: jsonrpc.ClassRejected, Sent: true}},
		"a page under 200":             {200, http.Header{"Content-Type": {"text/html"}}, "<h1>hello</h1>", jsonrpc.Outcome{Class: jsonrpc.ClassBroken, Sent: true}},
		"garbage":                      {200, nil, `{"jsonrpc":`, jsonrpc.Outcome{Class: jsonrpc.ClassBroken, Sent: true}},
		"another's answer":             {200, nil, `{"jsonrpc":"2.0","result":1,"id":2}`, jsonrpc.Outcome{Class: jsonrpc.ClassBroken, Sent: true}},
		"nothing":                      {200, nil, "", jsonrpc.Outcome{Class: jsonrpc.ClassBroken, Sent: true}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				maps.Copy(w.Header(), test.header)
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			_, err := jsonrpc.Call[int](t.Context(), dial(t, server.URL), "m", nil)
			if got := jsonrpc.Classify(err); got != test.want {
				t.Errorf("%v: %+v, want %+v", err, got, test.want)
			}
		})
	}
}

// hint is an interceptor's own error.
type hint struct{ error }

func (hint) RetryAfter() time.Duration { return time.Minute }

func TestClassifyErrors(t *testing.T) {
	sent := func(sent bool, err error) error { return &transport.Error{Op: "read", Sent: sent, Err: err} }
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, r, "1") })
	closed := dial(t, server.URL)
	_ = closed.Close()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = nobody.Close()
	moved := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, server.URL, http.StatusSeeOther) })
	call := func(ctx context.Context, client *jsonrpc.Client, params any) error {
		return client.Call(ctx, "m", params, nil)
	}
	tests := map[string]struct {
		err  error
		want jsonrpc.Outcome
	}{
		"nil":                        {nil, jsonrpc.Outcome{Class: jsonrpc.ClassAnswer, Sent: true}},
		"nobody listens":             {call(t.Context(), dial(t, "http://"+nobody.Addr().String()), nil), jsonrpc.Outcome{Class: jsonrpc.ClassUnreachable}},
		"a redirect that is refused": {call(t.Context(), dial(t, moved.URL), nil), jsonrpc.Outcome{Class: jsonrpc.ClassRejected, Sent: true}},
		"a mistake in the params":    {call(t.Context(), dial(t, server.URL), 7), jsonrpc.Outcome{Class: jsonrpc.ClassRefused}},
		"a closed client":            {call(t.Context(), closed, nil), jsonrpc.Outcome{Class: jsonrpc.ClassRefused}},
		"canceled before":            {call(canceled, dial(t, server.URL), nil), jsonrpc.Outcome{Class: jsonrpc.ClassCanceled}},
		"canceled":                   {sent(true, context.Canceled), jsonrpc.Outcome{Class: jsonrpc.ClassCanceled, Sent: true}},
		"the deadline":               {sent(true, context.DeadlineExceeded), jsonrpc.Outcome{Class: jsonrpc.ClassTimeout, Sent: true}},
		"the deadline while dialing": {sent(false, context.DeadlineExceeded), jsonrpc.Outcome{Class: jsonrpc.ClassTimeout}},
		"a timeout of the network":   {sent(true, &net.OpError{Op: "read", Err: syscall.ETIMEDOUT}), jsonrpc.Outcome{Class: jsonrpc.ClassTimeout, Sent: true}},
		"no address":                 {sent(false, &net.DNSError{IsTimeout: true}), jsonrpc.Outcome{Class: jsonrpc.ClassUnreachable}},
		"a reset":                    {sent(true, syscall.ECONNRESET), jsonrpc.Outcome{Class: jsonrpc.ClassBroken, Sent: true}},
		"too large":                  {fmt.Errorf("x: %w", jsonrpc.ErrReplyTooLarge), jsonrpc.Outcome{Class: jsonrpc.ClassTooLarge, Sent: true}},
		"an interceptor's":           {errors.New("the breaker is open"), jsonrpc.Outcome{Class: jsonrpc.ClassRefused, Sent: true}},
		"an interceptor's, with a hint": {sent(false, hint{errors.New("later")}),
			jsonrpc.Outcome{Class: jsonrpc.ClassUnreachable, RetryAfter: time.Minute}},
	}
	for name, test := range tests {
		if got := jsonrpc.Classify(test.err); got != test.want {
			t.Errorf("%s: %v: %+v, want %+v", name, test.err, got, test.want)
		}
	}
}

func TestMayRepeat(t *testing.T) {
	for _, test := range []struct {
		o                jsonrpc.Outcome
		idempotent, want bool
	}{
		{jsonrpc.Outcome{Class: jsonrpc.ClassBroken, Sent: true}, true, true},
		{jsonrpc.Outcome{Class: jsonrpc.ClassBroken, Sent: true}, false, false},
		{jsonrpc.Outcome{Class: jsonrpc.ClassUnreachable}, false, true},
		{jsonrpc.Outcome{Class: jsonrpc.ClassRateLimited, Sent: true}, false, false},
		{jsonrpc.Outcome{Class: jsonrpc.ClassAnswer, Sent: true}, true, false},
		{jsonrpc.Outcome{Class: jsonrpc.ClassRefused}, true, false},
		{jsonrpc.Outcome{Class: jsonrpc.ClassCanceled}, true, false},
	} {
		if got := test.o.MayRepeat(test.idempotent); got != test.want {
			t.Errorf("%+v, idempotent %v: %v", test.o, test.idempotent, got)
		}
	}
}
