package realservers

import (
	"net"
	"path/filepath"
	"testing"
)

// startSnapserver returns the URL of a snapserver that plays nothing to nobody.
func startSnapserver(t *testing.T) string {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	addr := net.JoinHostPort("127.0.0.1", port)
	start(t, listening(addr), program(t, "snapserver"),
		"--config=/dev/null",
		"--server.datadir="+dir,
		"--http.bind_to_address=127.0.0.1",
		"--http.port="+port,
		"--tcp.enabled=false",
		"--stream.bind_to_address=127.0.0.1",
		"--stream.port=0", // one it chooses itself: nobody listens to its music
		"--stream.source=pipe://"+filepath.Join(dir, "fifo")+"?name=default",
		"--logging.sink=stderr",
	)
	return "http://" + addr + "/jsonrpc"
}
