package profile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// section is the one table at the top of the file.
const section = "profile"

// parse reads a config file's text.
func parse(text string) ([]*Profile, error) {
	var top map[string]any
	meta, err := toml.Decode(strings.TrimPrefix(text, "\ufeff"), &top)
	if err != nil {
		return nil, syntaxError(err)
	}
	for key := range top {
		if key != section {
			return nil, fmt.Errorf("%q is not known here: settings stand under [profile.NAME]", key)
		}
	}
	named, ok := top[section].(map[string]any)
	if !ok && top[section] != nil {
		return nil, errors.New("profile is not a table: write [profile.NAME]")
	}
	var profiles []*Profile
	for _, key := range meta.Keys() { // a map has no order
		switch {
		case len(key) == 2:
			if _, ok := named[key[1]].(map[string]any); !ok {
				return nil, fmt.Errorf("profile.%s is not a table: write [profile.NAME] above it", key[1])
			}
			if !slices.ContainsFunc(profiles, func(p *Profile) bool { return p.Name == key[1] }) {
				profiles = append(profiles, &Profile{Name: key[1]})
			}
		case len(key) == 3:
			// The table of a dotted key has no key of its own before it.
			i := slices.IndexFunc(profiles, func(p *Profile) bool { return p.Name == key[1] })
			if i < 0 {
				profiles = append(profiles, &Profile{Name: key[1]})
				i = len(profiles) - 1
			}
			setting, err := newSetting(key[2], named[key[1]].(map[string]any)[key[2]])
			if err != nil {
				return nil, fmt.Errorf("profile %s: %w", key[1], err)
			}
			if profiles[i].Setting(key[2]) == nil {
				profiles[i].Settings = append(profiles[i].Settings, setting)
			}
		}
	}
	return profiles, nil
}

var quoted = regexp.MustCompile("\"[^\"]*\"|'[^']*'|`[^`]*`")

// syntaxError says where a file is not TOML, without what stands there.
func syntaxError(err error) error {
	var p toml.ParseError
	if !errors.As(err, &p) {
		return errors.New("it is not TOML")
	}
	at := fmt.Sprintf("line %d", p.Position.Line)
	if p.LastKey != "" {
		at += ", at or after the key " + p.LastKey
	}
	return fmt.Errorf("%s: not TOML: %s", at, quoted.ReplaceAllString(p.Message, "this"))
}

func newSetting(key string, value any) (Setting, error) {
	s := Setting{Key: key}
	switch value := value.(type) {
	case []any:
		s.List = true
		for _, item := range value {
			v, err := newValue(key, item)
			if err != nil {
				return s, err
			}
			s.Values = append(s.Values, v)
		}
		return s, nil
	case map[string]any:
		if _, isCommand := value["command"]; isCommand {
			break
		}
		s.List = true
		for _, name := range sortedKeys(value) {
			v, err := newValue(key+"."+name, value[name])
			if err != nil {
				return s, err
			}
			v.Name = name
			s.Values = append(s.Values, v)
		}
		return s, nil
	}
	v, err := newValue(key, value)
	s.Values = []Value{v}
	return s, err
}

// newValue reads a single value. Path names it in errors.
func newValue(path string, value any) (Value, error) {
	switch value := value.(type) {
	case string:
		return Value{Text: value}, nil
	case bool:
		return Value{Text: strconv.FormatBool(value)}, nil
	case int64:
		return Value{Text: strconv.FormatInt(value, 10)}, nil
	case float64:
		return Value{Text: strconv.FormatFloat(value, 'g', -1, 64)}, nil
	case map[string]any:
		return newCommand(path, value)
	}
	return Value{}, fmt.Errorf("%s is neither a text, a number, a boolean nor { command = [\"PROGRAM\", \"ARGUMENT\"] }", path)
}

func newCommand(path string, table map[string]any) (Value, error) {
	wrong := fmt.Errorf("%s wants command = [\"PROGRAM\", \"ARGUMENT\"]", path)
	words, ok := table["command"].([]any)
	if !ok || len(words) == 0 || len(table) != 1 {
		return Value{}, wrong
	}
	var v Value
	for _, word := range words {
		text, ok := word.(string)
		if !ok {
			return Value{}, wrong
		}
		v.Command = append(v.Command, text)
	}
	if v.Command[0] == "" {
		return Value{}, wrong
	}
	return v, nil
}

func sortedKeys(table map[string]any) []string {
	keys := make([]string, 0, len(table))
	for key := range table {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
