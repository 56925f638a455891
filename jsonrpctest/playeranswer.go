package jsonrpctest

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
)

// answer returns what was recorded, for a message of the same kind.
func (e *Recorded) answer(text []byte, onStream bool, ids idMap) *outgoing {
	out := &outgoing{status: e.Status, header: e.Header}
	switch {
	case e.Stream > 0 && onStream:
		for _, reply := range e.Replies {
			out.messages = append(out.messages, ids.in(reply))
		}
	case e.Stream > 0: // over HTTP there is a place for the answer alone
		for _, reply := range e.Replies {
			if isResponse(reply) && out.messages == nil {
				out.messages = [][]byte{ids.in(reply)}
			}
		}
	case len(e.Replies) > 0:
		out.messages = [][]byte{ids.inBody(e.Replies[0])}
	}
	if e.Stream == 0 && onStream {
		out.messages = onStreamOf(out, text)
		out.status, out.header = 0, nil
	}
	return out
}

// onStreamOf returns the messages of a body: those of an event stream, or itself.
// A page in place of an answer is an error with the status as its code.
func onStreamOf(out *outgoing, text []byte) (messages [][]byte) {
	if out.messages == nil {
		return nil
	}
	body := out.messages[0]
	if strings.HasPrefix(out.header.Get("Content-Type"), "text/event-stream") {
		for line := range strings.Lines(string(body)) {
			if data, ok := strings.CutPrefix(line, "data:"); ok {
				messages = append(messages, []byte(strings.TrimSpace(data)))
			}
		}
		return messages
	}
	if out.status/100 > 2 && checkJSON(body) != nil {
		if reply := refusal(text, int64(out.status), http.StatusText(out.status)); reply != nil {
			return [][]byte{reply}
		}
		return nil
	}
	return [][]byte{body}
}

// idMap has the ids of a message by those of the one that was recorded.
type idMap map[string]string

func newIDs(recorded, now []string) idMap {
	m := idMap{}
	for i := range min(len(recorded), len(now)) {
		m[recorded[i]] = now[i]
	}
	return m
}

// in returns a reply with the ids that the message has. An id that the server
// wrote in a way of its own, "1" or 1.0 for 1, stays one.
func (m idMap) in(text []byte) []byte {
	return replaceIDs(text, func(id string) string {
		if now, ok := m[id]; ok {
			return now
		}
		for recorded, now := range m {
			if recorded == now || recorded[0] == '"' || now[0] == '"' {
				continue
			}
			switch id {
			case strconv.Quote(recorded):
				return strconv.Quote(now)
			case recorded + ".0":
				return now + ".0"
			}
		}
		return id
	})
}

// inBody does so with a body, which may be an event stream.
func (m idMap) inBody(body []byte) []byte {
	mark, body := cutMark(body)
	if checkJSON(body) == nil {
		return append(mark, m.in(body)...)
	}
	lines := bytes.SplitAfter(body, []byte("\n"))
	for i, line := range lines {
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			lines[i] = append([]byte("data:"), m.in(data)...)
		}
	}
	return append(mark, bytes.Join(lines, nil)...)
}

// greeting is what goes to a client that connects.
func (p *Player) greeting() [][]byte { return p.opening }

// told is what goes to a client that has answered a request of the server's.
func (p *Player) told(peer *Peer, text []byte) (messages [][]byte) {
	ids := idsIn(text)
	if len(ids) == 0 {
		return nil
	}
	peer.mu.Lock()
	defer peer.mu.Unlock()
	for _, reply := range p.after[ids[0]] {
		messages = append(messages, peer.ids.in(reply))
	}
	return messages
}
