package jsonrpc

import (
	"encoding/json"
	"fmt"
	"slices"
)

// A Batch is requests and notifications that are sent together (clause 6). The
// zero Batch is empty and ready to use:
//
//	var b jsonrpc.Batch
//	three := jsonrpc.Queue[int](&b, "cube", jsonrpc.Args{3})
//	b.Notify("log", jsonrpc.Args{"cubing"})
//	_, err := client.Send(ctx, &b)
//	cube, err := three.Get()
//
// The server may work on them in any order, and answer in any order. A request
// that fails fails alone. A batch of notifications only gets no reply; an empty
// batch is refused before it is sent. A Batch is for one goroutine at a time.
// It can be sent again, with new ids; results then hold the newest outcome.
type Batch struct {
	calls []*queued
	room  any // a *[]slot[T] for the next requests of the last type queued
}

type queued struct {
	Request
	notification bool
	result       any
	done         *error
}

// Add adds requests. Their responses are in the [Reply], in the same order.
func (b *Batch) Add(requests ...Request) {
	calls := make([]queued, len(requests))
	for i, r := range requests {
		calls[i].Request = r
		b.calls = append(b.calls, &calls[i])
	}
}

// Notify adds a notification.
func (b *Batch) Notify(method string, params any) {
	b.calls = append(b.calls, &queued{Request: Request{Method: method, Params: params}, notification: true})
}

// Len returns the number of requests and notifications in the batch.
func (b *Batch) Len() int { return len(b.calls) }

// String returns the batch's JSON. Ids that are not drawn yet are null.
func (b *Batch) String() string { return messageString(b.MarshalJSON()) }

// MarshalJSON returns the batch's JSON. Ids that are not drawn yet are null.
func (b *Batch) MarshalJSON() ([]byte, error) {
	text := []byte{'['}
	for i, call := range b.calls {
		if i > 0 {
			text = append(text, ',')
		}
		id := call.ID
		if id.IsZero() && !call.notification {
			id = ID{kind: nullID}
		}
		var err error
		if text, err = appendRequest(text, call.Method, call.Params, id); err != nil {
			return nil, err
		}
	}
	return append(text, ']'), nil
}

// A Result is what became of one request of a batch. Get it from [Queue].
type Result[T any] struct {
	value T
	err   error
}

// Get returns the request's result, or why there is none: [ErrNotSent] before
// the batch was sent, then the same errors as those of [Client.Call].
func (r *Result[T]) Get() (T, error) {
	if r.err != nil {
		var zero T
		return zero, r.err
	}
	return r.value, nil
}

// Queue adds a request to the batch, whose result is decoded as a T once the
// batch is sent.
func Queue[T any](b *Batch, method string, params any) *Result[T] {
	const most = 128
	room, _ := b.room.(*[]slot[T])
	if room == nil || len(*room) == cap(*room) {
		size := 4
		if room != nil {
			size = min(2*cap(*room), most)
		}
		next := make([]slot[T], 0, size)
		room, b.room = &next, &next
	}
	*room = (*room)[:len(*room)+1]
	s := &(*room)[len(*room)-1]
	s.Method, s.Params, s.result, s.done = method, params, &s.Result.value, &s.err
	s.err = ErrNotSent
	b.calls = append(b.calls, &s.queued)
	return &s.Result
}

// A slot is a request and its result. They are made several at a time, because a
// batch has many.
type slot[T any] struct {
	queued
	Result[T]
}

var errEmptyBatch = &MessageError{Reason: "the batch is empty: add a request or a notification (clause 6)"}

func (b *Batch) prepare(x *Exchange) error {
	if len(b.calls) == 0 {
		return errEmptyBatch
	}
	x.batch = true
	x.items = slices.Grow(x.many[:0], len(b.calls))
	var own map[ID]bool // ids that the caller chose
	text := append(x.buf[:0], '[')
	for i, call := range b.calls {
		if i > 0 {
			text = append(text, ',')
		}
		id := call.ID
		if !call.notification {
			if !id.IsZero() {
				if own == nil {
					own = make(map[ID]bool)
				}
				if own[id] {
					return &MessageError{Reason: fmt.Sprintf("two requests of the batch have the id %v", id)}
				}
				own[id] = true
			}
			var err error
			if id, err = x.drawID(id); err != nil {
				return err
			}
		}
		from := len(text)
		var err error
		if text, err = x.appendRequest(text, call.Method, call.Params, id); err != nil {
			return err
		}
		x.add(item{method: call.Method, id: id, from: from, to: len(text),
			notification: call.notification, result: call.result, done: call.done,
			filled: call.result != nil}) // by the time before, if this is not the first
	}
	for i := range x.items {
		// A drawn id may equal one that the caller chose.
		if own != nil && b.calls[i].ID.IsZero() && !x.items[i].notification && own[x.items[i].id] {
			return &MessageError{Reason: fmt.Sprintf("the batch's own id %v was drawn for another of its requests: choose ids of another form", x.items[i].id)}
		}
	}
	x.buf = append(text, ']')
	x.msg.Body = x.buf
	return nil
}

// A Response is what a server sent back for one request (clause 5).
type Response struct {
	ID     ID
	Method string
	// Result is the result's JSON, exactly as it came; nil if there is an Err.
	Result json.RawMessage
	// Err is an [*Error] if the server said no, [ErrNoResponse] if it sent no
	// response to this request, or says why the response cannot be used.
	Err error

	set     *settings // of the call, for Decode; nil if a Response was made by hand
	secrets *secrets  // for its errors
}

// Decode decodes the result into the variable v points to, or returns Err. The
// options of the call count: [WithNumbers], [WithCodec].
func (r *Response) Decode(v any) error {
	if r.Err != nil {
		return r.Err
	}
	if _, raw := v.(*json.RawMessage); !raw && r.set != nil && r.set.codec.decodes(v) {
		return misfit(r.Result, r.set.codec.Unmarshal(r.Result, v), r.secrets)
	}
	return misfit(r.Result, decode(r.Result, v, r.set != nil && r.set.numbers), r.secrets)
}

// A Reply is all that a server sent back for one [Client.Send].
type Reply struct {
	// Responses are in the order of the requests, whatever the order in which
	// they came. There are none for notifications.
	Responses []Response
	// Strays are responses that belong to none of the requests of a batch, as
	// they came.
	Strays []json.RawMessage
	// Text is the whole reply as it came; empty if there was none.
	Text []byte
}

// Result returns the result of the first, or only, response.
func (r *Reply) Result() json.RawMessage {
	if len(r.Responses) == 0 {
		return nil
	}
	return r.Responses[0].Result
}

// Decode decodes the result of the first, or only, response into the variable v
// points to.
func (r *Reply) Decode(v any) error {
	if len(r.Responses) == 0 {
		return ErrNoResponse
	}
	return r.Responses[0].Decode(v)
}
