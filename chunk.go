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
	whole := x.msg.Body
	var all []error
	from := 0
	for _, to := range bounds {
		part := &Exchange{client: c, set: x.set, secrets: x.secrets, header: x.header, batch: true, keep: true}
		part.msg.Info = part
		items := x.items[from:to]
		text := append([]byte{'['}, whole[items[0].from:items[len(items)-1].to]...)
		shift := items[0].from - 1
		for _, it := range items {
			it.from, it.to = it.from-shift, it.to-shift
			part.add(it)
		}
		part.msg.Body = append(text, ']')
		err := c.run(ctx, part)
		if err != nil {
			all = append(all, err)
		}
		for i := range items {
			it := &x.items[from+i]
			before := *it
			*it = part.items[i]
			it.from, it.to = before.from, before.to
			if it.err == nil && !it.answered {
				it.err = err
			}
			it.answered = true // its error is its own, not that of all
		}
		if len(x.text) > 0 && len(part.text) > 0 {
			x.text = append(x.text, '\n')
		}
		x.text = append(x.text, part.text...)
		x.strays = append(x.strays, part.strays...)
		x.size += part.size
		x.response = part.response
		from = to
	}
	return errors.Join(all...)
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
