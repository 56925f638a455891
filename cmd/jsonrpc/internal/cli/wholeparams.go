package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// wholeParams is the flag that stands for all PARAMs.
type wholeParams struct{ value string }

func (o *wholeParams) addFlags(cmd *cobra.Command) {
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&text{value: &o.value, kind: "JSON"}, "params", "all params at once: an array or an object, or @FILE, or @- (stdin)")
	})
}

// read returns the params of the flag, if it was given, or those of the words;
// nil if there are none.
func (o *wholeParams) read(s *session, words []string, given bool) (any, error) {
	var text json.RawMessage
	switch {
	case given && len(words) > 0:
		return nil, &usageError{fmt.Sprintf("--params gives all params: leave out %s or --params", shown(words[0]))}
	case given:
		var err error
		if text, err = parseWholeParams(o.value, s.input); err != nil {
			return nil, err
		}
	default:
		p, err := parseParams(words, s.input)
		if err != nil {
			return nil, err
		}
		text = p.json()
	}
	if text == nil {
		return nil, nil
	}
	return text, nil
}
