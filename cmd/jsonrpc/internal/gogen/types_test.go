package gogen_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/gogen/testdata/everything"
	"example.com/jsonrpc/cmd/jsonrpc/internal/gogen/testdata/petstore"
	"example.com/jsonrpc/jsonrpctest"
)

// TestValues decodes values into generated types and encodes them again.
func TestValues(t *testing.T) {
	for _, test := range []struct {
		name     string
		into     any
		text     string
		want     any    // what was decoded; nil for the text alone
		encoding string // if it is not the text
	}{
		{"all scalars", &everything.Scalars{}, `{"nullable":null,"openapi":null,"big":18446744073709551615,"huge":340282366920938463463374607431768211455,` +
			`"unsigned":4294967295,"decimal":0.10,"time":"2026-01-02T03:04:05Z","date":"2026-01-02","bytes":"bWVvdw==","const":"always","list":[1,null],` +
			`"map":{"a":1},"hex":"0x","level":"","open":"0xa","code":-3,"lies":"0x5"}`, nil,
			`{"nullable":null,"big":18446744073709551615,"huge":340282366920938463463374607431768211455,` +
				`"unsigned":4294967295,"decimal":0.10,"time":"2026-01-02T03:04:05Z","date":"2026-01-02","bytes":"bWVvdw==","const":"always","list":[1,null],` +
				`"map":{"a":1},"hex":"0x","level":"","open":"0xa","code":-3,"lies":"0x5"}`},
		{"odd names", &everything.Names{}, `{"id":1,"ID":2,"i d":3,"-":4,"1st":5,"日本":6,"":7,"a,b":8}`, nil, ``},
		{"recursion", &everything.Tree{}, `{"value":1,"branches":[{"value":2,"branches":[]}],"parent":{"value":3}}`,
			&everything.Tree{Value: 1, Branches: []everything.Tree{{Value: 2, Branches: []everything.Tree{}}}, Parent: &everything.Tree{Value: 3}}, ``},
		{"tuple", &everything.Pair{}, `["k",{"value":1}]`, &everything.Pair{Key: "k", Item1: everything.Tree{Value: 1}}, ``},
		{"a short tuple", &everything.Tail{}, `["k"]`, &everything.Tail{Item0: "k"}, `["k",0]`},
		{"a tuple with more", &everything.Tail{}, `["k",1,true,false]`, &everything.Tail{Item0: "k", Item1: 1, Rest: []bool{true, false}}, ``},
		{"other members", &everything.Rest{}, `{"a":1,"b":2,"other":"o"}`,
			&everything.Rest{A: 1, Other: new("o"), OtherMembers: map[string]int64{"b": 2}}, `{"a":1,"other":"o","b":2}`},
		{"union by a constant", &everything.Shape{}, `{"kind":"disc","radius":1.5}`, &everything.Shape{Disc: &everything.Disc{Kind: "disc", Radius: 1.5}}, ``},
		{"union with members missing", &everything.Shape{}, `{"side":2}`, &everything.Shape{Square: &everything.Square{Side: 2}}, `{"kind":"","side":2}`},
		{"union of an unknown constant", &everything.Shape{}, `{"kind":"star"}`, &everything.Shape{Other: json.RawMessage(`{"kind":"star"}`)}, ``},
		{"union of a string", &everything.Shape{}, `"point"`, &everything.Shape{String: new("point")}, ``},
		{"union of a list", &everything.Shape{}, `[7,null]`, &everything.Shape{List: []*everything.Shape{{Integer: new(int64(7))}, nil}}, ``},
		{"union of what is too large", &everything.Shape{}, `1e300`, &everything.Shape{Other: json.RawMessage(`1e300`)}, ``},
		{"union of null", &everything.Shape{Bool: new(true)}, `null`, &everything.Shape{}, ``},
		{"union over a base", &everything.Based{}, `{"id":1,"dog":"Rex"}`, &everything.Based{Dog: &everything.BasedDog{ID: 1, Dog: "Rex"}}, ``},
		{"union of itself", &everything.OneOfItself{}, `5`, &everything.OneOfItself{Integer: new(int64(5))}, ``},
		{"types", &everything.StringOrNumber{}, `0.5`, &everything.StringOrNumber{Number: new(0.5)}, ``},
		{"types and another", &everything.StringOrNumber{}, `{"a":[]}`, &everything.StringOrNumber{Other: json.RawMessage(`{"a":[]}`)}, ``},
		{"union from a server that is older than the description", &everything.Block{}, `{"number":7,"hash":"0xa"}`,
			&everything.Block{Sealed: &everything.Sealed{Number: 7, Hash: "0xa"}}, `{"number":7,"hash":"0xa","size":0,"votes":0}`},
		{"union from a server that is newer", &everything.Block{}, `{"number":7,"soon":true}`,
			&everything.Block{PreviewOfTheBlockThatWillComeNext: &everything.PreviewOfTheBlockThatWillComeNext{Number: 7}}, `{"number":7}`},
		{"union by a pattern of one value", &everything.Typed{}, `{"type":"0x1","fee":5}`, &everything.Typed{New: &everything.TypedNew{Type: "0x1", Fee: new(int64(5))}}, ``},
		{"another name of a component", &everything.AnotherName{}, `{"version":"0x1"}`, &everything.WrappedV0{Version: everything.WrappedV0Version0x1}, ``},
		{"a component around one", &everything.WrappedTwice{}, `{"version":"0x1"}`, &everything.WrappedV0{Version: everything.WrappedV0Version0x1}, ``},
		{"union of what holds itself", &everything.Knot{}, `{"v":true,"kid":{"v":1}}`,
			&everything.Knot{Marked: &everything.Marked{V: true, Kid: &everything.Knot{Counted: &everything.Counted{V: 1}}}}, ``},
		{"union of what holds itself, deep", &everything.Knot{}, strings.Repeat(`{"kid":`, 40) + `7` + strings.Repeat(`,"v":""}`, 40), nil, ``},
		{"members of several types by pattern", &everything.Patterns{}, `{"m_a":1,"n_b":2,"s_c":"x"}`, nil, ``},
		{"members by pattern and others", &everything.PatternsAndMore{}, `{"id":1,"more":2,"s_c":"x"}`, nil, ``},
		{"members by patterns of one type", &everything.PatternsOfOneType{}, `{"id":1,"x_a":true,"y_b":false}`,
			&everything.PatternsOfOneType{ID: new(int64(1)), Other: map[string]bool{"x_a": true, "y_b": false}}, ``},
		{"a name that no tag takes, and other members", &everything.NameWithoutTag{}, `{"c":1,"a,b":"x","d":2}`, nil, ``},
		{"exclusive bounds", &everything.Below{}, `{"wide":18446744073709551615,"long":9223372036854775807,"huge":18446744073709551616,"ratio":1.25}`,
			&everything.Below{Wide: 18446744073709551615, Long: 9223372036854775807, Huge: "18446744073709551616", Ratio: 1.25}, ``},
		{"values beyond int64", &everything.Beyond{}, `{"enum":18446744073709551615,"const":18446744073709551615,"either":18446744073709551615,"both":18446744073709551615}`,
			&everything.Beyond{Enum: everything.BeyondEnum18446744073709551615, Const: 18446744073709551615, Either: 18446744073709551615, Both: "18446744073709551615"}, ``},
		{"an inline schema that refers to itself", &everything.ForestResult{}, `{"kids":[{"kids":[]},{}]}`,
			&everything.ForestResult{Kids: []everything.ForestResult{{Kids: []everything.ForestResult{}}, {}}}, ``},
		{"definitions of its own", &everything.WithDefinitions{}, `{"inner":{"v":"x"}}`, nil, ``},
		{"definitions of its own, of the same names", &everything.WithOtherDefinitions{}, `{"inner":{"v":[1]}}`, nil, ``},
		{"allOf", &petstore.Pet{}, `{"name":"Rex","kind":"dog","id":8}`, &petstore.Pet{Name: "Rex", Kind: petstore.KindDog, ID: 8}, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := json.Unmarshal([]byte(test.text), test.into); err != nil {
				t.Fatal(err)
			}
			if test.want != nil && !reflect.DeepEqual(test.into, test.want) {
				t.Errorf("decoded is %+v, want %+v", test.into, test.want)
			}
			want := test.encoding
			if want == "" {
				want = test.text
			}
			if got, err := json.Marshal(test.into); err != nil || string(got) != want {
				t.Errorf("encoded is %s (%v), want %s", got, err, want)
			}
		})
	}
}

