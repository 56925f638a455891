package jsonrpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/big"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/jsonrpc/transport"
)

// What the reply reader says about JSON is compared to encoding/json here; what
// it says about JSON-RPC, to a schema validator, in the module conformance.

// fuzzWire brings back its own text as the reply to everything.
type fuzzWire []byte

func (w fuzzWire) RoundTrip(context.Context, *transport.Message) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(w)), nil
}

func FuzzReply(f *testing.F) {
	for _, text := range []string{
		`{"jsonrpc":"2.0","result":"meow","id":1}`,
		`{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found","data":[1]},"id":null}`,
		`[{"jsonrpc":"2.0","result":[1,{"a":"\u00e9"}],"id":2},{"jsonrpc":"2.0","result":1e5,"id":1}]`,
		"\ufeff {\"id\":1.0,\"r\\u0065sult\":[],\"error\":null}\n",
		`{"result":[},"result":1,"id":"1"}`,
		`{"error":"boom"}`, `{"error":{"code":"-1"},"id":1}`, `[]`, `[[]]`, `"`, `-`, ` `, "\xff",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := checkSyntax(text)
		if errors.Is(err, errTooDeep) {
			return // encoding/json reads deeper
		}
		valid := utf8.Valid(text) && json.Valid(text)
		if (err == nil) != valid {
			t.Fatalf("checkSyntax(%q) = %v, and encoding/json says %t", text, err, valid)
		}
		i := skipSpace(text, 0)
		if valid {
			fuzzEnvelope(t, text, i)
		}
		for _, validate := range []bool{true, false} {
			fuzzRead(t, text, validate)
		}
	})
}

// fuzzEnvelope scans the valid value at i.
func fuzzEnvelope(t *testing.T, text []byte, i int) {
	t.Helper()
	var checked, unchecked envelope
	end, err := checked.scan(text, i, false)
	if err != nil || skipSpace(text, end) != len(text) {
		t.Fatalf("scan of %q ends at %d with %v", text, end, err)
	}
	if _, err := unchecked.scan(text, i, true); err != nil || !reflect.DeepEqual(unchecked, checked) {
		t.Fatalf("scan of %q finds %+v and, leaving the result unchecked, %+v (%v)", text, checked, unchecked, err)
	}
	var want map[string]json.RawMessage
	_ = json.Unmarshal(text, &want) // nothing, if it is no object
	for name, got := range map[string][]byte{
		"id": checked.id, "result": checked.result, "error": checked.error, "method": checked.method, "params": checked.params,
	} {
		if !bytes.Equal(got, want[name]) {
			t.Errorf("%s of %q is %q, want %q", name, text, got, want[name])
		}
	}
	if text[i] == '"' {
		var want string
		if err := json.Unmarshal(text, &want); err != nil || unquote(text[i:end]) != want || !equalString(text[i:end], want) {
			t.Errorf("unquote(%q) = %q, want %q", text[i:end], unquote(text[i:end]), want)
		}
	}
}

