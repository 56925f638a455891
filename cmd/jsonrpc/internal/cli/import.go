package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"example.com/jsonrpc/cmd/jsonrpc/internal/curlline"
	"example.com/jsonrpc/cmd/jsonrpc/internal/shell"
)

const importUsage = "import curl …"

// newImportCommand returns the command that turns a command line of curl's into
// one of this command.
func newImportCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use: importUsage, Short: "turn a command line of curl into one of this command", Long: importHelp,
		DisableFlagParsing: true, // the flags are curl's
		RunE: func(cmd *cobra.Command, args []string) error {
			words := make([]string, len(args))
			for i, arg := range args {
				words[i] = unprotect(arg)
			}
			if len(words) > 0 && (words[0] == "--help" || words[0] == "-h") {
				return cmd.Help()
			}
			line, err := importCurl(s, words)
			if err != nil {
				return err
			}
			return newOutput(s.process, false).text(line)
		},
	}
}

// importCurl reads the words of a command line, or one word that holds all of it.
func importCurl(s *session, words []string) (string, error) {
	var (
		call *curlline.Call
		err  error
	)
	switch {
	case len(words) == 0:
		return "", &usageError{"the command line is missing: write jsonrpc import in front of it"}
	case len(words) == 1 && words[0] == "@-":
		var text string
		if text, err = s.input.readStdin("the command line"); err == nil {
			call, err = curlline.Parse(text, s.process.Getenv)
		}
	case len(words) == 1:
		call, err = curlline.Parse(words[0], s.process.Getenv)
	case len(words) == 2 && words[0] == "curl" && strings.ContainsAny(words[1], " \n"):
		call, err = curlline.Parse(words[1], s.process.Getenv)
	case words[0] != "curl":
		return "", &usageError{fmt.Sprintf("%s: curl is the only tool whose command lines are known", shown(words[0]))}
	default:
		call, err = curlline.ParseWords(words)
	}
	if err != nil {
		return "", &usageError{"the command line of curl: " + err.Error()}
	}
	return imported(call), nil
}

// imported writes a call as a command line of this command.
func imported(c *curlline.Call) string {
	flags := importedFlags(c)
	if c.File != "" {
		return strings.Join(append(append([]string{"jsonrpc", "send"}, flags...), shell.Quote(c.URL), shell.Quote("@"+c.File)), " ")
	}
	single, ok := singleMessage(c.Body)
	if !ok {
		return strings.Join(append(append([]string{"jsonrpc", "send"}, flags...), shell.Quote(c.URL), shell.Quote(c.Body)), " ")
	}
	words := append([]string{"jsonrpc"}, flags...)
	if single.version != "2.0" {
		words = append(words, "--jsonrpc", "1.0")
	}
	switch {
	case single.id == nil:
		words = append(words, "--notify")
	case string(single.id) != "1":
		words = append(words, "--id", shell.Quote(string(single.id)))
	}
	words = append(words, shell.Quote(c.URL), shell.Quote(single.method))
	return strings.Join(append(words, paramWords(single.params)...), " ")
}

func importedFlags(c *curlline.Call) (words []string) {
	add := func(flag, value string) {
		if value != "" {
			words = append(words, flag, shell.Quote(value))
		}
	}
	for _, h := range c.Headers {
		add("--header", h.Name+": "+h.Value)
	}
	add("--user", c.User)
	if c.Digest {
		words = append(words, "--digest")
	}
	add("--bearer", c.Bearer)
	if c.Insecure {
		words = append(words, "--insecure")
	}
	add("--cacert", c.CACert)
	add("--cert", c.Cert)
	add("--key", c.Key)
	if c.Proxy != "" && !strings.Contains(c.Proxy, "://") {
		c.Proxy = "http://" + c.Proxy
	}
	add("--proxy", c.Proxy)
	if c.Timeout != "" {
		add("--timeout", c.Timeout+"s")
	}
	return words
}

// A message that a call of this command sends again, but for spaces.
type importedMessage struct {
	version, method string
	params, id      json.RawMessage
}

// singleMessage reads one request or notification. One that is not quite that is
// left as it is.
func singleMessage(text string) (m importedMessage, ok bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &members) != nil {
		return m, false
	}
	for name, value := range members {
		switch name {
		case "jsonrpc":
			ok = json.Unmarshal(value, &m.version) == nil && (m.version == "2.0" || m.version == "1.0")
		case "method":
			ok = json.Unmarshal(value, &m.method) == nil && m.method != "" && !strings.HasPrefix(m.method, "-") && sayable(m.method)
		case "params":
			m.params = value
			ok = bytes.HasPrefix(value, []byte("[")) || bytes.HasPrefix(value, []byte("{"))
		case "id":
			m.id = value
			ok = !bytes.ContainsAny(value[:1], "n[{tf")
		default:
			ok = false
		}
		if !ok {
			return m, false
		}
	}
	return m, m.method != "" && (m.version != "" || m.id != nil)
}
