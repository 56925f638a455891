package conformance

import (
	"encoding/json"
	"fmt"

	"example.com/jsonrpc"
)

// A request is what a reply has to answer: one request, or a batch.
type request struct {
	ids   []string // as JSON; "" is a notification
	batch bool
}

// requests are those that replies are drawn for. Their order is part of the fuzz
// corpus.
var requests = []request{
	single(`1`), single(`0`), single(`-7`), single(`2147483648`), single(`9007199254740993`),
	single(`9223372036854775807`), single(`-9223372036854775808`), single(`12345678901234567890`),
	single(`"1"`), single(`""`), single(`"a"`), single(`"null"`), single(`"é\"\\\n\u2028😀"`), single(`"�"`),
	single(`1.5`), single(`1e2`), single(`1.0`), single(`null`),
	batch(`1`), batch(`1`, `2`), batch(`1`, `2`, `3`), batch(`1`, ``, `2`), batch(`"a"`, `"b"`), batch(`"a"`, `"A"`, ``),
	batch(`1`, `"1"`), batch(`"1"`, `1`, `-1`), batch(`1`, `10`, `100`, `1000`), batch(``, `"x"`),
	batch(`9007199254740993`, `9007199254740992`), batch(`1`, `1.0`, `1.00`), batch(`12345678901234567890`, `"12345678901234567890"`),
}

func single(id string) request    { return request{ids: []string{id}} }
func batch(ids ...string) request { return request{ids: ids, batch: true} }
func (r *request) String() string { return fmt.Sprintf("ids %q (batch: %t)", r.ids, r.batch) }
func (r *request) id(i int) jsonrpc.ID {
	var id jsonrpc.ID
	if err := json.Unmarshal([]byte(r.ids[i]), &id); err != nil {
		panic(err)
	}
	return id
}

// message returns the request as the client sends it.
func (r *request) message() jsonrpc.Message {
	if !r.batch {
		return jsonrpc.Request{Method: "m", ID: r.id(0)}
	}
	var b jsonrpc.Batch
	for i, id := range r.ids {
		if id == "" {
			b.Notify("n", nil)
			continue
		}
		b.Add(jsonrpc.Request{Method: "m", ID: r.id(i)})
	}
	return &b
}

// find returns the index of the request that the response has the id of, or -1.
func (r *request) find(response response) int {
	for i, id := range r.ids {
		if id != "" && sameID(response.id, id) {
			return i
		}
	}
	return -1
}

// decoded returns the value of a JSON string.
func decoded(text string) (s string) {
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		panic(err)
	}
	return s
}
