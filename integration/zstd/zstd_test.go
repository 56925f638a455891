package zstd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"example.com/jsonrpc"
	_ "example.com/jsonrpc/integration/zstd"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// pack compresses text.
func pack(t *testing.T, text string, opts ...zstd.EOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// answering is a client of a server that answers with body, as zstd.
func answering(t *testing.T, body []byte, opts ...jsonrpc.DialOption) *jsonrpc.Client {
	t.Helper()
	return dial(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Accept-Encoding"), "zstd") {
			t.Errorf("Accept-Encoding is %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "zstd")
		_, _ = w.Write(body)
	}, opts...)
}

func dial(t *testing.T, h http.HandlerFunc, opts ...jsonrpc.DialOption) *jsonrpc.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	client, err := jsonrpc.Dial(t.Context(), server.URL, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestReplies(t *testing.T) {
	const reply = `{"jsonrpc":"2.0","result":"meow","id":1}`
	whole := pack(t, reply)
	for name, test := range map[string]struct {
		body []byte
		err  error
	}{
		"whole":          {whole, nil},
		"in two frames":  {append(pack(t, reply[:20]), pack(t, reply[20:])...), nil},
		"empty":          {nil, jsonrpc.ErrNoResponse},
		"nothing within": {pack(t, ""), jsonrpc.ErrNoResponse},
		"not zstd":       {[]byte(reply), transport.ErrEncoding},
		"cut":            {whole[:len(whole)-3], io.ErrUnexpectedEOF},
		"spoilt":         {append(bytes.Clone(whole[:len(whole)-1]), whole[len(whole)-1]^1), transport.ErrEncoding},
		"a bomb":         {pack(t, `{"jsonrpc":"2.0","result":"`+strings.Repeat("a", 2<<20)+`","id":1}`), jsonrpc.ErrReplyTooLarge},
		// A frame that wants a window of 2^41 bytes (RFC 8878, 3.1.1.1.2).
		"a wide window": {[]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 31 << 3, 1, 0, 0}, transport.ErrEncoding},
	} {
		t.Run(name, func(t *testing.T) {
			client := answering(t, test.body, jsonrpc.WithMaxReply(1<<20))
			for range 2 { // with what the first has left
				sound, err := jsonrpc.Call[string](t.Context(), client, "cat", nil, jsonrpc.WithID(jsonrpc.IntID(1)))
				if !errors.Is(err, test.err) || err == nil && sound != "meow" {
					t.Errorf("%q, %v, want %v", sound, err, test.err)
				}
			}
		})
	}
}

// A message of the size given is compressed, a smaller one is not.
func TestRequests(t *testing.T) {
	var encodings []string
	client := dial(t, func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		encoding := r.Header.Get("Content-Encoding")
		encodings = append(encodings, encoding)
		if encoding == "zstd" {
			z, err := zstd.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			defer z.Close()
			body = z
		}
		var request struct {
			Params []string
			ID     int
		}
		if err := json.NewDecoder(body).Decode(&request); err != nil {
			t.Error(err)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "result": len(request.Params[0]), "id": request.ID})
	}, jsonrpc.WithRequestCompression("zstd", 500))
	for _, size := range []int{1, 500, 100_000} {
		got, err := jsonrpc.Call[int](t.Context(), client, "length", jsonrpc.Args{strings.Repeat("a", size)})
		if err != nil || got != size {
			t.Error(got, err)
		}
	}
	if got := strings.Join(encodings, ","); got != ",zstd,zstd" {
		t.Error(got)
	}
}

// A server that does not know zstd says so once: see jsonrpctest.NewServer.
func TestRefused(t *testing.T) {
	var statuses []int
	inner := jsonrpctest.NewServer(jsonrpctest.Handlers{"length": jsonrpctest.Func(func(s string) int { return len(s) })})
	client := dial(t, func(w http.ResponseWriter, r *http.Request) {
		status := &noting{ResponseWriter: w, status: http.StatusOK}
		inner.ServeHTTP(status, r)
		statuses = append(statuses, status.status)
	}, jsonrpc.WithRequestCompression("zstd", 1))
	for range 2 {
		if got, err := jsonrpc.Call[int](t.Context(), client, "length", jsonrpc.Args{"meow"}); err != nil || got != 4 {
			t.Error(got, err)
		}
	}
	if len(statuses) != 3 || statuses[0] != http.StatusUnsupportedMediaType {
		t.Error(statuses)
	}
}

type noting struct {
	http.ResponseWriter
	status int
}

func (n *noting) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}
