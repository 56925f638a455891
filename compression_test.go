package jsonrpc_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

// A server that refuses the encoding gets the message without it, and no other with
// it.
func TestRequestCompressionRefused(t *testing.T) {
	var got []string
	client := dial(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Content-Encoding"))
		if r.Header.Get("Content-Encoding") != "" {
			w.WriteHeader(http.StatusUnsupportedMediaType)
			return
		}
		answer(w, r, `"meow"`)
	}).URL, jsonrpc.WithRequestCompression("gzip", 1))
	for range 2 {
		if sound, err := jsonrpc.Call[string](t.Context(), client, "cat", nil); err != nil || sound != "meow" {
			t.Error(sound, err)
		}
	}
	if strings.Join(got, ",") != "gzip,," {
		t.Errorf("encodings %q", got)
	}
}

func TestRequestCompressionUnknown(t *testing.T) {
	for encoding, want := range map[string]string{"": "no name", "br": `encoding "br" is not known: there are gzip`} {
		_, err := jsonrpc.Dial(t.Context(), "http://pets.example", jsonrpc.WithRequestCompression(encoding, 0))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", encoding, err)
		}
	}
}
