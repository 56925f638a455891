package jsonrpc_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

func TestCodec(t *testing.T) {
	var used []string
	codec := jsonrpc.Codec{
		Marshal: func(v any) ([]byte, error) {
			used = append(used, "marshal")
			return json.Marshal(v)
		},
		Unmarshal: func(data []byte, v any) error {
			used = append(used, "unmarshal "+string(data))
			return json.Unmarshal(data, v)
		},
	}
	client := converse(t, `
		--> {"jsonrpc":"2.0","method":"cat","params":["\u003cb\u003e",{"age":1}],"id":1}
		<-- {"jsonrpc":"2.0","result":{"sound":"meow"},"id":1}
		--> {"jsonrpc":"2.0","method":"cat","id":2}
		<-- {"jsonrpc":"2.0","result":[1,2,3],"id":2}
	`, jsonrpc.WithCodec(codec))
	sound, err := jsonrpc.Call[map[string]string](t.Context(), client, "cat", jsonrpc.Args{"<b>", jsonrpc.Named{"age": 1}})
	if err != nil || sound["sound"] != "meow" {
		t.Error(sound, err)
	}
	raw, err := client.Request(t.Context(), "cat", nil)
	if err != nil || string(raw) != "[1,2,3]" {
		t.Error(string(raw), err)
	}
	if want := []string{"marshal", `unmarshal {"sound":"meow"}`}; !slices.Equal(used, want) {
		t.Errorf("used %q, want %q", used, want)
	}
}

// A result that is no JSON never reaches the codec.
func TestCodecSeesJSONOnly(t *testing.T) {
	codec := jsonrpc.Codec{Unmarshal: func(data []byte, _ any) error {
		t.Errorf("asked to decode %s", data)
		return nil
	}}
	for _, reply := range []string{`{"jsonrpc":"2.0","result":{]},"id":1}`, `{"jsonrpc":"2.0","result":[1,],"id":1}`} {
		_, err := jsonrpc.Call[any](t.Context(), newClient(t, conversation1(reply)), "cat", nil, jsonrpc.WithCodec(codec))
		as[*jsonrpc.ParseResponseError](t, err)
	}
}

func TestCodecErrors(t *testing.T) {
	errNo := errors.New("no")
	bad := jsonrpc.Codec{
		Marshal:   func(any) ([]byte, error) { return nil, errNo },
		Unmarshal: func([]byte, any) error { return errNo },
	}
	client := newClient(t, conversation1(`{"jsonrpc":"2.0","result":1,"id":1}`), jsonrpc.WithCodec(bad))
	var message *jsonrpc.MessageError
	if err := client.Call(t.Context(), "cat", jsonrpc.Args{1}, nil); !errors.As(err, &message) || !errors.Is(err, errNo) {
		t.Error(err)
	}
	var decode *jsonrpc.DecodeError
	if _, err := jsonrpc.Call[int](t.Context(), client, "cat", nil, jsonrpc.WithID(jsonrpc.IntID(1))); !errors.As(err, &decode) || !errors.Is(err, errNo) {
		t.Error(err)
	}
	scalar := jsonrpc.Codec{Marshal: func(any) ([]byte, error) { return []byte("7"), nil }}
	if err := client.Notify(t.Context(), "cat", jsonrpc.Args{1}, jsonrpc.WithCodec(scalar)); !errors.As(err, &message) || !strings.Contains(err.Error(), "array or an object") {
		t.Error(err)
	}
}
