package gogen

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Write writes the files to a folder, which it makes if need be. Files that an
// earlier version of the package had and this one has not are removed. Files that
// were not made here are never written over.
func (p *Package) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // source code is for all to read
		return err
	}
	old, err := p.inFolder(dir)
	if err != nil {
		return err
	}
	for name, text := range old {
		if !ours(text) && p.text(name) != nil {
			return fmt.Errorf("%s was not made by jsonrpc gen go and is not written over: move it, or choose another folder", filepath.Join(dir, name))
		}
	}
	for _, f := range p.Files {
		if bytes.Equal(old[f.Name], f.Text) {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Text, 0o644); err != nil { //nolint:gosec // source code is for all to read
			return err
		}
	}
	for name, text := range old {
		if ours(text) && p.text(name) == nil {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Stale compares the files with those in a folder. It returns a sentence about the
// first difference, or "" if there is none.
func (p *Package) Stale(dir string) (string, error) {
	have, err := p.inFolder(dir)
	if err != nil {
		return "", err
	}
	for _, f := range p.Files {
		path := filepath.Join(dir, f.Name)
		text, ok := have[f.Name]
		switch {
		case !ok:
			return path + " is missing", nil
		case !bytes.Equal(text, f.Text):
			return path + ": " + difference(string(text), string(f.Text)), nil
		}
	}
	for _, name := range sortedNames(have) {
		if ours(have[name]) && p.text(name) == nil {
			return filepath.Join(dir, name) + " is no longer made", nil
		}
	}
	return "", nil
}

// difference tells the first line that differs.
func difference(have, want string) string {
	old, made := strings.Split(have, "\n"), strings.Split(want, "\n")
	for i := range min(len(old), len(made)) {
		if old[i] != made[i] {
			return fmt.Sprintf("line %d is\n  - %s\nand would be\n  + %s", i+1, old[i], made[i])
		}
	}
	return fmt.Sprintf("it has %d lines and would have %d: the end is cut off or was added to", len(old), len(made))
}

// text returns the text of a file, or nil.
func (p *Package) text(name string) []byte {
	i := slices.IndexFunc(p.Files, func(f File) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return p.Files[i].Text
}

// ours tells whether a file was made by this package.
func ours(text []byte) bool {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.HasPrefix(text, []byte(Header))
}

// inFolder reads the files whose names generated ones have. Line ends are as git
// makes them on Windows, or not.
func (p *Package) inFolder(dir string) (map[string][]byte, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, "_gen.go") || strings.HasSuffix(name, "_gen_test.go") {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return nil, err
			}
			files[name] = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		}
	}
	return files, nil
}
