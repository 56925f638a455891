package jsonrpctest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// newPets returns a server whose replies differ from call to call.
func newPets(t *testing.T) *jsonrpctest.Server {
	t.Helper()
	srv := jsonrpctest.New(t)
	n := 0
	srv.HandleFunc("next", func() int { n++; return n })
	srv.HandleFunc("login", func(password string) map[string]any {
		return map[string]any{"token": "tok-" + password, "name": "Tom", "keys": map[string]any{"api_key": []any{1.5, "k-" + password}}}
	})
	srv.HandleFunc("cat", func(ctx context.Context, token, name string) (string, error) {
		if !strings.HasPrefix(token, "tok-") && token != "***" {
			return "", &jsonrpc.Error{Code: 1, Message: "who are you?"}
		}
		if peer := jsonrpctest.PeerOf(ctx); peer != nil {
			_ = peer.Notify("heard", jsonrpc.Args{"meow"})
		}
		return "meow, " + name, nil
	}, "token", "name")
	srv.HandleFunc("log", func(...string) {})
	return srv
}

// visit is a conversation with newPets. It returns what was heard.
func visit(t *testing.T, client *jsonrpc.Client, password string) (heard []string) {
	t.Helper()
	hear := func(what string, err error) {
		if said := (*jsonrpc.Error)(nil); errors.As(err, &said) {
			what = said.Message
		} else if err != nil {
			t.Errorf("%v", err)
		}
		heard = append(heard, what)
	}
	ctx := t.Context()
	login, err := jsonrpc.Call[struct{ Token, Name string }](ctx, client, "login", jsonrpc.Args{password})
	hear(login.Name, err)
	hear(jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Named{"name": "Mittens", "token": login.Token}))
	hear(jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Named{"token": "", "name": "Mittens"}))
	for range 3 {
		n, err := jsonrpc.Call[int](ctx, client, "next", nil)
		hear(string(rune('0'+n)), err)
	}
	hear("", client.Notify(ctx, "log", jsonrpc.Args{"hello"}))
	var b jsonrpc.Batch
	one := jsonrpc.Queue[int](&b, "next", nil)
	two := jsonrpc.Queue[int](&b, "nosuch", nil)
	_, err = client.Send(ctx, &b)
	hear("", err)
	n, err := one.Get()
	hear(string(rune('0'+n)), err)
	_, err = two.Get()
	hear("", err)
	return heard
}

func TestCassette(t *testing.T) {
	for _, scheme := range schemes {
		t.Run(scheme, func(t *testing.T) {
			jsonrpctest.NoLeaks(t)
			file := filepath.Join(t.TempDir(), "new", "pets.txt")
			mask := &jsonrpctest.Mask{Values: []string{"s3cret/&"}}
			var first []string
			t.Run("record", func(t *testing.T) {
				t.Setenv(jsonrpctest.RecordVariable, "1")
				tape := jsonrpctest.Cassette(t, file, mask)
				client, err := tape.Dial(t.Context(), newPets(t).URL(scheme))
				if err != nil || !tape.Recording() {
					t.Fatal(err)
				}
				defer client.Close()
				first = visit(t, client, "s3cret/&")
			})
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"s3cret", "tok-", "1.5", "k-"} {
				if strings.Contains(string(text), secret) {
					t.Errorf("%q is in the recording:\n%s", secret, text)
				}
			}
			t.Run("play", func(t *testing.T) {
				client, err := jsonrpctest.Cassette(t, file, mask).Dial(t.Context(), strings.Replace("http://pets.invalid:1", "http", scheme, 1), jsonrpc.WithIDs(jsonrpc.UUID()))
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				if got := visit(t, client, "s3cret/&"); strings.Join(got, "|") != strings.Join(first, "|") {
					t.Errorf("heard\n%q, then\n%q", first, got)
				}
			})
			t.Logf("\n%s", text)
		})
	}
}

