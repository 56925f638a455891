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
		if c.Low > c.Ratio || c.High < c.Ratio || c.Low < 0.95*factor || c.High > 1.05*factor {
			t.Errorf("a factor of %v: from %v to %v", factor, c.Low, c.High)
		}
		if !c.Real || math.Abs(c.Ratio-factor) > 0.03*factor || c.Rounds != rounds {
			t.Errorf("a factor of %v: %+v", factor, c)
		}
	}
	wrong := 0
	for range 200 {
		if Compare(pairs(1)).Real {
			wrong++
		}
	}
	if wrong > 8 { // two are expected
		t.Errorf("without a difference: found one in %d of 200", wrong)
	}
}

// Where there are too many choices of signs for all to be tried.
func TestCompareManyRounds(t *testing.T) {
	source := rand.New(rand.NewPCG(3, 4))
	missed := 0
	for range 20 {
		var a, b, c []float64
		for range 60 {
			a = append(a, 1+0.1*source.NormFloat64())
			b = append(b, 1+0.1*source.NormFloat64())
			c = append(c, 1.1*(1+0.1*source.NormFloat64()))
		}
		if r := Compare(a, c); !r.Real || r.Rounds != 60 {
			t.Errorf("%+v", r)
		}
		if r := Compare(a, b); r.Low > 1 || r.High < 1 {
			missed++
		}
	}
	if missed > 4 { // one is expected
		t.Errorf("%d of 20 intervals do not hold the ratio", missed)
	}
}

func TestOutside(t *testing.T) {
	// From tables of the sign test, 5 % on both sides.
	for n, want := range map[int]int{1: 0, 5: 0, 6: 0, 8: 0, 9: 1, 10: 1, 12: 2, 15: 3, 20: 5, 25: 7, 100: 39} {
		if got := outside(n); got != want {
			t.Errorf("%d of %d, want %d", got, n, want)
		}
	}
}

func TestCompareTooLittle(t *testing.T) {
	tests := []struct{ a, b []float64 }{
		{nil, nil},
		{[]float64{1, 2, 3}, []float64{2, 4, 6}},
		{[]float64{0, 0}, []float64{1, 1}},
	}
	for _, test := range tests {
		if c := Compare(test.a, test.b); c.Real {
			t.Errorf("%v %v: %+v", test.a, test.b, c)
		}
	}
	same := []float64{5, 5, 5, 5, 5, 5, 5, 5}
	if c := Compare(same, same); c.Real || c.Ratio != 1 {
		t.Errorf("%+v", c)
	}
}
