package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/cmd/jsonrpc/internal/profile"
	"example.com/jsonrpc/internal/suggest"
)

// envConfig names the config file.
const envConfig = "JSONRPC_CONFIG"

// configPath returns the path of the config file.
func configPath(s *session, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	if path := s.process.Getenv(envConfig); path != "" {
		return path, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", &localError{fmt.Sprintf("there is no place for a config file: %v: name it with --config or %s", err, envConfig)}
	}
	return filepath.Join(dir, "jsonrpc", "config.toml"), nil
}

// loadConfig reads the config file.
func loadConfig(s *session, given string) (*profile.File, error) {
	path, err := configPath(s, given)
	if err != nil {
		return nil, err
	}
	file, err := profile.Load(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &usageError{fmt.Sprintf("there is no config file %s: jsonrpc profile --help shows what it holds", path)}
	case err != nil:
		return nil, &localError{err.Error()}
	}
	return file, nil
}

// load reads the profile.
func (p *place) load(s *session) (*profile.Profile, error) {
	file, err := loadConfig(s, p.config)
	if err != nil {
		return nil, err
	}
	found := file.Get(p.profile)
	if found == nil {
		text := fmt.Sprintf("there is no profile %q in %s", p.profile, file.Path)
		if near := suggest.Nearest(p.profile, file.Names()); near != "" {
			text += fmt.Sprintf(", did you mean %q?", near)
		}
		return nil, &usageError{text}
	}
	if file.Shared() && found.ExposesSecret() {
		s.warn(fmt.Sprintf("others can read %s, and profile %s has a secret in it: chmod 600 it, or write env:NAME or { command = […] } for the secret", file.Path, found.Name))
	}
	return found, nil
}

// noSettings are the flags of the right headings that cannot stand in a profile.
var noSettings = []string{"profile", "config", "target", "refresh"} // each is of one command line

// isSetting reports whether a flag can stand in a profile.
func isSetting(f *pflag.Flag) bool {
	switch groupOfFlag(f) {
	case groupAuth, groupConnect, groupSchema:
		return !slices.Contains(noSettings, f.Name)
	}
	return slices.Contains([]string{"jsonrpc", "ids"}, f.Name)
}

// settings returns the names of all keys of a profile: flags of any command.
func settings(root *cobra.Command) []string {
	keys := []string{"target"}
	for _, cmd := range append(root.Commands(), root) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if isSetting(f) && !slices.Contains(keys, f.Name) {
				keys = append(keys, f.Name)
			}
		})
	}
	slices.Sort(keys)
	return keys
}

// checkSettings refuses keys that no command knows.
func checkSettings(root *cobra.Command, p *profile.Profile) error {
	known := settings(root)
	for _, setting := range p.Settings {
		if slices.Contains(known, setting.Key) {
			continue
		}
		text := fmt.Sprintf("profile %s: unknown key %q", p.Name, setting.Key)
		if near := suggest.Nearest(setting.Key, known); near != "" {
			text += fmt.Sprintf(", did you mean %q?", near)
		} else {
			text += ": keys are target and the flags about description, credentials and connection"
		}
		return &usageError{text}
	}
	return nil
}

// isRival reports whether a value of the profile says who the caller is, and the
// command line says it already: one there takes the place of another one in the
// profile, and of a header.
func (c *connection) isRival(key string, value profile.Value, given map[string]bool) bool {
	ofFlags := slices.ContainsFunc(whoFlags, func(name string) bool { return given[name] })
	switch {
	case key == "header":
		return ofFlags && isAuthorization(value.Name+":"+value.Text)
	case key == "digest": // which is about another user too
		return ofFlags && !given["user"]
	}
	return slices.Contains(whoFlags, key) && (ofFlags || slices.ContainsFunc(c.headers, isAuthorization))
}

// isAuthorization reports whether a header, or a name and a header, is the one of
// credentials.
func isAuthorization(header string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(header, ":"), ":")
	return strings.EqualFold(strings.TrimSpace(name), "Authorization")
}