// TestCassetteFile is what a recording looks like.
func TestCassetteFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pets.txt")
	t.Run("record", func(t *testing.T) {
		t.Setenv(jsonrpctest.RecordVariable, "1")
		client, err := jsonrpctest.Cassette(t, file, nil).Dial(t.Context(), newPets(t).URL("http"), jsonrpc.WithBearerToken("abc"))
		if err != nil {
			t.Fatal(err)
		}
		_ = client.Call(t.Context(), "login", jsonrpc.Args{"x"}, nil)
		_ = client.Notify(t.Context(), "log", nil, jsonrpc.WithHeader("X-Trace", "7"))
		_ = client.Call(t.Context(), "next", nil, nil)
	})
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const want = `--> HTTP Authorization: ***
--> {"jsonrpc":"2.0","method":"login","params":["x"],"id":1}
<-- {"jsonrpc":"2.0","result":{"keys":{"api_key":[0,"***"]},"name":"Tom","token":"***"},"id":1}

--> HTTP Authorization: ***
--> HTTP X-Trace: ***
--> {"jsonrpc":"2.0","method":"log"}

--> HTTP Authorization: ***
--> {"jsonrpc":"2.0","method":"next","id":2}
<-- {"jsonrpc":"2.0","result":1,"id":2}
`
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	recording, err := jsonrpctest.ReadRecording(strings.NewReader(string(text)))
	if err != nil || recording.String() != want {
		t.Errorf("read and written again it is\n%s, %v", recording, err)
	}
}

