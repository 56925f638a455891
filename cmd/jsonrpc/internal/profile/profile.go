// Package profile reads the config file of the command: named settings, so that a
// server with its credentials and limits is one word on the command line.
//
//	[profile.mainnet]
//	target  = "https://node.example/v3/${NODE_KEY}"
//	bearer  = { command = ["pass", "show", "node"] }
//	header  = { X-Team = "pets", X-Key = "env:NODE_KEY" }
//	timeout = "10s"
//	strict  = true
//
// The keys of a profile are names of flags, which this package does not know.
package profile

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// A File is a config file.
type File struct {
	Path     string
	Profiles []*Profile // in the order of the file
	shared   bool       // others can read it
}

// A Profile is what stands under one name.
type Profile struct {
	Name     string
	Settings []Setting // in the order of the file
}

// A Setting is a key and its values: one, or several of an array or a table.
type Setting struct {
	Key    string
	Values []Value
	List   bool // an array or a table of names
}

// A Value is a text, or the command whose output is the text.
type Value struct {
	Name    string // the key in a table of names; empty elsewhere
	Text    string
	Command []string // nil if Text is the value
}

// Get returns the profile of this name, or nil.
func (f *File) Get(name string) *Profile {
	i := slices.IndexFunc(f.Profiles, func(p *Profile) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return f.Profiles[i]
}

// Names returns the profiles' names in the order of the file.
func (f *File) Names() []string {
	names := make([]string, len(f.Profiles))
	for i, p := range f.Profiles {
		names[i] = p.Name
	}
	return names
}

// Shared reports whether others than the file's owner can read it. It never does
// on Windows, where the mode does not tell.
func (f *File) Shared() bool { return f.shared }

// Setting returns the setting of this key, or nil.
func (p *Profile) Setting(key string) *Setting {
	i := slices.IndexFunc(p.Settings, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		return nil
	}
	return &p.Settings[i]
}

// ExposesSecret reports whether a secret stands in the profile itself.
func (p *Profile) ExposesSecret() bool {
	return slices.ContainsFunc(p.Settings, func(s Setting) bool {
		return slices.ContainsFunc(s.Values, s.exposes)
	})
}

// Load reads the file at path. An error of fs.ErrNotExist says that there is
// none. No error holds a value of the file: it may be a secret.
func Load(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &File{Path: path}
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" {
		f.shared = info.Mode()&(fs.ModePerm&0o044) != 0
	}
	if f.Profiles, err = parse(string(text)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// Expand replaces each ${NAME} in text by the environment's variable, and returns
// what is secret in the values, as SecretsIn has it.
func Expand(text string, getenv func(string) string) (expanded string, secrets []string, err error) {
	expanded = variable.ReplaceAllStringFunc(text, func(reference string) string {
		name := strings.TrimSuffix(strings.TrimPrefix(reference, "${"), "}")
		value := getenv(name)
		if value == "" && err == nil {
			err = fmt.Errorf("the environment variable %q is empty or not set", name)
		}
		secrets = append(secrets, SecretsIn(value)...)
		return value
	})
	return expanded, secrets, err
}
