package jsonrpc_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
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

// What Decode of a response decodes is as Call's result.
func TestDecodeOfAResponseHasTheOptions(t *testing.T) {
	const reply = `{"jsonrpc":"2.0","result":12345678901234567890,"id":1}`
	id := jsonrpc.WithID(jsonrpc.IntID(1))
	own := jsonrpc.Codec{Unmarshal: func(_ []byte, v any) error {
		*v.(*any) = "own"
		return nil
	}}
	errNo := errors.New("no")
	bad := jsonrpc.Codec{Unmarshal: func([]byte, any) error { return errNo }}
	for name, test := range map[string]struct {
		opts []jsonrpc.CallOption
		want any
		err  error
	}{
		"none":        {nil, 1.2345678901234567e19, nil},
		"WithNumbers": {[]jsonrpc.CallOption{jsonrpc.WithNumbers()}, json.Number("12345678901234567890"), nil},
		"WithCodec":   {[]jsonrpc.CallOption{jsonrpc.WithCodec(own)}, "own", nil},
		"a bad codec": {[]jsonrpc.CallOption{jsonrpc.WithCodec(bad)}, nil, errNo},
	} {
		got, err := newClient(t, says(reply)).Send(t.Context(), jsonrpc.Request{Method: "cat"}, append(test.opts, id)...)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err = got.Decode(&v); v != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
		if err != nil {
			as[*jsonrpc.DecodeError](t, err)
		}
		var raw json.RawMessage
		if err = got.Decode(&raw); string(raw) != "12345678901234567890" || err != nil {
			t.Errorf("%s: %s, %v", name, raw, err)
		}
	}
	// The options of a pool count, too.
	server := jsonrpctest.NewServer(jsonrpctest.Handlers{"cat": jsonrpctest.Func(func() (int64, error) { return math.MaxInt64, nil })})
	pool, err := jsonrpc.NewPool(t.Context(), jsonrpc.URLs(serve(t, server.ServeHTTP).URL), jsonrpc.WithNumbers())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	got, err := pool.Send(t.Context(), jsonrpc.Request{Method: "cat"})
	var v any
	if err == nil {
		err = got.Decode(&v)
	}
	if v != json.Number("9223372036854775807") || err != nil {
		t.Error(v, err)
	}
}
