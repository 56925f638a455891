package jsonrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

type (
	oddBase struct {
		ID   int
		Name string `json:"name"`
	}
	oddUpper string
	oddText  struct{ was string }
	oddPlain struct {
		A *int                `json:"a,omitempty"`
		B string              `json:"b"`
		C bool                `json:"c,omitzero"`
		D float32             `json:"d"`
		E []string            `json:"e"`
		F **uint8             `json:"f"`
		G *oddPlain           `json:"g"`
		H struct{ X, Y int8 } `json:"h"`
		I int                 `json:"-"`
		J int                 `json:"-,"` //nolint:staticcheck // the name is meant
		k int                 //nolint:unused // as others' are
	}
	oddAll struct {
		oddBase
		A int `json:"a,string"`
		B [2]int8
		C map[int]string
		D any
		E json.Number
		F []byte
		G time.Time
		H *oddUpper
		I oddText
		J map[string]*oddAll
		K json.RawMessage
		L interface{ String() string }
		M float64
		N uint64
	}
)

func (u *oddUpper) UnmarshalJSON(text []byte) error {
	*u = oddUpper(strings.ToUpper(string(text)))
	return nil
}

func (t *oddText) UnmarshalText(text []byte) error {
	if t.was = string(text); t.was == "no" {
		return errors.New("no")
	}
	return nil
}

// oddItems are texts of items that are decoded in ways one may get wrong.
var oddItems = []string{
	`{}`, `null`, `[]`, `1`, `"x"`, `true`,
	`{"a":null,"b":null,"c":null,"d":null,"e":null,"f":null,"g":null,"h":null}`,
	`{"a":1,"b":"C:\\dir\\","c":true,"d":1.5,"e":["\\","\"","\\\"",""],"f":255,"g":{"a":-0},"h":{"X":-128,"y":127}}`,
	`{"A":1,"a":2,"B":"x","b":"y"}`, `{"a":2,"A":1}`, `{"a":1,"a":2}`, `{"a":1,"a":null}`, `{"g":{"a":1,"b":"x"},"g":{"b":"y"}}`,
	`{"h":{"X":128}}`, `{"h":{"X":1},"h":{"Y":2}}`, `{"f":256}`, `{"f":-1}`, `{"f":1.0}`, `{"f":1e1}`, `{"d":1e39}`, `{"d":-1e-60}`,
	`{"\u0061":7}`, `{"-":9,"I":1,"k":3}`, `{"unknown":{"a":[{"b":"]}\\"}]},"b":"z"}`, `{"e":[null,"é€😀\ud83d\ude00\ud83d x\udc00"]}`,
	`{"e":[]}`, `{"e":{}}`, `{"h":[]}`, `{"b":7,"c":1}`, `{"c":"true"}`,
	`{"id":1,"ID":2,"NAME":"n"}`, `{"a":"12"}`, `{"a":12}`, `{"a":"x"}`, `{"a":"null"}`,
	`{"B":[1]}`, `{"B":[1,2,3]}`, `{"B":null}`, `{"C":{"1":"a","-2":"b"}}`, `{"C":{"x":"a"}}`, `{"C":{"1":null}}`,
	`{"D":1e400}`, `{"D":{"x":[1,"2",null,true,{}]}}`, `{"E":1e999}`, `{"E":"12"}`, `{"E":"x"}`, `{"E":null}`,
	`{"F":"aGk="}`, `{"F":"aGk"}`, `{"F":[104,105]}`, `{"F":null}`, `{"G":"2024-01-02T03:04:05Z"}`, `{"G":"soon"}`, `{"G":null}`,
	`{"H":"up"}`, `{"H":null}`, `{"I":"t"}`, `{"I":"no"}`, `{"I":null}`, `{"I":7}`, `{"J":{"x":{"J":{"y":null}}}}`,
	`{"K": { "raw" : 1 } }`, `{"K":null}`, `{"L":null}`, `{"L":1}`, `{"M":1e309}`, `{"M":1E+2}`, `{"M":-0}`,
	`{"N":18446744073709551615}`, `{"N":18446744073709551616}`, `{"N":-1}`, `{"N":00}`, `{"N":1.}`, `{"M":.5}`, `{"M":+1}`,
	`{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{a:1}`, `[1,]`, `nul`, `truee`, `{"b":"` + "\t" + `"}`, `{"b":"\x"}`, `{"b":"\u12g4"}`,
	`{"a":1]`, `{"e":["x"}`, `{"x":[}],"a":1}`, `1 2`, `{}{}`, `.5`, `-`, `01`, `1e`,
}

