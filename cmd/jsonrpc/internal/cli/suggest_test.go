package cli

import "testing"

func TestNearest(t *testing.T) {
	flags := []string{"params", "id", "ids", "notify", "dry-run", "raw", "envelope", "header", "user", "timeout"}
	for word, want := range map[string]string{
		"notfy": "notify", "notifiy": "notify", "dryrun": "dry-run", "param": "params", "headers": "header",
		"timout": "timeout", "idss": "ids", "usr": "user", "xylophone": "", "q": "",
	} {
		if got := nearest(word, flags); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}

func TestTargets(t *testing.T) {
	for target, want := range map[string]string{
		"demo:":                      "demo:",
		"http://localhost":           "http://localhost",
		"HTTPS://Pets.example/x?y=z": "HTTPS://Pets.example/x?y=z",
		"localhost:8080":             "http://localhost:8080",
		"127.0.0.1:80/a/b?c=d":       "http://127.0.0.1:80/a/b?c=d",
		"[::1]:8080/rpc":             "http://[::1]:8080/rpc",
		"tom:jerry@host:1":           "http://tom:jerry@host:1",
		"ws://host":                  "ws://host", // the library knows whether it can
		"zmq+tcp://host":             "zmq+tcp://host",
		"exec:cat":                   "exec:cat",
		"unix:/run/x":                "unix:/run/x",
		"":                           "",
		"demo":                       "",
		"localhost":                  "",
		"localhost/path":             "",
		"host:http":                  "",
		"host:0":                     "",
		"host:65536":                 "",
		":8080":                      "",
		"://x":                       "",
		"a b:80":                     "",
	} {
		got, err := parseTarget(target, nil)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v, want %q", target, got, err, want)
		}
	}
}