func TestCassetteFails(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "pets.txt")
	const script = `
		--> {"jsonrpc":"2.0","method":"cat","params":{"name":"Mittens"},"id":1}
		<-- {"jsonrpc":"2.0","result":"meow","id":1}
		--> {"jsonrpc":"2.0","method":"dog","id":2}
		<-- {"jsonrpc":"2.0","result":"wow","id":2}
	`
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "bad.txt"), []byte("<-- {}"), 0o600); err != nil {
		t.Fatal(err)
	}
	const again = "\nIf the call is right, record it: JSONRPC_RECORD=1 go test"
	for _, test := range []struct{ name, file, method, want string }{
		{"known", "pets.txt", "dog", ""},
		{"other params", "pets.txt", "cat", `pets.txt: the recording has no such call: cat {"name":"Tom"}
  it has cat {"name":"Mittens"}
    params.name is "Tom", want "Mittens"` + again},
		{"other method", "pets.txt", "cow", `pets.txt: the recording has no such call: cow {"name":"Tom"}
  it has calls of cat, dog` + again},
		{"misspelt", "pets.txt", "dogg", `pets.txt: the recording has no such call: dogg {"name":"Tom"}
  it has calls of cat, dog
  the nearest is dog` + again},
		{"no file", "none.txt", "cat", "there is no recording to play: set JSONRPC_RECORD=1 to make one: open none.txt: "},
		{"no recording", "bad.txt", "cat", "line 1 of the script: a script begins with a request, -->: <-- {} of bad.txt"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tb := &fakeTB{}
			var params any
			if test.method != "dog" {
				params = jsonrpc.Named{"name": "Tom"}
			}
			func() {
				defer func() { _ = recover() }() // of Fatalf
				client, err := jsonrpctest.Cassette(tb, filepath.Join(folder, test.file), nil).Dial(t.Context(), "http://pets.invalid")
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				err = client.Call(t.Context(), test.method, params, nil)
				if test.want != "" && !strings.Contains(err.Error(), "the recording has no such call") {
					t.Errorf("the client got %v", err)
				}
			}()
			got := strings.ReplaceAll(strings.Join(tb.end(), "\n"), folder+string(filepath.Separator), "")
			if strings.Contains(test.want, "none.txt") { // the rest is the system's
				got, _, _ = strings.Cut(got, "none.txt: ")
				got += "none.txt: "
			}
			if got = strings.TrimPrefix(got, "jsonrpctest: "); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
	if _, err := jsonrpctest.Cassette(t, file, nil).Dial(t.Context(), "exec:cat"); err == nil {
		t.Error("a child process was played")
	}
}

// TestRecorderOfTransports records at the other seams.
func TestRecorderOfTransports(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tape.txt")
	run := func(t *testing.T) {
		tape := jsonrpctest.Cassette(t, file, nil)
		srv := newPets(t)
		trip, err := jsonrpc.NewClient(tape.RoundTripper(srv))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := jsonrpc.Call[int](t.Context(), trip, "next", nil); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		stream, err := jsonrpc.NewStreamClient(t.Context(), "pets", tape.Dialer(func(context.Context) (transport.Stream, error) {
			ours, theirs := net.Pipe()
			go func() { _ = srv.ServeStream(context.Background(), transport.NewStream(theirs, nil)) }()
			return transport.NewStream(ours, nil), nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		if n, err := jsonrpc.Call[int](t.Context(), stream, "next", jsonrpc.Args{}); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	t.Run("record", func(t *testing.T) {
		t.Setenv(jsonrpctest.RecordVariable, "1")
		run(t)
	})
	t.Run("play", run)
}

// TestCassetteWithoutExchanges: to record without the credentials, or while the server
// is down, does not cost what was recorded before.
func TestCassetteWithoutExchanges(t *testing.T) {
	for name, run := range map[string]func(t *testing.T, tape *jsonrpctest.Tape){
		"skipped": func(t *testing.T, _ *jsonrpctest.Tape) { t.Skip("there is no token") },
		"down": func(t *testing.T, tape *jsonrpctest.Tape) {
			srv := jsonrpctest.New(t)
			srv.SetFaults(jsonrpctest.Always(jsonrpctest.Drop(jsonrpctest.FIN)))
			client, err := tape.Dial(t.Context(), srv.URL("http"))
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if err := client.Call(t.Context(), "next", nil, nil); err == nil {
				t.Error("there was a reply")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			const recorded = "--> {\"jsonrpc\":\"2.0\",\"method\":\"next\",\"id\":1}\n<-- {\"jsonrpc\":\"2.0\",\"result\":1,\"id\":1}\n"
			file := filepath.Join(t.TempDir(), "pets.txt")
			if err := os.WriteFile(file, []byte(recorded), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Run("record", func(t *testing.T) {
				t.Setenv(jsonrpctest.RecordVariable, "1")
				run(t, jsonrpctest.Cassette(t, file, nil))
			})
			if text, err := os.ReadFile(file); string(text) != recorded || err != nil {
				t.Errorf("the file has %q, %v", text, err)
			}
		})
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestRecorderTellsOfFailures(t *testing.T) {
	recorder := jsonrpctest.NewRecorder(failingWriter{}, nil)
	client := dial(t, newPets(t).URL("http"), jsonrpc.WithHTTPWrap(recorder.HTTP))
	if err := client.Call(t.Context(), "next", nil, nil); err != nil {
		t.Error(err)
	}
	if err := recorder.Err(); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

// TestRecorderKeepsFailuresApart: what broke off is in the recording for the
// reader, and is not repeated as if it were whole.
func TestRecorderKeepsFailuresApart(t *testing.T) {
	srv := newPets(t)
	srv.SetFaults(jsonrpctest.InTurn(jsonrpctest.Cut(20, jsonrpctest.FIN), jsonrpctest.Cut(100, jsonrpctest.FIN)))
	var text strings.Builder
	recorder := jsonrpctest.NewRecorder(&text, nil)
	client := dial(t, srv.URL("http"), jsonrpc.WithHTTPWrap(recorder.HTTP))
	for range 3 {
		_ = client.Call(t.Context(), "next", nil, nil)
	}
	if n := strings.Count(text.String(), "// This failed:"); n != 2 {
		t.Errorf("got\n%s", &text)
	}
	recording, err := jsonrpctest.ReadRecording(strings.NewReader(text.String()))
	if err != nil || len(recording.Exchanges) != 1 {
		t.Errorf("%v, %v", recording, err)
	}
}
