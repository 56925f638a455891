package complete

import (
	"fmt"
	"strings"
	"testing"

	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/openrpc"
)

// TestTangledSchemas: schemas that refer to one another in more ways than anybody
// can follow are looked into once each. Otherwise this would not end.
func TestTangledSchemas(t *testing.T) {
	var schemas strings.Builder
	for i := range 30 {
		next := fmt.Sprintf(`{"$ref":"#/components/schemas/A%d"}`, i+1)
		fmt.Fprintf(&schemas, `"A%d":{"anyOf":[%s%s]},`, i, strings.Repeat(next+",", 19), next)
	}
	document, err := openrpc.Parse([]byte(`{"openrpc":"1.3.2","methods":[{"name":"m","params":[{"name":"p","schema":{"$ref":"#/components/schemas/A0"}}]}],
		"components":{"schemas":{` + schemas.String() + `"A30":{"enum":["x","y"]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	d := &discover.Description{Via: discover.File, Document: document}
	if got := texts(Params(d, "m", nil, "p")); got != "p=" {
		t.Errorf("got %s", got)
	}
	if got := texts(Params(d, "m", nil, "p=")); got != "p=x | p=y" {
		t.Errorf("got %s", got)
	}
}
