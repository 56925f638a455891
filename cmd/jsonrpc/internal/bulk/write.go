package bulk

import (
	"context"
	"errors"
	"fmt"

	"example.com/jsonrpc"
)

// write writes outcomes until there are no more. It goes on reading them if the
// output fails, so that nobody waits for it.
func (j *Job) write(f *files, records <-chan record, room *room, stop context.CancelCauseFunc) (failed error) {
	waiting := map[int64]record{}
	next, first, row := int64(0), true, 0
	var buf []byte
	held, heldBytes := 0, int64(0) // outcomes that have not gone to the system: they still take room
	flush := func() {
		if err := f.flush(); err != nil && failed == nil {
			failed = fmt.Errorf("the output cannot be written: %w", err)
			stop(failed)
		}
		room.free(held, heldBytes)
		held, heldBytes = 0, 0
	}
	put := func(r record) {
		held, heldBytes = held+1, heldBytes+r.size()
		if held >= window/8 || heldBytes >= room.most/8 {
			defer flush()
		}
		if failed != nil {
			return
		}
		j.count(r.outcome)
		if kind := kindOf(r.outcome.Err); kind == unanswered {
			row++
		} else if kind == answered || kind == refused {
			row = 0
		}
		buf = appendRecord(buf[:0], &r.call, &r.outcome, j.Ordered)
		if _, failed = f.out.Write(buf); failed != nil {
			failed = fmt.Errorf("the output cannot be written: %w", failed)
			stop(failed)
		}
		if j.MaxFailures > 0 && row >= j.MaxFailures {
			stop(fmt.Errorf("%w (%d): %w", ErrTooManyFailures, row, r.outcome.Err))
		}
	}
	for {
		var r record
		var ok bool
		select {
		case r, ok = <-records:
		default:
			flush()
			r, ok = <-records
		}
		if !ok {
			break
		}
		if !j.Ordered {
			put(r)
			continue
		}
		if first {
			next, first = j.Stats.Skipped.Load(), false
		}
		waiting[r.index] = r
		for {
			r, ok := waiting[next]
			if !ok {
				break
			}
			delete(waiting, next)
			put(r)
			next++
		}
		j.Stats.Unordered.Store(int64(len(waiting)))
	}
	flush()
	return failed
}

func (j *Job) count(o Outcome) {
	j.Stats.Written.Add(1)
	switch kindOf(o.Err) {
	case refused:
		j.Stats.Errors.Add(1)
	case unknown:
		j.Stats.Unknown.Add(1)
		fallthrough
	case unanswered, unreadable:
		j.Stats.Failures.Add(1)
	}
}

// A kind of outcome.
type kind int

const (
	answered   kind = iota
	refused         // by an error of the server's
	unanswered      // by anybody
	unreadable      // a line of the input
	unknown         // what an earlier run has done
)

func kindOf(err error) kind {
	var (
		said  *jsonrpc.Error
		wrong *InputError
	)
	switch {
	case err == nil:
		return answered
	case errors.Is(err, errUnknown):
		return unknown
	case errors.As(err, &said):
		return refused
	case errors.As(err, &wrong):
		return unreadable
	}
	return unanswered
}
