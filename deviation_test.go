package jsonrpc_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

var update = flag.Bool("update", false, "rewrite the wording in testdata/deviations, but never an outcome")

// TestDeviations plays the transcripts in testdata/deviations: each way in which
// real servers, and forgers, depart from the specification, with what is to come
// of it when validation is on and off. See testdata/deviations/README.
func TestDeviations(t *testing.T) {
	files, err := filepath.Glob("testdata/deviations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		script := readScript(t, file)
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			url := serveWire(t, func(path string) *wireReply {
				var n int
				if _, err := fmt.Sscanf(path, "/%d", &n); err != nil {
					return nil
				}
				return script.scenes[n].reply
			})
			for n, s := range script.scenes {
				t.Run(s.title, func(t *testing.T) { s.play(t, fmt.Sprintf("%s/%d", url, n)) })
			}
		})
		if *update {
			if err := os.WriteFile(file, []byte(script.String()), 0o666); err != nil {
				t.Error(err)
			}
		}
	}
}

// play compares what comes of the reply by every way that a caller has, over
// HTTP and over a transport that is not.
func (s *scene) play(t *testing.T, url string) {
	for _, validate := range []bool{true, false} {
		want := s.on
		if !validate {
			want = s.off
		}
		var told []string
		opts := []jsonrpc.ClientOption{
			jsonrpc.WithValidation(validate),
			jsonrpc.WithDeviations(func(d jsonrpc.Deviation) { told = append(told, d.String()) }),
		}
		overHTTP, err := jsonrpc.Dial(t.Context(), url, dialOptions(opts)...)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = overHTTP.Close() }()
		compare(t, fmt.Sprintf("validation %v", validate), want, s.send(t, overHTTP))
		if !validate {
			compare(t, "told of", &s.told, told)
		}
		if s.call != nil {
			got := s.call.outcome(t, overHTTP)
			if notJSON(got) && notJSON(*want) {
				got = *want // the engine may see another reason first
			}
			compare(t, fmt.Sprintf("Call, validation %v", validate), want, got)
		}
		if s.reply.status != http.StatusOK || len(s.reply.header) > 0 {
			continue // is about HTTP
		}
		inMemory, err := jsonrpc.NewClient(memory(s.reply.body), opts...)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, fmt.Sprintf("in memory, validation %v", validate), want, s.send(t, inMemory))
	}
}

func notJSON(outcome []string) bool { return strings.HasPrefix(outcome[0], "not JSON:") }

func dialOptions(opts []jsonrpc.ClientOption) (all []jsonrpc.DialOption) {
	for _, opt := range opts {
		all = append(all, opt)
	}
	return all
}

// compare compares outcomes, and with -update takes over a new wording.
func compare(t *testing.T, way string, want *[]string, got []string) {
	t.Helper()
	if slices.Equal(*want, got) {
		return
	}
	if *update && slices.EqualFunc(*want, got, sameButWording) {
		*want = got
		return
	}
	t.Errorf("%s: got\n\t%s\nwant\n\t%s", way, strings.Join(got, "\n\t"), strings.Join(*want, "\n\t"))
}

// sameButWording reports whether two outcomes are refusals by the same clause.
func sameButWording(a, b string) bool {
	clauseA, _, _ := cutLast(a, ": ")
	clauseB, _, _ := cutLast(b, ": ")
	refusal := strings.Contains(a, "refused:") || strings.Contains(a, "not JSON:")
	return a == b || refusal && clauseA == clauseB
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// send sends the scene's message as it is.
func (s *scene) send(t *testing.T, client *jsonrpc.Client) []string {
	reply, err := client.Send(t.Context(), jsonrpc.Raw(s.message))
	if !strings.HasPrefix(s.message, "[") {
		if err == nil && len(reply.Responses) > 0 {
			return []string{"result " + string(reply.Result())}
		}
		return []string{outcome(err)}
	}
	var lines []string
	if err != nil {
		lines = append(lines, "batch: "+outcome(err))
	}
	for _, r := range reply.Responses {
		if r.Err == nil {
			lines = append(lines, fmt.Sprintf("%v: result %s", r.ID, r.Result))
		} else {
			lines = append(lines, fmt.Sprintf("%v: %s", r.ID, outcome(r.Err)))
		}
	}
	for _, stray := range reply.Strays {
		lines = append(lines, "stray: "+string(stray))
	}
	if len(lines) == 0 {
		return []string{outcome(nil)}
	}
	return lines
}

// A callScene is the scene's message as a call, which reads the reply another
// way: straight into a variable.
type callScene struct {
	Method string
	Params json.RawMessage
	ID     jsonrpc.ID
}

func (c *callScene) outcome(t *testing.T, client *jsonrpc.Client) []string {
	var result any
	err := client.Call(t.Context(), c.Method, c.Params, &result, jsonrpc.WithID(c.ID), jsonrpc.WithNumbers())
	if err != nil {
		return []string{outcome(err)}
	}
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"result " + string(text)}
}

// outcome puts an error in the words of the transcripts.
func outcome(err error) string {
	var (
		says    *jsonrpc.Error
		invalid *jsonrpc.ValidationError
		parse   *jsonrpc.ParseResponseError
		page    *jsonrpc.HTTPError
	)
	text := ""
	switch {
	case err == nil:
		return "nothing"
	case errors.As(err, &says):
		text = fmt.Sprintf("error %d %s", says.Code, says.Message)
		if says.Data != nil {
			text += ", data " + string(says.Data)
		}
	case errors.As(err, &invalid):
		text = "refused: " + invalid.Deviation.String()
	case errors.As(err, &parse):
		text = "not JSON: " + parse.Err.Error()
	case errors.Is(err, jsonrpc.ErrNoResponse):
		text = "no response"
	case errors.Is(err, jsonrpc.ErrReplyTooLarge):
		text = "too large"
	}
	if errors.As(err, &page) {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("HTTP %d", page.StatusCode)
	}
	if text == "" {
		text = "unknown: " + err.Error()
	}
	return text
}
