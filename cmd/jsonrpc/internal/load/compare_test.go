package load

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestCompare(t *testing.T) {
	const rounds = 12
	source := rand.New(rand.NewPCG(1, 2))
	pairs := func(factor float64) (a, b []float64) {
		for range rounds {
			shared := 100 * (1 + 0.3*source.Float64()) // a noisy machine is noisy for both
			a = append(a, shared*(1+0.02*source.NormFloat64()))
			b = append(b, shared*factor*(1+0.02*source.NormFloat64()))
		}
		return a, b
	}
	for _, factor := range []float64{1.1, 0.9, 2} {
		c := Compare(pairs(factor))
		if !c.Real() || math.Abs(c.Ratio-factor) > 0.03*factor || c.Rounds != rounds {
			t.Errorf("a factor of %v: %+v", factor, c)
		}
	}
	wrong := 0
	for range 200 {
		if Compare(pairs(1)).Real() {
			wrong++
		}
	}
	if wrong > 8 { // two are expected
		t.Errorf("without a difference: found one in %d of 200", wrong)
	}
}

func TestCompareTooLittle(t *testing.T) {
	tests := []struct{ a, b []float64 }{
		{nil, nil},
		{[]float64{1, 2, 3}, []float64{2, 4, 6}},
		{[]float64{0, 0}, []float64{1, 1}},
	}
	for _, test := range tests {
		if c := Compare(test.a, test.b); c.Real() {
			t.Errorf("%v %v: %+v", test.a, test.b, c)
		}
	}
	same := []float64{5, 5, 5, 5, 5, 5, 5, 5}
	if c := Compare(same, same); c.Real() || c.Ratio != 1 {
		t.Errorf("%+v", c)
	}
}
