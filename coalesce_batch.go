package jsonrpc

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

// send sends calls as one batch and gives each its outcome.
func (co *coalescer) send(calls []*gathered) {
	ctx, cancel := whileAnyWaits(calls)
	defer cancel()
	x, _ := co.client.newExchange(nil) // fails by its options only
	defer x.free()
	x.batch, x.keep = true, true
	x.items = slices.Grow(x.many[:0], len(calls))
	text := append(x.buf[:0], '[')
	for i, g := range calls {
		if i > 0 {
			text = append(text, ',')
		}
		from := len(text)
		text = append(text, g.body...)
		it := g.item
		it.from, it.to = from, len(text)
		x.add(it)
	}
	x.buf = append(text, ']')
	x.msg.Body = x.buf
	panicked, err := recovered(func() error { return co.client.roundTrip(ctx, x) })
	if panicked != nil { // on this goroutine it would end the program
		for _, g := range calls {
			g.panicked = panicked
			g.done <- struct{}{}
		}
		return
	}
	if refused, size := refusedWhole(err); refused {
		co.sendSmaller(calls, size)
		return
	}
	again := calls[:0:0] // by themselves: it is the batch's reply that was too large
	for i, g := range calls {
		it := &x.items[i]
		if errors.Is(err, ErrReplyTooLarge) && x.idempotent(it) {
			again = append(again, g)
			continue
		}
		g.raw, g.err, g.endpoint, g.secrets = it.raw, it.err, x.endpoint, x.secrets
		if g.err == nil && !it.answered {
			if g.err = err; err == nil {
				g.err = ErrNoResponse
			}
		}
		if !co.client.unseen {
			g.response, g.size = x.response, responseSize(it)
		}
		if g.keep {
			g.text = responseText(it)
		}
		g.done <- struct{}{}
	}
	co.letGo(again)
}

// recovered calls f, and returns what it panicked with.
func recovered(f func() error) (panicked any, err error) {
	defer func() { panicked = recover() }()
	return nil, f()
}

// sendSmaller sends calls again, whose batch was refused, for its size alone or not.
func (co *coalescer) sendSmaller(calls []*gathered, size bool) {
	half := len(calls) / 2
	switch {
	case co.refuses.Load(), half == 0:
		co.letGo(calls)
	case half == 1: // no batch could be smaller
		if !size { // other calls may be smaller
			co.refuses.Store(true)
		}
		co.letGo(calls)
	default:
		co.send(calls[:half])
		if co.refuses.Load() {
			co.letGo(calls[half:])
		} else {
			co.send(calls[half:])
		}
	}
}

// letGo has each call sent by itself, by its own caller, if that still waits.
func (co *coalescer) letGo(calls []*gathered) {
	co.mu.Lock()
	defer co.mu.Unlock()
	for _, g := range calls {
		if g.left {
			continue
		}
		co.busy++ // the caller gives its place free
		g.alone = true
		g.done <- struct{}{}
	}
}

// responseText is a response as it would have come alone, for logs.
func responseText(it *item) []byte {
	if e := (*Error)(nil); errors.As(it.err, &e) {
		return appendError(it.id, e, false)
	}
	if it.err != nil {
		return nil
	}
	return appendResponse(resultHead, it.raw, resultMiddle, it.id)
}

const resultHead, resultMiddle = `{"jsonrpc":"2.0","result":`, `,"id":`

// responseSize is the length of responseText.
func responseSize(it *item) int64 {
	if it.err != nil {
		return int64(len(responseText(it)))
	}
	var id [64]byte
	return int64(len(resultHead) + len(it.raw) + len(resultMiddle) + len(it.id.append(id[:0])) + 1)
}

// refusedWhole reports whether err says that a server did not look into a batch, and
// whether that was for its size.
func refusedWhole(err error) (refused, size bool) {
	if page := (*HTTPError)(nil); errors.As(err, &page) {
		switch {
		case page.StatusCode == http.StatusRequestEntityTooLarge:
			return true, true
		case page.StatusCode == http.StatusUnauthorized: // whatever is sent
			return false, false
		case page.StatusCode >= 500: // it may have begun
			return false, false
		}
	}
	said := (*Error)(nil)
	return errors.As(err, &said) && said.Code != CodeInternalError && said.Code != -32005 && Classify(err).Class == ClassAnswer, false
}

// whileAnyWaits returns a context that ends once those of all calls have. If they all
// have deadlines, it has the latest of them, so that it ends as the last call does.
func whileAnyWaits(calls []*gathered) (context.Context, context.CancelFunc) {
	values := context.WithoutCancel(calls[0].ctx)
	if slices.ContainsFunc(calls, func(g *gathered) bool { return g.ctx.Done() == nil }) {
		return values, func() {} // one waits to the end
	}
	var (
		ctx          context.Context
		cancel       context.CancelFunc
		latest, ends = latestDeadline(calls)
	)
	if ends {
		ctx, cancel = context.WithDeadline(values, latest)
	} else {
		ctx, cancel = context.WithCancel(values)
	}
	var left atomic.Int64
	left.Store(int64(len(calls)))
	stops := make([]func() bool, len(calls))
	for i, g := range calls {
		stops[i] = context.AfterFunc(g.ctx, func() {
			if left.Add(-1) == 0 && (!ends || time.Now().Before(latest)) { // or it ends by itself
				cancel()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// latestDeadline returns the latest deadline of calls, if all have one.
func latestDeadline(calls []*gathered) (latest time.Time, all bool) {
	for _, g := range calls {
		deadline, ok := g.ctx.Deadline()
		if !ok {
			return latest, false
		}
		if deadline.After(latest) {
			latest = deadline
		}
	}
	return latest, true
}
