package transporttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/jsonrpc/transport"
)

func checkReply(c *trip) error {
	for i, params := range messages() {
		if err := c.wantReply(request{Method: echo, Params: params, ID: i + 1}); err != nil {
			return err
		}
	}
	return nil
}

func checkNotification(c *trip) error {
	note := request{Method: "note", Params: json.RawMessage(`{"a":1}`)}
	if reply, err := c.call(context.Background(), note.message()); err != nil || len(bytes.TrimSpace(reply)) > 0 {
		return fmt.Errorf("a message without an answer: reply %s, error %w", brief(reply), orNone(err))
	}
	return within("the server's part, which is to receive a message without an answer,", func() error {
		select {
		case got := <-c.notes:
			if got.Method != note.Method || !bytes.Equal(got.Params, note.Params) {
				return fmt.Errorf("the server received %+v", got)
			}
		case <-c.release: // the test is over
		}
		return nil
	})
}

func checkConcurrently(c *trip) error {
	const callers, each = 16, 16
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex // for errs
		errs []error
	)
	for i := range callers {
		wg.Go(func() {
			for j := range each {
				pad := strings.Repeat("x", 1<<(j%13))
				err := c.wantReply(request{Method: echo, Params: json.RawMessage(`["` + pad + `"]`), ID: 1 + i*each + j})
				if err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func checkUnchanged(c *trip) error {
	r := request{Method: echo, Params: json.RawMessage(`[1]`), ID: 1}
	m := r.message()
	body, info := bytes.Clone(m.Body), new(int)
	m.Info = info
	err := within("RoundTrip", func() error {
		reply, err := c.RoundTrip(context.Background(), m)
		if err == nil {
			err = reply.Close()
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case !bytes.Equal(m.Body, body):
		return fmt.Errorf("the body is %s after RoundTrip, and was %s", brief(m.Body), brief(body))
	case !m.Reply || m.Header != nil || m.Query != nil || m.Info != info:
		return errors.New("a field of the message was changed by RoundTrip")
	}
	return nil
}

func checkHeaders(c *trip) error {
	for i := range 2 {
		var (
			header http.Header
			query  url.Values
		)
		if i == 0 {
			header = http.Header{"X-Test": {"1"}}
		} else {
			query = url.Values{"test": {"1"}}
		}
		r := request{Method: echo, Params: json.RawMessage(`[]`), ID: i + 1}
		sent := r.message()
		sent.Header, sent.Query = maps.Clone(header), maps.Clone(query)
		reply, err := c.call(context.Background(), sent)
		switch {
		case errors.Is(err, transport.ErrNoHeaders):
			if mayBeSent(err) || c.saw(r) {
				return errors.New("a message was sent and its headers or query were refused")
			}
		case err != nil:
			return err
		default:
			if err := same("the reply is", reply, r.reply()); err != nil {
				return err
			}
		}
		if !maps.EqualFunc(sent.Header, header, slices.Equal[[]string]) || !maps.EqualFunc(sent.Query, query, slices.Equal[[]string]) {
			return errors.New("headers or query of a message were changed by RoundTrip")
		}
	}
	return nil
}

func checkEnded(c *trip) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := request{Method: echo, Params: json.RawMessage(`["ended"]`), ID: 1}
	_, err := c.call(ctx, r.message())
	switch {
	case err == nil:
		return errors.New("RoundTrip with a context that has ended returned no error")
	case !isContextError(ctx, err):
		return fmt.Errorf("the error does not wrap its context's: %w", err)
	case mayBeSent(err):
		return fmt.Errorf("the error does not say that nothing was sent: %w", err)
	}
	if err := c.wantReply(request{Method: echo, Params: json.RawMessage(`[]`), ID: 2}); err != nil {
		return err
	}
	if c.saw(r) {
		return errors.New("the server has received a message whose context had ended")
	}
	return nil
}

// wantEnded makes a call that only the end of its context can end.
func (c *trip) wantEnded(r request) error {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := c.call(ctx, r.message())
	switch {
	case err == nil:
		return errors.New("no error though the reply was never sent whole")
	case !errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the error does not wrap its context's: %w", err)
	case !mayBeSent(err):
		return fmt.Errorf("the error says that nothing was sent: %w", err)
	}
	return nil
}

func checkEndedWaiting(c *trip) error {
	return c.wantEnded(request{Method: silent, Params: json.RawMessage(`[]`), ID: 1})
}

func checkEndedInReply(c *trip) error {
	pad := strings.Repeat("x", 64<<10)
	return c.wantEnded(request{Method: stall, Params: json.RawMessage(`["` + pad + `"]`), ID: 1})
}

func checkCutReply(c *trip) error {
	pad := strings.Repeat("x", 64<<10)
	ctx, cancel := context.WithTimeout(context.Background(), patience/4) // where a server cannot break off
	defer cancel()
	reply, err := c.call(ctx, request{Method: cut, Params: json.RawMessage(`["` + pad + `"]`), ID: 1}.message())
	switch {
	case err == nil:
		return fmt.Errorf("the reply %s and no error, though it broke off", brief(reply))
	case isHung(err):
		return err
	}
	return nil
}

func checkAbandoned(c *trip) error {
	pad := strings.Repeat("x", 64<<10)
	for i := range 20 {
		r := request{Method: echo, Params: json.RawMessage(`["` + pad + `"]`), ID: 2*i + 1}
		err := within("RoundTrip, or closing its reply,", func() error {
			reply, err := c.RoundTrip(context.Background(), r.message())
			if err == nil {
				err = reply.Close()
			}
			return err
		})
		if err != nil {
			return err
		}
		r.ID++
		if err := c.wantReply(r); err != nil {
			return fmt.Errorf("after a reply that was not read: %w", err)
		}
	}
	return nil
}