// An arriving is a reply over HTTP, its length known or not, whose end comes in small
// parts.
type arriving struct {
	*strings.Reader
	resp *http.Response
}

func (a *arriving) Read(p []byte) (int, error) {
	const end, part = 300, 3
	return a.Reader.Read(p[:min(len(p), max(a.Len()-end, part))])
}

func (a *arriving) Close() error             { return nil }
func (a *arriving) Response() *http.Response { return a.resp }

func arrives(text string, known bool) tripper {
	return func(context.Context, *transport.Message) (io.ReadCloser, error) {
		resp := &http.Response{StatusCode: http.StatusOK, ContentLength: -1}
		if known {
			resp.ContentLength = int64(len(text))
		}
		return &arriving{strings.NewReader(text), resp}, nil
	}
}

// Whichever way a result takes, small or large, its length known or not, at once or
// item by item, it becomes what encoding/json makes of it.
func TestResultsAsEncodingJSON(t *testing.T) {
	t.Run("oddPlain", asEncodingJSON[oddPlain])
	t.Run("pointer", asEncodingJSON[*oddPlain])
	t.Run("oddAll", asEncodingJSON[oddAll])
	t.Run("int", asEncodingJSON[int])
	t.Run("string", asEncodingJSON[string])
	t.Run("bool", asEncodingJSON[bool])
	t.Run("float", asEncodingJSON[float32])
	t.Run("slice", asEncodingJSON[[]string])
	t.Run("array", asEncodingJSON[[2]int])
	t.Run("map", asEncodingJSON[map[string]int])
	t.Run("any", asEncodingJSON[any])
	t.Run("number", asEncodingJSON[json.Number])
}

func asEncodingJSON[T any](t *testing.T) {
	fill := " null," + strings.Repeat(" ", 100_000) // more than what is decoded at once
	for _, item := range oddItems {
		for _, between := range []string{"", fill} {
			result := "[" + item + "," + between + item + " ]"
			var want []T
			wantErr := json.Unmarshal([]byte(result), &want)
			for _, known := range []bool{false, true} {
				client := newClient(t, arrives(`{"jsonrpc":"2.0","result":`+result+`,"id":1}`, known))
				check := func(how string, got []T, err error) {
					if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(got, want) {
						t.Errorf("%s, %s, %d bytes, length known %v: %v, want %v", item, how, len(result), known, err, wantErr)
					}
				}
				got, err := jsonrpc.Call[[]T](t.Context(), client, "x", nil, jsonrpc.WithID(jsonrpc.IntID(1)))
				check("call", got, err)
				got, err = make([]T, 0), nil
				for row, failed := range jsonrpc.Rows[T](t.Context(), client, "x", nil, jsonrpc.WithID(jsonrpc.IntID(1))) {
					if err = failed; err == nil {
						got = append(got, row)
					}
				}
				check("rows", got, err)
			}
		}
	}
}

