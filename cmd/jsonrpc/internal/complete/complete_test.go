package complete

import (
	"os"
	"strings"
	"testing"

	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/internal/recorded"
	"example.com/jsonrpc/openrpc"
)

const pets = `{"openrpc":"1.3.2","info":{"title":"Pets","version":"1"},"methods":[
	{"name":"pet.feed","summary":"Feeds a pet.","params":[
		{"name":"food","required":true,"summary":"What it eats.","schema":{"enum":["fish","dry food","42","@mouse"]}},
		{"name":"kg","schema":{"type":"number","default":1.50}},
		{"name":"warm","schema":{"type":"boolean"}},
		{"name":"bowl","schema":{"$ref":"#/components/schemas/Bowl"}},
		{"name":"a=b","schema":{}}]},
	{"name":"pet.find","paramStructure":"by-position","params":[{"name":"kind","schema":{"oneOf":[{"const":"cat"},{"const":"dog"},{"type":"null","const":null}]}},{"name":"kg","schema":{"type":"number"}}]},
	{"name":"nap","params":[]}],
	"components":{"schemas":{"Bowl":{"type":"object","properties":{"in":{"$ref":"#/components/schemas/Bowl"}}}}}}`

func describe(t *testing.T) *discover.Description {
	t.Helper()
	document, err := openrpc.Parse([]byte(pets))
	if err != nil {
		t.Fatal(err)
	}
	return &discover.Description{Via: discover.File, Document: document}
}

func texts(candidates []Candidate) string {
	all := make([]string, len(candidates))
	for i, c := range candidates {
		all[i] = c.Text
	}
	return strings.Join(all, " | ")
}

func TestMethods(t *testing.T) {
	d := describe(t)
	for begun, want := range map[string]string{"": "pet.feed | pet.find | nap", "pet.fe": "pet.feed", "x": ""} {
		if got := texts(Methods(d, begun)); got != want {
			t.Errorf("%q: %s, want %s", begun, got, want)
		}
	}
	if got := Methods(d, "pet.fe")[0].About; got != "Feeds a pet." {
		t.Errorf("about: %q", got)
	}
	if Methods(nil, "") != nil || Params(nil, "nap", nil, "") != nil {
		t.Error("something is known of nothing")
	}
}

func TestParams(t *testing.T) {
	d := describe(t)
	for _, test := range []struct{ method, before, begun, want string }{
		{"pet.feed", "", "f", "fish | food="},
		{"pet.feed", "", "", `fish | dry food | "42" | @mouse | food= | kg:= | warm:= | bowl:=`},
		{"pet.feed", "food=fish", "", "kg:= | warm:= | bowl:="},
		{"pet.feed", "fish", "", "1.50 | kg:= | warm:= | bowl:="},
		{"pet.feed", "fish 1", "t", "true"},
		{"pet.feed", "", "food=", "food=fish | food=dry food | food=42"},
		{"pet.feed", "", "food=f", "food=fish"},
		{"pet.feed", "food=fish", "food=", ""},
		{"pet.feed", "", "warm:=", "warm:=true | warm:=false"},
		{"pet.feed", "", "kg:=", "kg:=1.50"},
		{"pet.feed", "", "bowl:=", ""},
		{"pet.feed", "", "other=", ""},
		{"pet.find", "", "", `cat | dog | null`},
		{"pet.find", "cat", "", ""},
		{"pet.find", "cat 1 2", "", ""},
		{"nap", "", "", ""},
		{"nothing", "", "", ""},
	} {
		if got := texts(Params(d, test.method, strings.Fields(test.before), test.begun)); got != test.want {
			t.Errorf("%s %s %s▮: %s, want %s", test.method, test.before, test.begun, got, test.want)
		}
	}
	if got := Params(d, "pet.feed", nil, "food")[0].About; got != `"fish" | "dry food" | "42" | "@mouse", required: What it eats.` {
		t.Errorf("about: %s", got)
	}
}

// TestReal: of each real document, each method and each of its params can be
// completed.
func TestReal(t *testing.T) {
	for _, file := range recorded.Documents(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		document, err := openrpc.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		d := &discover.Description{Document: document}
		for _, m := range document.Methods {
			if len(Methods(d, m.Name)) == 0 {
				t.Errorf("%s: %s is not found", file, m.Name)
			}
			for _, p := range m.Params {
				for _, c := range Params(d, m.Name, nil, p.Name) {
					if c.Open {
						Params(d, m.Name, nil, c.Text)
					}
				}
			}
		}
	}
}
