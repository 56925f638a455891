package demo

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

func cube(n decimal) decimal { return n.mul(n).mul(n) }

func subtract(minuend, subtrahend decimal) decimal {
	subtrahend.coefficient = new(big.Int).Neg(subtrahend.coefficient)
	return minuend.add(subtrahend)
}

func sum(numbers ...decimal) decimal {
	total := decimal{coefficient: new(big.Int)}
	for _, n := range numbers {
		total = total.add(n)
	}
	return total
}

// A decimal is a JSON number, coefficient × 10^exponent. A float64 would change
// 9007199254740993, and make 0.30000000000000004 of 0.1 + 0.2.
type decimal struct {
	coefficient *big.Int
	exponent    int
}

// maxDigits bounds the digits of a number, and its exponent, so that a short
// request cannot ask for hours of work.
const maxDigits = 1000

// UnmarshalJSON reads a number with all its digits.
func (d *decimal) UnmarshalJSON(text []byte) error {
	if text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return fmt.Errorf("got %.40s", text)
	}
	mantissa, power, found := strings.Cut(strings.ToLower(string(text)), "e")
	exponent := 0
	if found {
		var err error
		if exponent, err = strconv.Atoi(power); err != nil || exponent < -maxDigits || exponent > maxDigits {
			return fmt.Errorf("got %.40s, whose exponent is beyond %d", text, maxDigits)
		}
	}
	if len(mantissa) > maxDigits {
		return fmt.Errorf("got %.40s…, which has more than %d digits", text, maxDigits)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d.coefficient, _ = new(big.Int).SetString(whole+fraction, 10)
	d.exponent = exponent - len(fraction)
	return nil
}

// MarshalJSON writes all digits, without an exponent and without zeros at the
// end of a fraction.
func (d decimal) MarshalJSON() ([]byte, error) {
	if d.exponent >= 0 {
		return []byte(d.scaled(0).String()), nil
	}
	digits, negative := strings.CutPrefix(d.coefficient.String(), "-")
	if missing := 1 - d.exponent - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) + d.exponent
	text := digits[:point]
	if fraction := strings.TrimRight(digits[point:], "0"); fraction != "" {
		text += "." + fraction
	}
	if negative {
		text = "-" + text
	}
	return []byte(text), nil
}

// scaled returns the coefficient for an exponent that is not larger than d's.
func (d decimal) scaled(exponent int) *big.Int {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.exponent-exponent)), nil)
	return power.Mul(power, d.coefficient)
}

func (d decimal) add(e decimal) decimal {
	exponent := min(d.exponent, e.exponent)
	return decimal{new(big.Int).Add(d.scaled(exponent), e.scaled(exponent)), exponent}
}

func (d decimal) mul(e decimal) decimal {
	return decimal{new(big.Int).Mul(d.coefficient, e.coefficient), d.exponent + e.exponent}
}
