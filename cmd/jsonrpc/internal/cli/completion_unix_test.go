//go:build unix

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// petsFile is a description with what shells may trip over: blanks, = and :.
const petsFile = `{"openrpc": "1.3.2", "info": {"title": "Pets", "version": "1"}, "methods": [
	{"name": "pet.feed", "summary": "Feeds a pet.", "params": [
		{"name": "food", "required": true, "summary": "What it eats.", "schema": {"enum": ["fish", "dry food"]}},
		{"name": "warm", "schema": {"type": "boolean"}}]},
	{"name": "pet.find", "summary": "Finds one.", "params": []}]}`

// TestShells presses Tab in real shells, and runs what comes of it.
func TestShells(t *testing.T) {
	for _, shell := range []struct {
		name    string
		command []string
		setUp   string
		list    []string // keys that list what can be, if the first Tab does not
	}{
		{"bash", []string{"bash", "--norc", "--noprofile", "-i"}, "source <(jsonrpc completion bash)", []string{"Tab", "Tab"}},
		{"zsh", []string{"zsh", "-f", "-i"}, "PS1='$ '; autoload -U compinit; compinit -D -u; source <(jsonrpc completion zsh)", []string{"Tab"}},
		{"fish", []string{"fish", "--no-config", "-i"}, "function fish_prompt; echo '$ '; end; jsonrpc completion fish | source", nil},
	} {
		t.Run(shell.name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(shell.name); err != nil {
				t.Skipf("%s is not installed: .ci/install does it", shell.name)
			}
			folder := t.TempDir()
			schema, config := filepath.Join(folder, "pets.json"), filepath.Join(folder, "config.toml")
			for name, text := range map[string]string{
				schema: petsFile,
				config: "[profile.pets]\ntarget = \"http://127.0.0.1:1\"\nschema = '" + schema + "'\n",
			} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s := newScreen(t, []string{"JSONRPC_CONFIG=" + config, "HOME=" + folder}, shell.command...)
			s.until("a prompt", func(shown string) bool { return shown != "" })
			s.text(shell.setUp + "; echo set''-up")
			s.press("Enter")
			s.awaitIn("\nset-up\n$")

			s.text("jsonrpc --dry-run @p")
			s.press("Tab")
			s.awaitIn("--dry-run @pets")
			s.press("Tab")
			s.awaitIn("@pets pet.f")
			if shell.list != nil {
				s.press(shell.list...)
			}
			s.awaitIn("Feeds a pet.")
			s.text("e")
			s.press("Tab")
			s.awaitIn("@pets pet.feed")
			s.text("food")
			s.press("Tab")
			s.awaitIn("pet.feed food=")
			s.text("d")
			s.press("Tab")
			s.awaitIn(`food=dry\ food`)
			s.text("wa")
			s.press("Tab")
			s.awaitIn(`food=dry\ food warm:=`)
			s.text("t")
			s.press("Tab", "Enter")
			s.awaitIn(`{"jsonrpc":"2.0","method":"pet.feed","params":{"food":"dry food","warm":true},"id":1}`)

			s.text("jsonrpc --dry-run demo:") // there is nothing to add to it
			s.press("Tab")
			s.text("ping")
			s.press("Enter")
			s.awaitIn("--dry-run demo: ping\n" + `{"jsonrpc":"2.0","method":"ping","id":1}`)
		})
	}
}
