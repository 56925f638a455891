package cli

import "testing"

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
		got, err := parseTarget(target, nil, nil)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v, want %q", target, got, err, want)
		}
	}
}
