package jsonrpc_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"

	"example.com/jsonrpc"
)

func TestIDGenerators(t *testing.T) {
	own := 0
	tests := map[string]struct {
		generator jsonrpc.IDGenerator
		want      []string // patterns
	}{
		"decimal":          {jsonrpc.Decimal(1), []string{`1`, `2`, `3`}},
		"decimal from 41":  {jsonrpc.Decimal(41), []string{`41`, `42`}},
		"decimal negative": {jsonrpc.Decimal(-1), []string{`-1`, `0`, `1`}},
		"hex":              {jsonrpc.Hex(1), []string{`"1"`, `"2"`}},
		"hex from 9":       {jsonrpc.Hex(9), []string{`"9"`, `"a"`, `"b"`}},
		"hex from ff":      {jsonrpc.Hex(0xff), []string{`"ff"`, `"100"`}},
		"random":           {jsonrpc.Random(), []string{`"[0-9a-z]{8}"`, `"[0-9a-z]{8}"`}},
		"uuid": {jsonrpc.UUID(), []string{
			`"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"`,
			`"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"`,
		}},
		"a function": {func() jsonrpc.ID { own += 10; return jsonrpc.IntID(int64(own)) }, []string{`10`, `20`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client := converse(t, ``, jsonrpc.WithIDs(test.generator))
			for _, want := range test.want {
				r := client.NewRequest("go", nil)
				if !regexp.MustCompile("^" + want + "$").MatchString(r.ID.String()) {
					t.Errorf("id %v, want %s", r.ID, want)
				}
			}
		})
	}
}

func TestIDGeneratorsAreSafeForConcurrentUse(t *testing.T) {
	for name, generator := range map[string]jsonrpc.IDGenerator{
		"decimal": jsonrpc.Decimal(1), "hex": jsonrpc.Hex(1), "random": jsonrpc.Random(), "uuid": jsonrpc.UUID(),
	} {
		t.Run(name, func(t *testing.T) {
			const goroutines, each = 8, 500
			drawn := make([][]jsonrpc.ID, goroutines)
			var wg sync.WaitGroup
			for i := range drawn {
				wg.Go(func() {
					for range each {
						drawn[i] = append(drawn[i], generator())
					}
				})
			}
			wg.Wait()
			seen := map[jsonrpc.ID]bool{}
			for _, ids := range drawn {
				for _, id := range ids {
					seen[id] = true
				}
			}
			if len(seen) != goroutines*each {
				t.Errorf("%d different ids of %d", len(seen), goroutines*each)
			}
		})
	}
}

func TestClientsDoNotShareIDs(t *testing.T) {
	one, two := converse(t, ``), converse(t, ``)
	one.NewRequest("go", nil)
	if r := two.NewRequest("go", nil); r.ID != jsonrpc.IntID(1) {
		t.Error(r)
	}
}

func TestIDsOfOnesOwn(t *testing.T) {
	client := converse(t, `
		--> {"jsonrpc":"2.0","method":"get","id":"Request #1"}
		<-- {"jsonrpc":"2.0","result":1,"id":"Request #1"}
		--> {"jsonrpc":"2.0","method":"get","id":""}
		<-- {"jsonrpc":"2.0","result":1,"id":""}
		--> {"jsonrpc":"2.0","method":"get","id":-7}
		<-- {"jsonrpc":"2.0","result":1,"id":-7}
		--> {"jsonrpc":"2.0","method":"get","id":12345678901234567890123}
		<-- {"jsonrpc":"2.0","result":1,"id":12345678901234567890123}
		--> {"jsonrpc":"2.0","method":"get","id":null}
		<-- {"jsonrpc":"2.0","result":1,"id":null}
		--> {"jsonrpc":"2.0","method":"get","id":"a\"é\n"}
		<-- {"jsonrpc":"2.0","result":1,"id":"a\u0022\u00e9\u000a"}
		--> {"jsonrpc":"2.0","method":"get","id":"`+"\ufffd"+`"}
		<-- {"jsonrpc":"2.0","result":1,"id":"`+"\ufffd"+`"}
		# The generator goes on where it was: no id was drawn for these.
		--> {"jsonrpc":"2.0","method":"get","id":1}
		<-- {"jsonrpc":"2.0","result":1,"id":1}
	`)
	for _, id := range []jsonrpc.ID{
		jsonrpc.StringID("Request #1"), jsonrpc.StringID(""), jsonrpc.IntID(-7),
		parseID(t, `12345678901234567890123`), parseID(t, `null`), jsonrpc.StringID("a\"é\n"),
		jsonrpc.StringID("\xff"), {},
	} {
		if err := client.Call(t.Context(), "get", nil, nil, jsonrpc.WithID(id)); err != nil {
			t.Error(err)
		}
	}
}