// TestClient speaks to a server over HTTP.
func TestClient(t *testing.T) {
	url := jsonrpctest.Script(t, `
		--> {"jsonrpc":"2.0","method":"list_pets","params":{"kind":"cat","limit":2},"id":1}
		<-- {"jsonrpc":"2.0","result":[{"id":7,"name":"Mittens","kind":"cat","born":"2024-05-01T08:00:00Z"}],"id":1}
		--> {"jsonrpc":"2.0","method":"list_pets","params":{},"id":2}
		<-- {"jsonrpc":"2.0","result":[],"id":2}
		--> {"jsonrpc":"2.0","method":"get_pet","params":[9],"id":3}
		<-- {"jsonrpc":"2.0","error":{"code":404,"message":"no","data":{"id":9}},"id":3}
		--> {"jsonrpc":"2.0","method":"create_pet","params":[{"name":"Rex","kind":"dog"}],"id":4}
		<-- {"jsonrpc":"2.0","result":8,"id":4}
		--> {"jsonrpc":"2.0","method":"pet_seen","params":[8,"roof"]}
		<-- 
		--> {"jsonrpc":"2.0","method":"rename","params":[8,"Rexy"],"id":5}
		<-- {"jsonrpc":"2.0","result":null,"id":5}
	`)
	caller, err := jsonrpc.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = caller.Close() }()
	client := petstore.New(caller)
	pets, err := client.ListPets(t.Context(), &petstore.ListPetsOptions{Limit: new(int64(2)), Kind: new(petstore.KindCat)})
	if err != nil || len(pets) != 1 || !pets[0].Born.Equal(time.Date(2024, 5, 1, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("the pets are %+v, %v", pets, err)
	}
	if none, err := client.ListPets(t.Context(), nil); err != nil || none == nil || len(none) != 0 {
		t.Errorf("the pets are %+v, %v", none, err)
	}
	_, err = client.GetPet(t.Context(), 9)
	var said *jsonrpc.Error
	if !errors.Is(err, petstore.ErrNoSuchPet) || errors.Is(err, petstore.ErrClosed) || !errors.As(err, &said) {
		t.Fatalf("the error is %v", err)
	}
	if data, err := jsonrpc.DataAs[petstore.NoSuchPetData](said); err != nil || data.ID != 9 {
		t.Errorf("the error's data is %+v, %v", data, err)
	}
	if id, err := client.CreatePet(t.Context(), petstore.NewPet{Name: "Rex", Kind: petstore.KindDog}, nil); err != nil || id != 8 {
		t.Errorf("the id is %d, %v", id, err)
	}
	if err := client.PetSeen(t.Context(), 8, "roof"); err != nil {
		t.Error(err)
	}
	if err := client.Rename(t.Context(), 8, "Rexy"); err != nil {
		t.Error(err)
	}
}

func TestMock(t *testing.T) {
	var api petstore.API = &petstore.Mock{
		GetPetFunc: func(_ context.Context, id petstore.PetID) (petstore.Pet, error) { return petstore.Pet{ID: id}, nil },
	}
	if pet, err := api.GetPet(t.Context(), 7); err != nil || pet.ID != 7 {
		t.Errorf("the pet is %+v, %v", pet, err)
	}
	if err := api.Rename(t.Context(), 7, "Tom"); jsonrpc.CodeOf(err) != jsonrpc.CodeMethodNotFound || err.Error() != "petstore.Mock has no RenameFunc (code -32601)" {
		t.Errorf("the error is %v", err)
	}
}
