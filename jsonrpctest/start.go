package jsonrpctest

import (
	"net/http"
	"net/http/httptest"
)

// TB is what this package needs of a testing.TB, such as a *testing.T. It keeps
// package testing out of programs that import this one, as one with a demo does.
type TB interface {
	Helper()
	Cleanup(f func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Start serves these methods over HTTP at the URL it returns, until the test
// ends. For TLS, or anything else of the kind, give a [Server] to package
// net/http/httptest.
func Start(t TB, handlers Handlers) (url string) {
	t.Helper()
	return start(t, NewServer(handlers))
}

func start(t TB, h http.Handler) (url string) {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}