// applyProfile gives the flags that the profile has and the command line has not
// their values.
func (c *connection) applyProfile(s *session, cmd *cobra.Command) error {
	p := &c.place
	if err := checkSettings(cmd.Root(), p.from); err != nil {
		return err
	}
	p.fromProfile = map[string]bool{}
	given := map[string]bool{}
	cmd.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = true })
	for _, setting := range p.from.Settings {
		f := cmd.Flags().Lookup(setting.Key)
		if f == nil || setting.Key == "target" {
			continue // it is for other commands, or for profileTargets
		}
		setting.Values = slices.DeleteFunc(slices.Clone(setting.Values), func(v profile.Value) bool { return c.isRival(f.Name, v, given) })
		if err := p.set(s, f, setting, given[f.Name]); err != nil {
			return &usageError{fmt.Sprintf("profile %s: %s%v", p.from.Name, f.Name, err)}
		}
	}
	return nil
}

// set gives a flag the values of a setting, unless the command line has given it one.
func (p *place) set(s *session, f *pflag.Flag, setting profile.Setting, given bool) error {
	list, isList := f.Value.(*texts)
	switch {
	case !isList && (given || len(setting.Values) == 0):
		return nil
	case !isList && len(setting.Values) > 1:
		return errors.New(" has one value")
	}
	for _, value := range setting.Values {
		if value.Name != "" && f.Name != "header" {
			return errors.New(" is no table of names")
		}
		text, err := p.settingText(s, f, value)
		if err == nil && isList {
			list.setBase(text)
		} else if err == nil {
			err = f.Value.Set(text)
		}
		if err != nil {
			return fmt.Errorf(": %w", valueError(err))
		}
	}
	f.Changed, p.fromProfile[f.Name] = true, !given
	return nil
}

// settingText returns what to set a flag to. Secrets are read no sooner than they
// are needed.
func (p *place) settingText(s *session, f *pflag.Flag, value profile.Value) (string, error) {
	switch {
	case groupOfFlag(f) == groupAuth && f.Value.Type() != "FILE" && (value.Command != nil || value.Name != ""):
		return protection + s.input.deferRead(func() (string, error) {
			text, err := p.secretValue(s, value)
			if value.Name != "" {
				text = value.Name + ": " + text
			}
			return text, err
		}), nil
	case value.Command != nil:
		return p.secretValue(s, value)
	}
	return value.Text, nil
}

// secretValue returns the value itself.
func (p *place) secretValue(s *session, value profile.Value) (string, error) {
	if value.Command == nil {
		return s.input.secret(value.Text, "profile "+p.from.Name, s.process.Getenv)
	}
	stderr := &lineWriter{each: s.sayLine}
	text, err := value.Run(s.input.ctx, stderr)
	if err != nil {
		return "", &localError{fmt.Sprintf("profile %s: %v", p.from.Name, err)}
	}
	s.secrets.found(profile.SecretsIn(text)...)
	return text, nil
}

// profileTargets returns the targets of the profile, and the secrets in them.
func (p *place) profileTargets(s *session) (targets, secrets []string, err error) {
	setting := p.from.Setting("target")
	if setting == nil || len(setting.Values) == 0 {
		return nil, nil, &usageError{fmt.Sprintf("profile %s has no target: write target = \"URL\" below it, or give --target", p.from.Name)}
	}
	for _, value := range setting.Values {
		text := value.Text
		if value.Command != nil || strings.HasPrefix(text, "env:") {
			if text, err = p.secretValue(s, value); err != nil {
				return nil, nil, err
			}
			secrets = append(secrets, profile.SecretsIn(text)...)
		}
		text, found, err := profile.Expand(text, s.process.Getenv)
		if err != nil {
			return nil, nil, &usageError{fmt.Sprintf("profile %s: target: %v", p.from.Name, err)}
		}
		targets, secrets = append(targets, text), append(secrets, found...)
	}
	s.secrets.found(secrets...)
	return targets, secrets, nil
}

// unexpanded returns the targets of the profile as they stand there.
func (p *place) unexpanded() []string {
	values := p.from.Setting("target").Values
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = value.Text + strings.Join(value.Command, " ")
	}
	return texts
}
