package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
)

// ids says how the ids of requests are drawn.
type ids struct{ form string }

func (o *ids) addFlags(cmd *cobra.Command) {
	o.form = "decimal"
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&text{value: &o.form, kind: "FORM", check: func(arg string) error {
			_, err := (&ids{arg}).generator()
			return err
		}}, "ids", "draw ids in this form: decimal, hex, random or uuid")
	})
	completeWith(cmd, "ids", func() []string { return []string{"decimal", "hex", "random", "uuid"} })
}

func (o *ids) generator() (jsonrpc.IDGenerator, error) {
	switch o.form {
	case "decimal":
		return jsonrpc.Decimal(1), nil
	case "hex":
		return jsonrpc.Hex(1), nil
	case "random":
		return jsonrpc.Random(), nil
	case "uuid":
		return jsonrpc.UUID(), nil
	}
	return nil, &usageError{fmt.Sprintf("%s is none of decimal, hex, random and uuid", shown(o.form))}
}

// parseID reads the value of --id: JSON if it is a number, a quoted text or
// null, otherwise a text.
func parseID(arg string) (jsonrpc.ID, error) {
	if arg == "" {
		return jsonrpc.ID{}, &usageError{`--id is empty: write '""' if the id is to be an empty text`}
	}
	if json.Valid([]byte(arg)) && !strings.ContainsAny(arg[:1], "tf{[ \t\r\n") {
		id, err := jsonrpc.ParseID(arg)
		if err != nil {
			return id, &usageError{"--id: " + err.Error()}
		}
		return id, nil
	}
	return jsonrpc.StringID(arg), nil
}
