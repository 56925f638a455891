package jsonrpc

import (
	stdjson "encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

type (
	plainName string
	plainRow  struct {
		ID     int      `json:"id"`
		Name   string   `json:"name"`
		Owner  *string  `json:"owner,omitempty"`
		Weight float64  `json:"weight"`
		Tags   []string `json:"tags"`
		Alive  bool
	}
	plainNode struct {
		Kind  plainName `json:"kind"`
		Small int8      `json:"s"`
		Byte  uint8     `json:"K"`
		Big   uint64    `json:"big"`
		Half  float32   `json:"half"`
		Left  *plainNode
		Nodes []plainNode        `json:"nodes"`
		Pairs [][]*int16         `json:"pairs"`
		Row   struct{ X, Y int } `json:"row"`
		Never int                `json:"-"`
	}
)

// plainTargets make variables of plain types.
var plainTargets = []func() any{
	func() any { return new([]plainRow) }, func() any { return new(plainRow) }, func() any { return new(plainNode) },
	func() any { return new([]int64) }, func() any { return new([]float32) }, func() any { return new(*uint) },
	func() any { return new([]plainName) }, func() any { return new([][]bool) }, func() any { return new(string) },
}

// FuzzPlain: what is decoded without the engine is what encoding/json makes of it,
// and with the engine behind it everything is.
func FuzzPlain(f *testing.F) {
	for _, text := range []string{
		`[{"id":1,"name":"Mittens","owner":"a@b","weight":2.25,"tags":["cat","tabby"],"Alive":true}]`,
		`{"id":-7,"NAME":"x","owner":null,"weight":1e3,"tags":[],"alive":false,"other":[{}]}`,
		`{"id":1,"id":2}`, `{"tags":["a"],"tags":[null]}`, `{"id":1.0}`, `{"id":01}`, `{"id":9223372036854775808}`, `{"id":-9223372036854775808}`,
		`{"kind":"\u00e9\ud800\n","s":-128,"K":255,"big":18446744073709551615,"half":1e39,"Left":{"Left":null},"nodes":[{},null],"pairs":[[1,null],[],null],"row":{"X":1,"y":2}}`,
		`{"s":128}`, `{"ſ":1}`, `{"\u0073":1}`, `{"K":1,"k":2}`, `[1,-0,007]`, `[1.5,3.4e38,1e-50,-0.0]`, `7`, `-1`, `"a\tb"`, "\"a\tb\"", `["a",1]`,
		`[[true,false],[],[null]]`, ` [ 1 , 2 ] `, `[1,]`, `{"id":1,}`, `{"id" : 1 , "name" :"a"}`, `nul`, `{"Never":1,"skip":2,"-":3}`, `[`, `{`, ``,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) {
			return // found out before
		}
		for _, target := range plainTargets {
			want, plain, both := target(), target(), target()
			wantErr := stdjson.Unmarshal(text, want)
			r := rulesFor(reflect.TypeOf(want), false)
			if r.decodePlain(text, plain) && (wantErr != nil || !reflect.DeepEqual(plain, want)) {
				t.Errorf("%q into a %T: %#v, want %#v (%v)", text, plain, plain, want, wantErr)
			}
			err := decode(text, both, false)
			if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(both, want) {
				t.Errorf("%q into a %T with the engine: %#v (%v), want %#v (%v)", text, both, both, err, want, wantErr)
			}
		}
	})
}

func TestPlainTypes(t *testing.T) {
	type loop struct{ Next *loop }
	type mixed struct {
		Loop []mixed
		Map  map[string]int
	}
	for _, target := range plainTargets {
		if typ := reflect.TypeOf(target()); rulesFor(typ, false).plain == nil {
			t.Errorf("%v is not plain", typ)
		}
	}
	for value, want := range map[any]bool{
		new(loop): true, new(mixed): false, new([]mixed): false, new(any): false, new([]any): false, new(map[string]int): false,
		new(time.Time): false, new([]*time.Time): false, new(stdjson.Number): false, new(stdjson.RawMessage): false, new([]byte): false, new([4]int): false,
		new(struct{ plainRow }): false, new(struct{ A, B time.Duration }): true,
		new(struct {
			A int `json:",string"`
		}): false,
		new(struct {
			A int `json:"a b"`
		}): false,
		new(struct {
			A int
			B int `json:"A"`
		}): false,
	} {
		if typ := reflect.TypeOf(value); (rulesFor(typ, false).plain != nil) != want {
			t.Errorf("%v is plain: %v, want %v", typ, !want, want)
		}
	}
}

// A variable that holds something already is the engine's, which knows what stays.
func TestPlainKeeps(t *testing.T) {
	row := plainRow{Name: "Mittens", Tags: []string{"a", "b"}}
	if err := decode([]byte(`{"id":3,"tags":["c"]}`), &row, false); err != nil {
		t.Fatal(err)
	}
	if want := (plainRow{ID: 3, Name: "Mittens", Tags: []string{"c"}}); !reflect.DeepEqual(row, want) {
		t.Errorf("%+v, want %+v", row, want)
	}
}

// Values nested too deep for the stack end in the engine's error.
func TestPlainDeep(t *testing.T) {
	type loop struct {
		Next []loop
	}
	const deep = 20_000
	var v loop
	text := strings.Repeat(`{"Next":[`, deep) + strings.Repeat(`]}`, deep)
	if err := decode([]byte(text), &v, false); err == nil {
		t.Error("it was decoded")
	}
}