func parseID(t *testing.T, text string) jsonrpc.ID {
	t.Helper()
	id, err := jsonrpc.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestIDsAreComparableValues(t *testing.T) {
	equal := map[jsonrpc.ID]jsonrpc.ID{
		jsonrpc.IntID(1):                  parseID(t, `1`),
		jsonrpc.IntID(-1):                 parseID(t, `-1`),
		jsonrpc.IntID(1<<63 - 1):          parseID(t, `9223372036854775807`),
		jsonrpc.StringID("1"):             parseID(t, `"1"`),
		jsonrpc.StringID("é"):             parseID(t, `"\u00e9"`),
		jsonrpc.StringID("😀"):             parseID(t, `"\ud83d\ude00"`),
		jsonrpc.StringID(""):              parseID(t, `""`),
		parseID(t, `1.5`):                 parseID(t, `1.5`),
		parseID(t, `null`):                parseID(t, `null`),
		parseID(t, `9223372036854775808`): parseID(t, `9223372036854775808`),
	}
	for a, b := range equal {
		if a != b {
			t.Errorf("%v != %v", a, b)
		}
		text, err := json.Marshal(a)
		var back jsonrpc.ID
		if err2 := json.Unmarshal(text, &back); err != nil || err2 != nil || back != a {
			t.Errorf("%v became %s and then %v (%v, %v)", a, text, back, err, err2)
		}
	}
	for _, pair := range [][2]string{{`1`, `"1"`}, {`null`, `""`}, {`1`, `1.0`}, {`0`, `-0`}} {
		if parseID(t, pair[0]) == parseID(t, pair[1]) {
			t.Errorf("%s == %s", pair[0], pair[1])
		}
	}
	if id := (jsonrpc.ID{}); !id.IsZero() || id.String() != "" || id.IsNull() {
		t.Errorf("the zero ID is %q", id)
	}
}

func TestParseIDRefusesWhatIsNoID(t *testing.T) {
	for _, text := range []string{``, ` 1`, `1 `, `01`, `+1`, `1.`, `.5`, `true`, `{}`, `[1]`, `"a`, `nul`, "\"\x00\"", `"` + strings.Repeat("a", 5000) + `"`} {
		if id, err := jsonrpc.ParseID(text); err == nil {
			t.Errorf("%.20q is the id %v", text, id)
		}
	}
	_, err := jsonrpc.ParseID(`true`)
	wantError(t, err, `not sent: id "true": an id is a JSON string, number or null`)
}

func TestGeneratorThatDrawsNothingIsRefused(t *testing.T) {
	client := converse(t, ``, jsonrpc.WithIDs(func() jsonrpc.ID { return jsonrpc.ID{} }))
	wantError(t, client.Call(t.Context(), "get", nil, nil),
		"jsonrpc: get at test:: not sent: the id generator returned the zero ID, which would make a notification of the request")
	var b jsonrpc.Batch
	b.Add(jsonrpc.Request{Method: "get"})
	_, err := client.Send(t.Context(), &b)
	as[*jsonrpc.MessageError](t, err)
	_, err = jsonrpc.NewClient(says(``), jsonrpc.WithIDs(nil))
	wantError(t, err, "jsonrpc: not sent: the id generator is nil")
}