// fuzzRead reads the text as the reply to this and that.
func fuzzRead(t *testing.T, text []byte, validate bool) {
	t.Helper()
	c, err := NewClient(fuzzWire(text), WithValidation(validate), WithMaxReply(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	raw, rawErr := c.Request(ctx, "m", nil, WithID(IntID(1)))
	var value any
	err = c.Call(ctx, "m", nil, &value, WithID(IntID(1)))
	if decode := (*DecodeError)(nil); errors.As(err, &decode) {
		if err = json.Unmarshal(raw, new(any)); err == nil {
			t.Errorf("%q does not decode: %v; encoding/json does it", raw, decode)
		}
		return
	}
	if (err == nil) != (rawErr == nil) {
		t.Errorf("%q: Call says %v, Request says %v", text, err, rawErr)
	}
	if err == nil {
		var want any
		if err := json.Unmarshal(raw, &want); err != nil || !reflect.DeepEqual(value, want) {
			t.Errorf("%q decodes to %#v, want %#v (%v)", raw, value, want, err)
		}
	}
	_ = c.Notify(ctx, "n", nil)
	_, _ = c.Send(ctx, Raw(`[{"method":"m","id":1},{"method":"m","id":"1"},{"method":"n"}]`))
}

func FuzzID(f *testing.F) {
	for _, pair := range [][2]string{
		{`1`, `"1"`}, {`1.0`, `1`}, {`-0`, `0`}, {`"a"`, `"\u0061"`}, {`null`, `"null"`}, {`1e2`, `100`},
		{`9223372036854775807`, `9223372036854775808`}, {`12345678901234567890`, `"12345678901234567890"`}, {`"\ud800"`, `"�"`},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		idA, okA := fuzzParseID(t, a)
		idB, okB := fuzzParseID(t, b)
		if !okA || !okB {
			return
		}
		ab, ba := idA.match([]byte(b)), idB.match([]byte(a))
		if (ab == idEqual) != (idA == idB) || (ba == idEqual) != (idA == idB) {
			t.Errorf("%s to %s: %v, the other way %v; with ==, %t", a, b, ab, ba, idA == idB)
		}
		if ab == idLoose && !sameNumber(a, b) {
			t.Errorf("%s takes %s for its own", a, b)
		}
		// What a single request takes for its own, a request in a batch does too.
		m := matcher{items: []item{{notification: true}, {id: idA}}}
		if found := m.find([]byte(b)) != nil; found != (ab != idDiffers) {
			t.Errorf("%s to %s: %v, in a batch %t", a, b, ab, found)
		}
	})
}

// fuzzParseID checks that an id's text comes back.
func fuzzParseID(t *testing.T, text string) (ID, bool) {
	t.Helper()
	id, err := ParseID(text)
	if err != nil || !utf8.ValidString(text) {
		return id, false
	}
	again, err := ParseID(id.String())
	if err != nil || again != id {
		t.Errorf("ParseID(%q) prints as %s, which is %#v (%v)", text, id, again, err)
	}
	if got := id.match([]byte(text)); got != idEqual {
		t.Errorf("%s to its own text %q: %v", id, text, got)
	}
	marshaled, err := json.Marshal(id)
	var unmarshaled ID
	if err == nil {
		err = json.Unmarshal(marshaled, &unmarshaled)
	}
	if err != nil || unmarshaled != id {
		t.Errorf("%s becomes %s as JSON, and %s again (%v)", id, marshaled, unmarshaled, err)
	}
	return id, true
}

// sameNumber reports whether two ids are numbers of one value, in quotes or not.
func sameNumber(a, b string) bool {
	number := func(text string) *big.Rat {
		if text[0] == '"' {
			text = unquote([]byte(text))
		}
		if len(text) > 100 || strings.ContainsAny(text, "eE") {
			return nil
		}
		r, _ := new(big.Rat).SetString(text)
		return r
	}
	x, y := number(a), number(b)
	return a == b || x != nil && y != nil && x.Cmp(y) == 0 || x == nil && y == nil && strings.Trim(a, `"`) == strings.Trim(b, `"`)
}

// headerWire keeps the headers of the requests that it is given.
type headerWire struct{ header http.Header }

func (w *headerWire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.header = req.Header
	body := io.NopCloser(strings.NewReader(`{"jsonrpc":"2.0","result":1,"id":1}`))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body}, nil
}

// FuzzHeader looks for a header, or a part of one, that is more than it was
// meant to be.
func FuzzHeader(f *testing.F) {
	f.Add("X-Pet", "cat")
	f.Add("x-pet", "cat\r\nX-Admin: 1")
	f.Add("X-Pet: a\nX-Admin", "1")
	f.Add("Host", "other.example")
	f.Add("Content-Length", "1000")
	f.Add("", "\x00")
	f.Add("Authorization", "Bearer é\x7f")
	f.Fuzz(func(t *testing.T, name, value string) {
		ctx, wire := t.Context(), new(headerWire)
		token := func(context.Context) (string, error) { return value, nil }
		for what, opts := range map[string][2][]Option{ // of the client, of the call
			"client's":       {{WithHeader(name, value)}, nil},
			"call's":         {{}, {WithHeader(name, value)}},
			"bearer":         {{WithBearer(token)}, nil},
			"bearer's token": {{}, {WithBearerToken(value)}},
			"user":           {{WithBasicAuth(name, value)}, nil},
			"cookie":         {{WithCookie(name, value)}, {WithCookie("b", value)}},
			"query":          {{WithQuery(name, value)}, {WithQuery("b", value)}},
		} {
			wire.header = nil
			dialOpts := []DialOption{WithHTTPTransport(wire), WithIDs(Decimal(1))}
			for _, opt := range opts[0] {
				dialOpts = append(dialOpts, opt)
			}
			var callOpts []CallOption
			for _, opt := range opts[1] {
				callOpts = append(callOpts, opt)
			}
			c, err := Dial(ctx, "http://pets.example/", dialOpts...)
			if err != nil {
				continue // refused
			}
			_ = c.Call(ctx, "cat", nil, nil, callOpts...)
			if wire.header == nil {
				continue
			}
			for n, values := range maps.All(wire.header) {
				if !validHeaderName(n) || strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
					t.Errorf("%s %q, %q sends the header %q: %q", what, name, value, n, values)
				}
			}
		}
	})
}
