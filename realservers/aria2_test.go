package realservers

import (
	"net"
	"os"
	"strconv"
	"testing"
)

const aria2Secret = "a secret of aria2"

// startAria2 returns the URL of an aria2 that asks for [aria2Secret] as its first parameter.
func startAria2(t *testing.T) string {
	t.Helper()
	port := freePort(t)
	addr := net.JoinHostPort("127.0.0.1", port)
	start(t, listening(addr), program(t, "aria2c"),
		"--no-conf",
		"--enable-rpc",
		"--rpc-listen-port="+port,
		"--rpc-secret="+aria2Secret,
		"--disable-ipv6",
		"--enable-dht=false",
		"--dir="+t.TempDir(),
		"--stop-with-process="+strconv.Itoa(os.Getpid()), // also when the test can't clean up
	)
	return "http://" + addr + "/jsonrpc"
}
