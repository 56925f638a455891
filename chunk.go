package jsonrpc

import (
	"context"
	"errors"
)

// runChunks carries out x, in several batches if it is over the limits of
// [WithMaxBatch].
func (c *Client) runChunks(ctx context.Context, x *Exchange) error {
	bounds := x.chunks()
	if len(bounds) < 2 {
		return c.run(ctx, x)
	}
	if x.set.timeout > 0 { // of the whole
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, x.set.timeout)
		defer cancel()
	}
	var all []error
	from, sent := 0, false
	for from < len(x.items) {
		to := bounds[0]
		if bounds = bounds[1:]; ctx.Err() != nil { // nothing more is sent: one error is enough
			to = len(x.items)
		}
		part := x.Part(indexes(from, to)...)
		err := x.adopt(part, c.run(ctx, part), false)
		if err != nil {
			all = append(all, err)
		}
		sent = sent || err == nil || MaybeSent(err)
		from = to
	}
	if len(all) == 0 {
		return nil
	}
	return &chunksError{errors.Join(all...), sent}
}

// A chunksError is about several batches, of which those that did not fail were sent.
type chunksError struct {
	err  error
	sent bool
}

func (e *chunksError) Error() string { return e.err.Error() }
func (e *chunksError) Unwrap() error { return e.err }

// MaybeSent reports whether any of the batches may have been sent. It is for
// [MaybeSent].
func (e *chunksError) MaybeSent() bool { return e.sent }

func indexes(from, to int) []int {
	all := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

// chunks returns where each part of the batch ends; one part or none if it need
// not be divided.
func (x *Exchange) chunks() (bounds []int) {
	items, bytes := x.set.chunkItems, x.set.chunkBytes
	if !x.batch || items <= 0 && bytes <= 0 || len(x.items) == 0 || x.items[0].to == 0 {
		return nil
	}
	from, size := 0, 2
	for i := range x.items {
		length := x.items[i].to - x.items[i].from + 1
		if i > from && (items > 0 && i-from == items || bytes > 0 && size+length > bytes) {
			bounds = append(bounds, i)
			from, size = i, 2
		}
		size += length
	}
	return append(bounds, len(x.items))
}
