// Package suggest finds what a mistyped word may have meant.
package suggest

// Nearest returns the candidate that word is most likely a misspelling of, or
// "". It is generous with long words, and strict with short ones, which are near
// to everything.
func Nearest(word string, candidates []string) (best string) {
	least := len(word)/3 + 1
	if len(word) > 40 {
		return "" // nobody mistypes that much, and the cost is quadratic
	}
	for _, c := range candidates {
		if d := distance(word, c); d < least || d == least && best == "" && len(word) > 3 {
			best, least = c, d
		}
	}
	return best
}

// distance is the number of letters to insert, remove, replace or swap with the
// next to turn a into b (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
