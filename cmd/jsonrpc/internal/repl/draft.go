package repl

import (
	"encoding/json"
	"errors"
	"strings"
)

// A Draft is a statement that is written line by line. It does not read again what
// it has read of JSON, which can have any number of lines.
type Draft struct {
	text strings.Builder
	open *openJSON // nil if something else is open
}

// openJSON is the ErrUnfinished of JSON: what is before the last left bytes is read,
// and within as many arrays and objects as depth says.
type openJSON struct{ left, depth int }

func (*openJSON) Error() string        { return ErrUnfinished.Error() }
func (*openJSON) Is(target error) bool { return target == ErrUnfinished }

// Add adds a line and returns the statement, or ErrUnfinished if it goes on in the
// next one. Last is that of Parse.
func (d *Draft) Add(line string, last json.RawMessage) (*Statement, error) {
	if d.text.Len() > 0 {
		d.text.WriteByte('\n')
	}
	before := d.text.Len()
	d.text.WriteString(line)
	if d.open != nil {
		from := before - 1 - d.open.left // the line break counts too
		_, err := jsonEnd(d.String(), from, d.open.depth)
		if errors.As(err, &d.open) {
			return nil, ErrUnfinished
		}
	}
	statement, err := Parse(d.String(), last)
	d.open = nil
	if errors.As(err, &d.open) {
		err = ErrUnfinished
	}
	return statement, err
}

// String returns what was added.
func (d *Draft) String() string { return d.text.String() }

// Len returns the number of bytes that were added.
func (d *Draft) Len() int { return d.text.Len() }
