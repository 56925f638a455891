package jsonrpctest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.com/jsonrpc/internal/suggest"
)

// singleCall returns the request or notification in a message, nil if it is
// neither.
func singleCall(text []byte) *Call {
	if checkJSON(text) != nil || !oneOf(text, "{") {
		return nil
	}
	r, problem := parseRequest(text)
	if problem != "" {
		return nil
	}
	c := newCall(r, nil)
	return &c
}

// explain says that a message is not in the recording, and what comes near it.
func (p *Player) explain(text []byte) string {
	const none = "the recording has no such call: "
	text = p.mask.text(text)
	sent := singleCall(text)
	if sent == nil {
		return none + show(json.RawMessage(text)) + p.methods("")
	}
	var b strings.Builder
	b.WriteString(none + sent.String())
	shown := 0
	for _, r := range p.order {
		if r.call == nil || r.call.Method != sent.Method {
			continue
		}
		if shown++; shown > maxShown {
			b.WriteString("\n  …")
			break
		}
		fmt.Fprintf(&b, "\n  it has %s", r.call)
		if r.call.Notification() != sent.Notification() {
			b.WriteString("\n    one of them is a notification")
		}
		for _, d := range differences(sent.Params, r.call.Params) {
			fmt.Fprintf(&b, "\n    %s", d)
		}
	}
	if shown == 0 {
		b.WriteString(p.methods(sent.Method))
	}
	return b.String()
}

// methods tells which ones are in the recording, and which of them is the nearest
// to one that is not.
func (p *Player) methods(unknown string) string {
	var names []string
	for _, r := range p.order {
		if r.call != nil && !slices.Contains(names, r.call.Method) {
			names = append(names, r.call.Method)
		}
	}
	if names == nil {
		return ""
	}
	text := "\n  it has calls of " + strings.Join(names, ", ")
	if near := suggest.Nearest(unknown, names); near != "" {
		text += "\n  the nearest is " + near
	}
	return text
}
