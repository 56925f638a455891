package support

// affordable returns those of the types that a value is tried for, of a type whose
// values can have others of it in them. Each level would be tried again for each
// type of the one around it, so that the time doubles with every level: of a value
// that is nested deeper than a few, only the type that fits best is tried.
func affordable(data []byte, types []int) []int {
	const deepest = 4
	if len(types) < 2 {
		return types
	}
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > deepest {
				return types[:1]
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return types
}
