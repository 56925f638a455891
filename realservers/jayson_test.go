package realservers

import (
	"net"
	"path/filepath"
	"testing"
)

// startJayson returns the URL of testdata/jayson.js.
func startJayson(t *testing.T) string {
	t.Helper()
	port := freePort(t)
	addr := net.JoinHostPort("127.0.0.1", port)
	start(t, listening(addr), program(t, "node"),
		filepath.Join("testdata", "jayson.js"),
		cached(t, filepath.Join("node_modules", "jayson")),
		port,
	)
	return "http://" + addr + "/"
}