// What is no JSON, or too deep, is refused however the result is read.
func TestRefusedHoweverRead(t *testing.T) {
	deep := func(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }
	fill := strings.Repeat(" ", 100_000)
	for name, test := range map[string]struct {
		result string
		want   any
	}{
		"deep":        {`[{"x":` + deep(998) + `}]`, nil},
		"too deep":    {`[{"x":` + deep(999) + `}]`, jsonrpc.ErrReplyTooLarge},
		"deeper":      {`[{"x":` + deep(9000) + `}]`, jsonrpc.ErrReplyTooLarge},
		"goes on":     {`[].5`, new(*jsonrpc.ParseResponseError)},
		"exponent":    {`[]e5`, new(*jsonrpc.ParseResponseError)},
		"digit":       {`[]5`, new(*jsonrpc.ParseResponseError)},
		"two of them": {`[][]`, new(*jsonrpc.ParseResponseError)},
	} {
		for _, result := range []string{test.result, "[" + fill + test.result[1:]} {
			for _, known := range []bool{false, true} {
				client := newClient(t, arrives(`{"jsonrpc":"2.0","result":`+result+`,"id":1}`, known))
				check := func(how string, err error) {
					ok := err == nil
					if is, sentinel := test.want.(error); sentinel {
						ok = errors.Is(err, is)
					} else if test.want != nil {
						ok = errors.As(err, test.want)
					}
					if !ok {
						t.Errorf("%s, %s, %d bytes, length known %v: %v", name, how, len(result), known, err)
					}
				}
				for _, to := range []any{new([]struct{ A int }), new([]any), new([]map[string]any), new(any), nil} {
					err := client.Call(t.Context(), "x", nil, to, jsonrpc.WithID(jsonrpc.IntID(1)))
					check(fmt.Sprintf("%T", to), err)
				}
				var err error
				for _, err = range jsonrpc.Rows[struct{ A int }](t.Context(), client, "x", nil, jsonrpc.WithID(jsonrpc.IntID(1))) {
				}
				check("rows", err)
				for _, err = range jsonrpc.Rows[any](t.Context(), client, "x", nil, jsonrpc.WithID(jsonrpc.IntID(1))) {
				}
				check("rows of any", err)
				r, err := jsonrpc.Open(t.Context(), client, "x", nil, jsonrpc.WithID(jsonrpc.IntID(1)))
				if err == nil {
					_, err = io.Copy(io.Discard, r)
					_ = r.Close()
				}
				check("open", err)
			}
		}
	}
}

// oddHex decodes itself by fmt.Sscanf, whose error for what is short is
// io.ErrUnexpectedEOF.
type oddHex int

func (h *oddHex) UnmarshalText(text []byte) error {
	_, err := fmt.Sscanf(string(text), "0x%x", (*int)(h))
	return err
}

// A result that the caller's own type refuses does not fit, however it is read and
// whatever the type calls it: the reply is JSON.
func TestRefusedByTheCallersType(t *testing.T) {
	fill := strings.Repeat(" ", 100_000)
	for _, result := range []string{`["0x7","0x"]`, `["0x7","0x"` + fill + `]`, `["0x7",` + fill + `""]`} {
		for _, known := range []bool{false, true} {
			client := newClient(t, arrives(`{"jsonrpc":"2.0","result":`+result+`,"id":1}`, known))
			check := func(how string, err error) {
				decode, parse := (*jsonrpc.DecodeError)(nil), (*jsonrpc.ParseResponseError)(nil)
				if !errors.As(err, &decode) || errors.As(err, &parse) || jsonrpc.Classify(err).Class != jsonrpc.ClassAnswer {
					t.Errorf("%s, %d bytes, length known %v: %.200v", how, len(result), known, err)
				}
			}
			_, err := jsonrpc.Call[[]oddHex](t.Context(), client, "x", nil, jsonrpc.WithID(jsonrpc.IntID(1)))
			check("call", err)
			for _, err = range jsonrpc.Rows[oddHex](t.Context(), client, "x", nil, jsonrpc.WithID(jsonrpc.IntID(1))) {
			}
			check("rows", err)
			for _, err = range jsonrpc.Rows[struct{ oddHex }](t.Context(), client, "x", nil, jsonrpc.WithID(jsonrpc.IntID(1))) {
			}
			check("rows that follow encoding/json", err)
		}
	}
}
