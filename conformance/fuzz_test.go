package conformance

import "testing"

// FuzzConformance is TestConformance with replies that the fuzzer finds.
func FuzzConformance(f *testing.F) {
	for number := range uint64(100) {
		g := newGenerator(number)
		i := g.IntN(len(requests))
		f.Add(g.reply(&requests[i]), uint8(i))
	}
	c := newComparison(f)
	f.Fuzz(func(t *testing.T, reply []byte, number uint8) {
		r := &requests[int(number)%len(requests)]
		for way := range uint64(3) {
			if _, err := c.compare(r, reply, way); err != nil {
				t.Errorf("request with %v: %v", r, err)
			}
		}
	})
}
