package profile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const whole = `
# comments are fine
[profile.mainnet]
target = "https://node.example/v3/${NODE_KEY}?chain=${CHAIN}&key=query-secret"
bearer = { command = ["pass", "show", "node"] }
header = { X-Team = "pets", X-Api-Key = "header-secret", X-Key = "env:NODE_KEY" }
timeout = 1.5
strict = true

[profile."two words"]
target = ["http://tom:jerry-1940@a:1", "b:2/0123456789abcdef0123456789abcdef", "exec:gopls serve", "tls://c:3"]
user = "tom:jerry-1940"
header = ["X-Pet: cat", "Authorization: Basic dG9t", "no-colon-secret", "@headers"]
secret = ["gopls", "env:X"]
max-reply = 1024
proxy = "http://tom:proxy-secret@proxy:3128"
`

func load(t *testing.T, text string) (*File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

func TestShown(t *testing.T) {
	f, err := load(t, whole)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, p := range f.Profiles {
		got.WriteString(p.String())
	}
	want := `[profile.mainnet]
target = "https://node.example/v3/${NODE_KEY}?chain=${CHAIN}&key=***"
bearer = { command = ["pass", "show", "node"] }
header = { X-Api-Key = "***", X-Key = "env:NODE_KEY", X-Team = "***" }
timeout = "1.5"
strict = "true"
[profile."two words"]
target = ["http://tom:***@a:1", "b:2/***", "exec:*** serve", "tls://c:3"]
user = "tom:***"
header = ["X-Pet: ***", "Authorization: ***", "***", "@headers"]
secret = ["***", "env:X"]
max-reply = "1024"
proxy = "http://tom:***@proxy:3128"
`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	if p := f.Get("mainnet"); p == nil || !p.ExposesSecret() || len(p.Targets()) != 1 {
		t.Errorf("mainnet: %v", p)
	}
	if f.Get("Mainnet") != nil {
		t.Error("names are case-sensitive, and this was found")
	}
}

// TestMaskedTarget: nothing of a target that may be a secret is shown, whatever
// its form.
func TestMaskedTarget(t *testing.T) {
	for target, want := range map[string]string{
		"https://ho st/ÿ%zz?tok=secret-1":     "https://ho st/ÿ%zz",
		"tom:jerry-1940@ho st:1":              "***@ho st:1",
		"https://tom:jerry-1940@${HOST}/":     "https://***@${HOST}/",
		"https://host/#fragment":              "https://host/#fragment",
		"wss://host/ws/0123456789-0123abcdef": "wss://host/ws/***",
		"unix:///run/x.sock":                  "unix:///run/x.sock",
		"host:1?a=b&c=${D}":                   "host:1?a=***&c=${D}",
		"https://tom:${P}@host/?a=b":          "https://tom:${P}@host/?a=***",
		"${U}:${P}@${HOST}:1":                 "${U}:${P}@${HOST}:1",
		"https://tom:x${P}@host/":             "https://***@host/",
		"https://tom:${P}x@host/":             "https://***@host/",
		"https://tom:${P}@secret@host/":       "https://***@host/",
	} {
		if got := maskURL(target); got != want {
			t.Errorf("%s: got %s, want %s", target, got, want)
		}
	}
}

// TestWrongFiles: an error says where and why, and never what stands there.
func TestWrongFiles(t *testing.T) {
	for text, want := range map[string]string{
		"[profile.x]\nbearer = top-secret\n":                 "line 2, at or after the key profile.x.bearer: not TOML",
		"[profile.x]\nbearer = truetop-secret\n":             "line 2",
		"[profile.x]\nbearer = \"top-secret\n":               "line 2",
		"[profile.x]\nbearer = 2020-99-99\n":                 "line 2",
		"[profile.x]\na = 1\na = 2\n":                        "line 3",
		"[mainnet]\ntarget = \"top-secret\"\n":               `"mainnet" is not known here: settings stand under [profile.NAME]`,
		"profile = \"top-secret\"\n":                         "profile is not a table",
		"profile.x = \"top-secret\"\n":                       "profile.x is not a table",
		"[profile.x]\nbearer = { comand = [\"x\"] }\nb = {}": "",
		"[profile.x]\nbearer = { command = [] }\n":           "profile x: bearer wants command",
		"[profile.x]\nbearer = { command = \"top-secret\" }": "profile x: bearer wants command",
		"[profile.x]\nbearer = { command = [\"a\"], b = 1 }": "profile x: bearer wants command",
		"[profile.x]\ntimeout = 1979-05-27\n":                "profile x: timeout is neither a text",
		"[profile.x]\nheader = { A = [\"top-secret\"] }\n":   "profile x: header.A is neither a text",
		"[profile.x]\nheader = [[\"top-secret\"]]\n":         "profile x: header is neither a text",
	} {
		_, err := load(t, text)
		switch {
		case want == "" && err == nil: // a table of names, for the caller to refuse
		case err == nil || !strings.Contains(err.Error(), want):
			t.Errorf("%q: got %v, want %s", text, err, want)
		case strings.Contains(err.Error(), "top-secret"):
			t.Errorf("%q: %v holds a value", text, err)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestShared(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a mode says nothing there")
	}
	path := filepath.Join(t.TempDir(), "config.toml")
	for mode, want := range map[fs.FileMode]bool{0o600: false, 0o640: true, 0o604: true} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if f, err := Load(path); err != nil || f.Shared() != want {
			t.Errorf("%o: %v, %v", mode, f.Shared(), err)
		}
	}
}

// TestExposed: a warning is due only where a secret is likely.
func TestExposed(t *testing.T) {
	for line, want := range map[string]bool{
		`header = ["X-Team: pets"]`: false, `header = { X-Team = "pets" }`: false,
		`header = ["X-Api-Key: abc"]`: true, `header = { Authorization = "Basic x" }`: true,
		`header = { Authorization = "env:X" }`: false, `bearer = "env:X"`: false, `bearer = "@file"`: false,
		`bearer = "abc"`: true, `bearer = "@@abc"`: true, `bearer = { command = ["x"] }`: false,
		`user = "tom:jerry"`: true, `target = "http://host/path"`: false, `target = "http://a:b@host/"`: true,
		`target = "http://host/${KEY}"`: false, `target = "http://tom:${P}@host/"`: false, `target = "http://tom:${P}@host/?k=x"`: true,
		`timeout = 3`: false,
	} {
		f, err := load(t, "[profile.x]\n"+line)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Profiles[0].ExposesSecret(); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

func TestExpand(t *testing.T) {
	getenv := func(name string) string { return map[string]string{"KEY": "k-1", "HOST": "h"}[name] }
	text, secrets, err := Expand("https://${HOST}/${KEY}/$HOME/${", getenv)
	if err != nil || text != "https://h/k-1/$HOME/${" || strings.Join(secrets, " ") != "h k-1" {
		t.Errorf("got %q, %q, %v", text, secrets, err)
	}
	if got := SecretsIn("https://h/v3/0123456789abcdef0123?a=b"); strings.Join(got, " ") != "0123456789abcdef0123" {
		t.Errorf("in a URL: %q", got)
	}
	if _, _, err := Expand("${NONE}", getenv); err == nil || !strings.Contains(err.Error(), `"NONE"`) {
		t.Errorf("got %v", err)
	}
}

func TestRun(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PROFILE_TEST_SAY", "s3cret\r\nmore\n")
	got, err := Value{Command: []string{program}}.Run(t.Context(), os.Stderr)
	if err != nil || got != "s3cret" {
		t.Errorf("got %q, %v", got, err)
	}
	t.Setenv("PROFILE_TEST_SAY", "\nmore")
	if _, err = (Value{Command: []string{program}}).Run(t.Context(), os.Stderr); err == nil || strings.Contains(err.Error(), "more") {
		t.Errorf("an empty line: %v", err)
	}
	if _, err = (Value{Command: []string{"no-such-program"}}).Run(t.Context(), os.Stderr); err == nil {
		t.Error("no such program, and no error")
	}
}

// TestMain lets TestRun run this binary as a program that prints a secret.
func TestMain(m *testing.M) {
	if say, ok := os.LookupEnv("PROFILE_TEST_SAY"); ok {
		_, _ = os.Stdout.WriteString(say)
		return
	}
	os.Exit(m.Run())
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add("[profile.x]\na.b.c = 1")
	f.Add("profile.x.y = {}")
	f.Fuzz(func(t *testing.T, text string) {
		profiles, err := parse(text)
		if err != nil {
			return
		}
		for _, p := range profiles {
			_, _, _ = p.String(), p.Targets(), p.ExposesSecret()
		}
	})
}
