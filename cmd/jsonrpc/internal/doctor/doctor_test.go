package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest/demo"
	"example.com/jsonrpc/transport"
)

// overHTTPTo is the Dial of an exam over HTTP.
func overHTTPTo(url string) func(context.Context) (Carrier, error) {
	return func(context.Context) (Carrier, error) { return transport.NewHTTP(url, nil) }
}

func examine(t *testing.T, e *Exam) *Report {
	t.Helper()
	if e.Patience == 0 {
		e.Patience = 5 * time.Second
	}
	steps := 0
	report, err := e.Examine(t.Context(), func(int, int) { steps++ })
	if err != nil {
		t.Fatal(err)
	}
	if want := len(checks) + 4; steps != want {
		t.Errorf("%d steps of progress, want %d", steps, want)
	}
	return report
}

func TestDemoServerOverHTTP(t *testing.T) {
	server := httptest.NewServer(demo.New())
	defer server.Close()
	for _, method := range []string{"", "ping"} {
		r := examine(t, &Exam{Dial: overHTTPTo(server.URL), Method: method, MaxBatch: 64, Calls: 5})
		for _, f := range r.Checks {
			if f.Verdict != Pass {
				t.Errorf("%s: %+v", method, f)
			}
		}
		if len(r.Checks) < 20 {
			t.Errorf("%d checks, at least 20 were promised", len(r.Checks))
		}
		if r.Batch.Largest != 64 || r.Batch.Refused != 0 {
			t.Errorf("%+v", r.Batch)
		}
		if l := r.Latency; l.Calls != 5 || l.Min <= 0 || l.Min > l.Median || l.Median > l.Max {
			t.Errorf("%+v", l)
		}
	}
}

func TestDemoServerOverTCP(t *testing.T) {
	endpoint, err := demo.New().Listen("tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = endpoint.Close() }()
	address := strings.TrimPrefix(endpoint.URL, "tcp://")
	r := examine(t, &Exam{MaxBatch: 8, Calls: 3, Dial: func(ctx context.Context) (Carrier, error) {
		stream, err := transport.DialNet(ctx, "tcp", address, nil)
		if err != nil {
			return nil, err
		}
		return OnStream(stream, time.Second), nil
	}})
	for _, f := range r.Checks {
		if f.Verdict != Pass && f.Name != "http" {
			t.Errorf("%+v", f)
		}
	}
	if r.Compression != nil || r.Batch.Largest != 8 {
		t.Errorf("%+v %+v", r.Compression, r.Batch)
	}
}

// quirky answers as servers do that know the specification from hearsay.
func quirky(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "text/html")
	if bytes.HasPrefix(body, []byte("[")) {
		var items []json.RawMessage
		_ = json.Unmarshal(body, &items)
		if len(items) > 10 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		var all []string
		for i := range items {
			all = append(all, fmt.Sprintf(`{"jsonrpc":"2.0","result":1,"id":%d}`, i+1))
		}
		_, _ = io.WriteString(w, "["+strings.Join(all, ",")+"]")
		return
	}
	var request struct{ ID float64 }
	_ = json.Unmarshal(body, &request)
	_, _ = fmt.Fprintf(w, `{"result":null,"error":"no such method","id":%v}`, request.ID)
}

func TestQuirkyServer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(quirky))
	defer server.Close()
	r := examine(t, &Exam{Dial: overHTTPTo(server.URL), MaxBatch: 100, Calls: 1})
	var text strings.Builder
	if err := r.WriteText(&text, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"ok    answers a request with a response object",
		"FAIL  the response has \"jsonrpc\": \"2.0\" (clause 5)\n      \"jsonrpc\" is missing",
		"FAIL  the response has a result or an error, not both (clause 5)\n      both are there, one of them null, as in version 1.0",
		"FAIL  an error has an integer code and a message (clause 5.1)\n      the error is no object with a message",
		"FAIL  a large number as id comes back digit by digit (clause 5)\n      the id came back as 9.007199254740992e+15",
		"      --> {\"jsonrpc\":\"2.0\",\"method\":\"jsonrpc-doctor/no-such-method\",\"id\":9007199254740993}\n",
		"FAIL  a notification gets no response (clause 4.1)\n      a response came\n",
		"FAIL  of a batch with a notification only the requests are answered (clause 6)\n      2 responses, for 1 requests",
		"FAIL  HTTP: status 200 and type application/json\n      type \"text/html\"",
		"batches      of 10 requests; of 11: no array came for the batch, but HTTP 413",
		"compression  replies no, requests no",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

// A server that hangs up over what is no JSON is called again.
func TestServerThatHangsUp(t *testing.T) {
	endpoint, err := demo.New().Listen("tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = endpoint.Close() }()
	address := strings.TrimPrefix(endpoint.URL, "tcp://")
	dialled := 0
	r := examine(t, &Exam{MaxBatch: 2, Calls: 1, Dial: func(ctx context.Context) (Carrier, error) {
		dialled++
		stream, err := transport.DialNet(ctx, "tcp", address, nil)
		if err != nil {
			return nil, err
		}
		return OnStream(touchy{stream}, time.Second), nil
	}})
	for _, f := range r.Checks {
		if broken := f.Name == "parse-error"; broken != (f.Verdict == Fail) {
			t.Errorf("%+v", f)
		}
	}
	if dialled != 2 {
		t.Errorf("dialled %d times, want 2", dialled)
	}
}

type touchy struct{ transport.Stream }

func (s touchy) Write(ctx context.Context, msg []byte) error {
	if !json.Valid(msg) {
		return s.Close()
	}
	return s.Stream.Write(ctx, msg)
}

func TestUnreachable(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	_, err := (&Exam{Dial: overHTTPTo(server.URL), Patience: 5 * time.Second}).Examine(t.Context(), func(int, int) {})
	if err == nil || jsonrpc.MaybeSent(err) {
		t.Errorf("%v", err)
	}
}

func TestSilentServer(t *testing.T) {
	end := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	defer server.Close()
	defer close(end)
	_, err := (&Exam{Dial: overHTTPTo(server.URL), Patience: 50 * time.Millisecond}).Examine(t.Context(), func(int, int) {})
	if err == nil || err.Error() != "no answer in time" {
		t.Errorf("%v", err)
	}
}
