package transport

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
)

// keeping is an http.RoundTripper that notes the requests and what they carry.
type keeping struct {
	requests []*http.Request
	bodies   []string
}

func (k *keeping) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	k.requests, k.bodies = append(k.requests, r), append(k.bodies, string(body))
	return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, err
}

// A request is used again only once the body of its response was read and closed,
// as http.RoundTripper wants it, and who keeps the response does not see it change.
func TestHTTPUsesRequestsAgain(t *testing.T) {
	k := new(keeping)
	h, err := NewHTTP("http://pets.example/path", &HTTPOptions{RoundTripper: k})
	if err != nil {
		t.Fatal(err)
	}
	send := func(body string) HTTPReply {
		t.Helper()
		reply, err := h.RoundTrip(context.Background(), &Message{Body: []byte(body), Reply: true})
		if err != nil {
			t.Fatal(err)
		}
		return reply.(HTTPReply)
	}
	open := send("one")
	unread := send("second")
	_ = unread.Close()
	whole := send("the third")
	if got, err := io.ReadAll(whole); err != nil || string(got) != "the third" {
		t.Error(string(got), err)
	}
	_ = whole.Close()
	if r := whole.Response().Request; r.URL.String() != "http://pets.example/path" || r.Header.Get("Content-Type") == "" {
		t.Errorf("the response's request is %+v", r)
	}
	response := whole.Response().Request
	_ = send("and the last one")
	if k.requests[0] == k.requests[1] || k.requests[3] == k.requests[0] || k.requests[3] == k.requests[1] {
		t.Error("a request was used again before its reply was read and closed")
	}
	if whole.Response().Request != response || response.ContentLength != 0 {
		t.Error("the request of a response changed with the next message")
	}
	if k.requests[0].ContentLength != 3 || k.requests[1].ContentLength != 6 || k.requests[3].ContentLength != 16 {
		t.Error("the requests have other lengths than their bodies")
	}
	if got, err := io.ReadAll(open); err != nil || string(got) != "one" {
		t.Error(string(got), err)
	}
	_ = open.Close()
}
