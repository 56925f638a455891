package jsonrpc

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"sync"

	"example.com/jsonrpc/transport"
)

// An Exchange is one message on its way and the reply to it, as an
// [Interceptor] sees them.
type Exchange struct {
	client   *Client
	set      *settings // of this call
	secrets  *secrets
	msg      transport.Message
	items    []item
	batch    bool
	header   http.Header // of this call
	tracker  *tracker    // of its progress; nil if there is none
	of       []int       // of a part: the indexes of its items in the whole
	attempts *attempts   // who is told; nil if nobody is
	endpoint string      // of a pool, that it went to last
	whole    bool        // the reply is to be there before it is decoded: another may be needed
	shared   bool        // others may look at it even after the call

	// The outcome.
	keep     bool
	text     []byte
	strays   []json.RawMessage
	size     int64
	length   int64          // what the reply's header says of size, -1 if nothing
	response *http.Response // nil if it did not come by HTTP

	// Memory that is used again.
	one       [1]item
	buf       []byte     // of the message
	in        []byte     // of the reply
	responses []envelope // of a batch
	many      []item     // of a batch
	known     knownTexts
}

// An item is one request or notification of a message and what came of it.
type item struct {
	method       string
	id           ID
	params       []byte // of a raw message; of others they are in the text, between:
	from, to     int
	notification bool
	result       any    // where the result goes; nil: nowhere
	done         *error // where the outcome goes; nil: nowhere

	answered bool            // err is its own, not that of the whole message
	decoded  bool            // the result has been, while it arrived
	filled   bool            // its variable, which was zero, may hold something of an earlier reply
	raw      json.RawMessage // the result's text, if the reply is kept
	err      error
}

// maxIn is how much memory for a reply is kept to be used again.
const maxIn = 4 << 20

var exchanges = sync.Pool{New: func() any { return new(Exchange) }}

// newExchange returns an exchange with the settings of the client and opts.
func (c *Client) newExchange(opts []CallOption) (*Exchange, error) {
	x := exchanges.Get().(*Exchange)
	x.client, x.set, x.msg.Info = c, &c.settings, x
	if len(opts) > 0 {
		if x.set = c.settings.with(opts); x.set.err != nil {
			return nil, x.set.err
		}
		if c.pool != nil {
			x.set.opts = slices.Clone(opts)
		}
	}
	x.secrets = x.set.secrets
	return x, nil
}

// free gives x and its memory back, unless somebody may still look at it.
func (x *Exchange) free() {
	if x.client.invoke != nil && (!x.client.unseen || x.client.pool != nil) || x.set.custom || x.shared {
		return
	}
	const maxBuf, maxResponses = 64 << 10, 1 << 10
	if clear(x.responses[:cap(x.responses)]); cap(x.responses) > maxResponses {
		x.responses = nil
	}
	if x.msg.Kept() || cap(x.buf) > maxBuf {
		x.buf = nil
	}
	if x.in = x.in[:0]; x.keep || cap(x.in) > maxIn {
		x.in = nil
	}
	if x.batch && cap(x.items) <= maxResponses {
		clear(x.items)
		x.many = x.items[:0]
	}
	x.msg.Reset()
	x.client, x.set, x.secrets, x.items, x.batch, x.header, x.tracker = nil, nil, nil, nil, false, nil, nil
	x.of, x.attempts, x.endpoint, x.whole = nil, nil, "", false
	x.keep, x.text, x.strays, x.size, x.response = false, nil, nil, 0, nil
	x.one[0] = item{}
	exchanges.Put(x)
}

// add appends an item and notes whether it is due a reply.
func (x *Exchange) add(it item) {
	if x.items == nil {
		x.items = x.one[:0]
	}
	x.items = append(x.items, it)
	x.msg.Reply = x.msg.Reply || !it.notification
}

// single writes a message of one request or notification.
func (x *Exchange) single(method string, params any, id ID, result any, notification bool) error {
	var err error
	if !notification {
		if id, err = x.drawID(id); err != nil {
			return err
		}
	}
	if x.set != nil && x.set.progress != nil {
		if params, err = x.track(params, id); err != nil {
			return err
		}
	}
	if x.buf == nil {
		x.buf = make([]byte, 0, 256)
	}
	if x.buf, err = x.appendRequest(x.buf[:0], method, params, id); err != nil {
		return err
	}
	x.add(item{method: method, id: id, to: len(x.buf), notification: notification, result: result})
	x.msg.Body = x.buf
	return nil
}

