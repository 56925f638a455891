package realservers

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

// dial returns a client that is closed with the test.
func dial(t *testing.T, url string, opts ...jsonrpc.DialOption) *jsonrpc.Client {
	t.Helper()
	if strings.HasPrefix(t.Name(), "TestOverLeanHTTP/") {
		opts = append([]jsonrpc.DialOption{jsonrpc.WithLeanHTTP()}, opts...)
	}
	opts = append([]jsonrpc.DialOption{jsonrpc.WithTimeout(callTimeout)}, opts...) // some servers leave a call unanswered now and then
	client, err := jsonrpc.Dial(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// tolerant is the client that a server needs whose replies are not those of JSON-RPC 2.0.
func tolerant(t *testing.T, url string, opts ...jsonrpc.DialOption) *jsonrpc.Client {
	t.Helper()
	return dial(t, url, append(opts, jsonrpc.WithValidation(false))...)
}

// wantError checks that err is what the server itself said, and returns that.
func wantError(t *testing.T, err error, code int64, message string) *jsonrpc.Error {
	t.Helper()
	e := wantAs[*jsonrpc.Error](t, err)
	if e.Code != code || e.Message != message {
		t.Fatalf("the server said %d %q, want %d %q", e.Code, e.Message, code, message)
	}
	return e
}

// wantStatus checks the HTTP status that came with err.
func wantStatus(t *testing.T, err error, status int) *jsonrpc.HTTPError {
	t.Helper()
	e := wantAs[*jsonrpc.HTTPError](t, err)
	if e.StatusCode != status {
		t.Fatalf("the HTTP status is %d, want %d", e.StatusCode, status)
	}
	return e
}

// wantDeviation checks that err refuses a reply for the reason d.
func wantDeviation(t *testing.T, err error, d jsonrpc.Deviation) {
	t.Helper()
	if e := wantAs[*jsonrpc.ValidationError](t, err); e.Deviation != d {
		t.Fatalf("the reply was refused for %q, want %q", e.Deviation, d)
	}
}

// wantText checks what an error says, but for the method and the endpoint at its start.
func wantText(t *testing.T, err error, text string) {
	t.Helper()
	if !strings.HasSuffix(err.Error(), ": "+text) {
		t.Fatalf("the error says %q, want %q", err, text)
	}
}

func wantAs[E error](t *testing.T, err error) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("got %T (%v), want a %T", err, err, e)
	}
	return e
}

// wantNone checks that a call succeeded.
func wantNone(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantEqual[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// wantItem checks one result of a batch.
func wantItem[T comparable](t *testing.T, item *jsonrpc.Result[T], want T) {
	t.Helper()
	got, err := item.Get()
	wantNone(t, err)
	wantEqual(t, got, want)
}

// wantStrays checks the responses of a batch that belong to none of its requests.
func wantStrays(t *testing.T, reply *jsonrpc.Reply, want ...string) {
	t.Helper()
	got := make([]string, len(reply.Strays))
	for i, stray := range reply.Strays {
		got[i] = string(stray)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("the strays are %q, want %q", got, want)
	}
}
