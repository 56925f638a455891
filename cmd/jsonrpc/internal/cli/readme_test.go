package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeExamples runs the commands in the README's console blocks, and
// compares what they print with what stands below them.
func TestReadmeExamples(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	examples := consoleExamples(string(readme))
	if len(examples) < 8 {
		t.Fatalf("only %d examples found", len(examples))
	}
	for _, e := range examples {
		t.Run(e.command, e.run)
	}
}

// consoleExamples finds the lines "$ command" in console blocks, and the output
// below each.
func consoleExamples(markdown string) (examples []example) {
	inside := false
	for line := range strings.Lines(markdown) {
		switch command, found := strings.CutPrefix(line, "$ "); {
		case strings.HasPrefix(line, "```"):
			inside = strings.HasPrefix(line, "```console")
		case !inside:
		case found:
			examples = append(examples, example{command: strings.TrimSpace(command)})
		case len(examples) > 0:
			examples[len(examples)-1].output += line
		}
	}
	return examples
}
