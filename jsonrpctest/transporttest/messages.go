package transporttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// messages are valid JSON, and each is hard on some way to tell messages apart.
func messages() [][]byte {
	return [][]byte{
		[]byte(`{}`),
		[]byte(`[]`),
		[]byte(`{"jsonrpc":"2.0","method":"ping","id":1}`),
		[]byte(`[{"jsonrpc":"2.0","result":"","id":1},{"jsonrpc":"2.0","result":[[]],"id":2}]`),
		[]byte("{\"s\":\"a\u2028b\u2029c\u0085d\ufeffe\"}"),                           // line ends and a byte order mark elsewhere
		[]byte("{\n\t\"lines\": [\r\n\r\n 1,\n\n 2]\r\n}"),                            // line ends that mean nothing
		[]byte(`{"s":"Content-Length: 2\r\n\r\n[]\n2:[],"}`),                          // frames in a string
		[]byte(`{"}":"]","\\":"\"}{","[":"\\\"","{":["{"]}`),                          // brackets and quotes in strings
		[]byte("{\"s\":\"\x7f\\u0000\\u001b é 日本 \U0001f600 \uffff \U0010ffff\"}"),    // every length of UTF-8
		[]byte(`{"pad":"` + strings.Repeat("x", 1<<20) + `"}`),                        // long, in one piece
		[]byte("[" + strings.Repeat("[1, -2.5e3, {\"a\":null}],\n", 8_000) + "true]"), // long, in many
		[]byte(`{"last":true}`),
	}
}

// A numbered message is one of many by a writer.
type numbered struct {
	Writer int    `json:"writer"`
	Number int    `json:"number"`
	Pad    string `json:"pad"`
}

// message returns n as JSON, with a pad of so many bytes.
func (n numbered) message(pad int) []byte {
	return fmt.Appendf(nil, `{"writer":%d,"number":%d,"pad":%q}`, n.Writer, n.Number, bytes.Repeat([]byte{'a' + byte(n.Number%26)}, pad))
}

// parseNumbered reads what message wrote, and checks that all of it is there.
func parseNumbered(msg []byte) (n numbered, err error) {
	if err := json.Unmarshal(msg, &n); err != nil {
		return n, fmt.Errorf("the peer received %s, which no Write has sent: %w", brief(msg), err)
	}
	if strings.Trim(n.Pad, string(rune('a'+n.Number%26))) != "" {
		return n, fmt.Errorf("the peer received %s, which no Write has sent", brief(msg))
	}
	return n, nil
}