// drawID returns id or, if it is zero, the call's or the generator's next.
func (x *Exchange) drawID(id ID) (ID, error) {
	if !id.IsZero() {
		return id, nil
	}
	if id = x.set.id; !id.IsZero() {
		x.set.id = ID{} // the settings are the call's own: WithID is for calls only
		return id, nil
	}
	if id = x.set.ids(); id.IsZero() {
		return id, errZeroID
	}
	return id, nil
}

var errZeroID = &MessageError{Reason: "the id generator returned the zero ID, which would make a notification of the request"}

// paramsOf returns the params of an item, nil if it has none.
func (x *Exchange) paramsOf(it *item) any {
	params := it.params
	if params == nil && it.to > 0 {
		var e envelope
		if _, err := e.scan(x.msg.Body[it.from:it.to], 0, false); err == nil {
			params = e.params
		}
	}
	if params == nil {
		return nil
	}
	return json.RawMessage(params)
}

// fail ends every request of the message that has no answer yet with err.
func (x *Exchange) fail(err error) {
	for i := range x.items {
		if it := &x.items[i]; !it.answered {
			it.err = err
		}
	}
}

// address fills in the message's headers and query: those of the client, unless
// the transport has them already, over them those of the call, and then those
// that authorize it.
func (x *Exchange) address(auth http.Header) {
	session, s := &x.client.settings, x.set
	if s == session && auth == nil && x.header == nil && !x.client.addsHeader {
		return // the common case
	}
	header, query := http.Header{}, url.Values{}
	if x.client.addsHeader {
		maps.Copy(header, session.header)
		maps.Copy(query, session.query)
	}
	if s != session {
		maps.Copy(header, s.header)
		maps.Copy(query, s.query)
	}
	if s.cookies != nil {
		if cookies := s.cookieHeader(session); len(cookies) > 0 && (s != session || x.client.addsHeader) {
			header["Cookie"] = cookies
		}
	}
	if auth != nil {
		maps.Copy(header, auth)
		x.secrets = x.client.authSecrets(x.set.secrets, auth)
	}
	maps.Copy(header, x.header)
	x.msg.Header, x.msg.Query = header, query
}

// reset forgets the outcome of an earlier attempt.
func (x *Exchange) reset() {
	x.in = x.in[:0]
	x.text, x.strays, x.size, x.response = nil, nil, 0, nil
	for i := range x.items {
		it := &x.items[i]
		it.answered, it.decoded, it.raw, it.err = false, false, nil, nil
		it.empty()
	}
}

// mayRepeat reports whether the message may be sent again after its reply was read: by
// an interceptor, with other headers of an [Auth], or to another endpoint of a pool.
func (x *Exchange) mayRepeat() bool {
	return len(x.set.interceptors) > 0 || len(x.set.auths) > 0 || x.endpoint != ""
}

// isFresh reports whether the variable for the result is zero, so that it can be made so
// again if another attempt is to fill it.
func (it *item) isFresh() bool {
	v := reflect.ValueOf(it.result)
	return v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().IsZero()
}

// empty takes out of the variable for the result what an earlier attempt has left there:
// what is decoded into maps and slices keeps what they hold.
func (it *item) empty() {
	if it.filled {
		reflect.ValueOf(it.result).Elem().SetZero()
		it.filled = false
	}
}

// carriedOut reports whether a result has come to any request, be it one that does not
// fit.
func (x *Exchange) carriedOut() bool {
	return slices.ContainsFunc(x.items, func(it item) bool {
		misfit := (*DecodeError)(nil)
		return it.answered && !it.notification && (it.err == nil || errors.As(it.err, &misfit))
	})
}

// label names the message in errors.
func (x *Exchange) label() string {
	if x.batch {
		return fmt.Sprintf("batch of %d", len(x.items))
	}
	return x.Method()
}
