package jsonrpc

import "example.com/jsonrpc/transport"

// asked are the requests with one id that make a subscription and have no reply yet,
// waited for or not: what was asked for is there at the server, and is to be taken back
// if the reply comes too late.
type asked struct {
	replies int                // that are due: an interceptor may send the request again
	late    func(reply []byte) // see asksOn
}

// asks reports whether m makes a subscription.
func asks(m *transport.Message) bool {
	x, ok := m.Info.(*Exchange)
	return ok && x.set != nil && x.set.stream.late != nil
}

// ask notes that m is about to be sent, if it makes a subscription.
func (l *link) ask(m *transport.Message) {
	if !asks(m) {
		return
	}
	x := m.Info.(*Exchange)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked == nil {
		l.asked = map[ID]*asked{}
	}
	a := l.asked[x.items[0].id]
	if a == nil {
		a = &asked{}
		l.asked[x.items[0].id] = a
	}
	a.replies++
	a.late = x.set.stream.late
}

// answeredLocked notes that a reply to the request with the id has come, or that none
// will, and returns who is to be told if that is too late. The caller must hold l.mu.
func (l *link) answeredLocked(id []byte) (late func(reply []byte)) {
	if len(l.asked) == 0 || id == nil || isNull(id) { // the common case
		return nil
	}
	parsed, ok := parseID(id)
	if !ok {
		return nil
	}
	for _, form := range parsed.forms() {
		if a := l.asked[form]; a != nil {
			if a.replies--; a.replies == 0 {
				delete(l.asked, form)
			}
			return a.late
		}
	}
	return nil
}

// notAsked takes ask back, for m that was not sent.
func (l *link) notAsked(m *transport.Message) {
	if asks(m) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.answeredLocked(m.Info.(*Exchange).items[0].id.append(nil))
	}
}
