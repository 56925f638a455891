package realservers

import (
	"net"
	"path/filepath"
	"testing"
)

// startMCP returns the URL of the Model Context Protocol's example server "everything", over streamable HTTP.
func startMCP(t *testing.T) string {
	t.Helper()
	addr := net.JoinHostPort("127.0.0.1", freePort(t))
	start(t, listening(addr), cached(t, filepath.Join("bin", "everything")), "-http="+addr)
	return "http://" + addr + "/"
}
