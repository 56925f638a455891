package jsonrpc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// TestRealServers sends what was sent to real servers, answers it with what they
// answered, and compares what becomes of it with the verdict of the oracle.
func TestRealServers(t *testing.T) {
	outcomes, skipped := counts{}, counts{}
	var all []replay
	recordings := readRecordings(t)
	for i := range recordings {
		replays, reason := recordings[i].replays()
		if all = append(all, replays...); reason != "" {
			skipped[reason]++
		}
	}
	url := serveWire(t, func(path string) *wireReply {
		var n int
		if _, err := fmt.Sscanf(path, "/%d", &n); err != nil || n >= len(all) {
			return nil
		}
		return all[n].http
	})
	for n, p := range all {
		for _, validate := range []bool{true, false} {
			client, err := p.client(t, fmt.Sprintf("%s/%d", url, n), validate)
			if err != nil {
				t.Fatal(err)
			}
			kind, err := p.run(t, client, validate)
			if err != nil {
				t.Errorf("%s (%s), validation %v: %v\n--> %.300s\n<-- %.300s", p.name, p.note, validate, err, p.send, p.text)
			}
			outcomes[fmt.Sprintf("validation %-5v %s", validate, kind)]++
			_ = client.Close()
		}
	}
	t.Logf("%d recordings, %d messages replayed:%v", len(recordings), len(all), outcomes)
	t.Logf("skipped:%v", skipped)
}

func (p *replay) client(t *testing.T, url string, validate bool) (*jsonrpc.Client, error) {
	if p.http == nil {
		return jsonrpc.NewClient(memory(p.text), jsonrpc.WithValidation(validate))
	}
	return jsonrpc.Dial(t.Context(), url, jsonrpc.WithValidation(validate))
}

// run sends the message and checks what becomes of it. It returns the kind of
// outcome that was wanted.
func (p *replay) run(t *testing.T, client *jsonrpc.Client, validate bool) (kind string, err error) {
	if p.send != p.request {
		var refused *jsonrpc.MessageError
		if _, err := client.Send(t.Context(), jsonrpc.Raw(p.request)); !errors.As(err, &refused) {
			return "", fmt.Errorf("sending %.100q: got %w, want a MessageError", p.request, err)
		}
	}
	want := judge(p.send, p.text, validate)
	status := 0
	if p.http != nil {
		status = p.http.status
		if status == 0 || status/100 == 3 {
			return "the transport's own error", p.wantTransportError(t, client)
		}
		want = want.under(status)
	}
	reply, err := client.Send(t.Context(), jsonrpc.Raw(p.send))
	if _, batch := arrayItems(p.send); !batch {
		if want.whole.result != "" && err == nil {
			if got := string(reply.Result()); got != want.whole.result {
				err = fmt.Errorf("got the result %s, want %s", got, want.whole.result)
			}
			return want.whole.kind(), err
		}
		return want.whole.kind(), want.whole.check(err, status)
	}
	if err := want.whole.check(err, status); err != nil {
		return "", fmt.Errorf("the batch: %w", err)
	}
	return want.batchKind(), want.checkItems(reply)
}

func (p *replay) wantTransportError(t *testing.T, client *jsonrpc.Client) error {
	_, err := client.Send(t.Context(), jsonrpc.Raw(p.send))
	if _, ok := errors.AsType[*transport.Error](err); !ok {
		return fmt.Errorf("got %w, want an error of the transport", err)
	}
	return nil
}

// under returns the verdicts with what the HTTP status adds: where there is no
// response in the body, the status is the reason.
func (v verdicts) under(status int) verdicts {
	if status/100 == 2 {
		return v
	}
	w := v.whole
	mute := w.says == nil && w.result == "" && w.refused == nil && v.items == nil // a notification
	if mute || w.notJSON || w.nothing || slices.Contains(w.refused, jsonrpc.DeviationNotResponse) {
		v.whole = verdict{http: status}
		for i := range v.items {
			v.items[i] = v.whole
		}
	}
	return v
}

// check compares an error with the verdict.
func (v verdict) check(err error, status int) error {
	var (
		says    *jsonrpc.Error
		invalid *jsonrpc.ValidationError
		parse   *jsonrpc.ParseResponseError
		page    *jsonrpc.HTTPError
	)
	isSaid, isInvalid := errors.As(err, &says), errors.As(err, &invalid)
	isParse, isPage := errors.As(err, &parse), errors.As(err, &page)
	var ok bool
	switch {
	case v.says != nil:
		ok = isSaid && says.Code == v.says.Code && says.Message == v.says.Message
	case v.refused != nil:
		ok = isInvalid && !isSaid && slices.Contains(v.refused, invalid.Deviation)
	case v.notJSON:
		ok = isParse
	case v.nothing:
		ok = errors.Is(err, jsonrpc.ErrNoResponse)
	case v.http != 0:
		ok = isPage && page.StatusCode == v.http && !isSaid && !isInvalid && page.Status != ""
	default:
		ok = err == nil
	}
	if !ok {
		return fmt.Errorf("got %w, want %s", err, v)
	}
	if err != nil && status != 0 && status/100 != 2 && (!isPage || page.StatusCode != status) {
		return fmt.Errorf("got %w, which does not tell the status %d", err, status)
	}
	return nil
}

// checkItems compares the responses to a batch with the verdicts.
func (v verdicts) checkItems(reply *jsonrpc.Reply) error {
	if len(reply.Responses) != len(v.items) {
		return fmt.Errorf("got %d responses, want %d", len(reply.Responses), len(v.items))
	}
	for i, response := range reply.Responses {
		want := v.items[i]
		if want.result != "" {
			if string(response.Result) != want.result || response.Err != nil {
				return fmt.Errorf("item %d: got %s, %w, want the result %s", i, response.Result, response.Err, want.result)
			}
			continue
		}
		if err := want.check(response.Err, 0); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	if len(reply.Strays) != v.strays {
		return fmt.Errorf("got the strays %s, want %d", reply.Strays, v.strays)
	}
	return nil
}

// kind names the kind of a verdict.
func (v verdict) kind() string {
	switch {
	case v.result != "":
		return "result"
	case v.says != nil:
		return "error of the server's"
	case v.refused != nil:
		return "refused: " + v.refused[0].String()
	case v.notJSON:
		return "refused: not JSON"
	case v.nothing:
		return "no response"
	case v.http != 0:
		return fmt.Sprintf("HTTP status alone: %d %s", v.http, http.StatusText(v.http))
	}
	return "nothing to complain of"
}

// batchKind names the kinds of a batch's verdicts, each once.
func (v verdicts) batchKind() string {
	var kinds []string
	if v.whole.kind() != (verdict{}).kind() {
		kinds = append(kinds, v.whole.kind())
	}
	for _, item := range v.items {
		kinds = append(kinds, item.kind())
	}
	slices.Sort(kinds)
	if len(kinds) == 0 { // of notifications
		return v.whole.kind()
	}
	return "batch: " + strings.Join(slices.Compact(kinds), " + ")
}

// String shows the verdict in a failure.
func (v verdict) String() string {
	switch {
	case v.result != "":
		return "the result " + v.result
	case v.says != nil:
		return fmt.Sprintf("the server's error %d %s", v.says.Code, v.says.Message)
	case v.refused != nil:
		names, _ := json.Marshal(fmt.Sprint(v.refused))
		return "refused for one of " + string(names)
	}
	return v.kind()
}
