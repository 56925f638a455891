package realservers

import "testing"

// Tests of servers that are called over HTTP, again over transport.LeanRoundTripper.
func TestOverLeanHTTP(t *testing.T) {
	t.Run("nginx", TestNginx)
	t.Run("aria2", TestAria2)
	t.Run("litecoind", TestLitecoind)
}
