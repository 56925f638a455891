package render

import (
	"fmt"
	"strings"
	"testing"

	"example.com/jsonrpc/openrpc"
)

// TestTangledSchemas: of schemas that refer to one another in more ways than anybody
// can follow, so many are looked into and no more. Otherwise this would not end.
func TestTangledSchemas(t *testing.T) {
	for _, keyword := range []string{"anyOf", "allOf"} {
		var schemas strings.Builder
		for i := range 30 {
			next := fmt.Sprintf(`{"$ref":"#/components/schemas/A%d"}`, i+1)
			fmt.Fprintf(&schemas, `"A%d":{"%s":[%s%s]},`, i, keyword, strings.Repeat(next+",", 19), next)
		}
		doc, err := openrpc.Parse([]byte(`{"openrpc":"1.3.2","methods":[{"name":"m","params":[{"name":"p","schema":{"$ref":"#/components/schemas/A0"}}]}],
			"components":{"schemas":{` + schemas.String() + `"A30":{"enum":["x"]}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		fields := Params(doc.Method("m"))
		if len(fields) != 1 || fields[0].Name != "p" || fields[0].Type != "A0" || len(fields[0].Fields) != 0 {
			t.Errorf("%s: %+v", keyword, fields)
		}
	}
}
