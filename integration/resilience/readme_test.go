package resilience_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
)

// readme is what the README shows.
func readme(ctx context.Context) (*jsonrpc.Client, error) {
	client, err := jsonrpc.Dial(ctx, "https://node.example",
		jsonrpc.WithIdempotent("eth_get*", "eth_call"),
		resilience.New(resilience.Retry{}, resilience.Gate{}, resilience.RateLimit{Calls: 25}, resilience.Breaker{}))
	return client, err
}

func TestReadme(t *testing.T) {
	client, err := readme(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = client.Close()
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	shown := strings.ReplaceAll(string(source), "\n\t", "\n")
	for block := range strings.SplitSeq(string(page), "```go\n") {
		if code, _, _ := strings.Cut(block, "```"); strings.Contains(code, "resilience.") && !strings.Contains(shown, code) {
			t.Errorf("the README shows something else:\n%s", code)
		}
	}
}
