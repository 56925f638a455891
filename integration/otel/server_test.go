package otel

import (
	"fmt"
	"testing"
)

func TestServer(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://node.example/v2/key":        "[node.example 443] http=true headers=true",
		"http://[::1]:8080/":                 "[::1 8080] http=true headers=true",
		"ws://node.example":                  "[node.example 80] http=false headers=false",
		"tcp://10.1.2.3:4444":                "[10.1.2.3 4444] http=false headers=false",
		"unix:///run/server.sock":            "[/run/server.sock] http=false headers=false",
		"nats://a.example/rpc.pets":          "[a.example 4222] http=false headers=true",
		"nats://a.example:4222,b:4223/cats":  "[a.example:4222,b:4223] http=false headers=true",
		"zmq+tcp://127.0.0.1:5000":           "[127.0.0.1 5000] http=false headers=false",
		"exec:gopls":                         "[] http=false headers=false",
		"solver":                             "[solver] http=false headers=false",
		"":                                   "[] http=false headers=false",
		"http://%zz":                         "[] http=false headers=false",
		"demo:":                              "[] http=false headers=false",
		"http://***.example/***":             "[***.example 80] http=true headers=true",
		"https://node.example:443/a?b=c#d":   "[node.example 443] http=true headers=true",
		"https://user:password@node.example": "[node.example 443] http=true headers=true",
	} {
		var known targets
		for range 2 {
			s := known.of(endpoint, "cat").server
			values := []string{}
			for _, a := range s.attributes {
				values = append(values, a.Value.String())
			}
			if got := fmt.Sprintf("%v http=%t headers=%t", values, s.http, s.headers); got != want {
				t.Errorf("%s: %s, want %s", endpoint, got, want)
			}
		}
	}
}

func TestTargetsAreBounded(t *testing.T) {
	var known targets
	for i := range 3 * maxTargets {
		known.of("solver", fmt.Sprintf("method%d", i))
	}
	if len(known.known) > maxTargets {
		t.Errorf("%d methods are remembered, want %d at most", len(known.known), maxTargets)
	}
}

func TestShorten(t *testing.T) {
	long := ""
	for range 100 {
		long += "äöü"
	}
	if got := shorten(long); len(got) > maxDescription+len("…") || got[:6] != "äöü" {
		t.Errorf("shortened to %q", got)
	}
	if got := shorten("a\xffb"); got != "a\ufffdb" {
		t.Errorf("got %q", got)
	}
}
