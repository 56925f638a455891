package support

// Match tells the generator which of several types a value is taken for, those that
// fit best first. It is not copied.
func Match(data []byte, shapes []Shape) []int { return match(data, shapes) }

// A Shape is what a value of a type looks like, made by NewShape.
type Shape = shape

// NewShape returns a shape of the type of that number.
func NewShape(of int, kinds string, required, known []string, values map[string][]string) Shape {
	return Shape{of: of, kinds: kinds, required: required, known: known, values: values}
}
