package jsonrpc

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

// What appendValue writes by itself must be what the engine would have written.
func TestAppendValueIsTheEngines(t *testing.T) {
	for _, v := range []any{
		nil, true, false, 0, -1, math.MaxInt, math.MinInt64, int64(7), uint64(math.MaxUint64), 1.5, float32(0.1), 1e300,
		"", "Mittens", `"\/`, "\x00\x1f\x7f", "<b>&", "\u2028\u2029", "é€😀", "a\xffb", "\xed\xa0\x80",
		[]int{1}, []int(nil), map[string]any{"b": 1, "a": nil}, struct{ A int }{1}, json.Number("1.50"), json.RawMessage(`{"x": 1}`),
		time.Unix(0, 0).UTC(), []byte("raw"), (*int)(nil),
	} {
		want, err := encode(v)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := appendValue(nil, v); err != nil || string(got) != string(want) {
			t.Errorf("%T %v: %s (%v), want %s", v, v, got, err, want)
		}
		args, err := encode([]any{v, map[string]any{"n": v, "a": 1}})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := appendValue(nil, Args{v, Named{"n": v, "a": 1}}); err != nil || string(got) != string(args) {
			t.Errorf("%T %v: %s (%v), want %s", v, v, got, err, args)
		}
	}
}
