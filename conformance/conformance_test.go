package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

var (
	replies = flag.Uint64("replies", defaultReplies, "how many replies to draw")
	first   = flag.Uint64("first", 1, "the number of the first reply to draw")
)

// TestConformance draws replies and compares the client's verdicts to the
// oracle's.
func TestConformance(t *testing.T) {
	const enough = 10 // differences to print
	var (
		wg          sync.WaitGroup
		next        atomic.Uint64
		differences atomic.Int64
		counts      [unanswered + 1]atomic.Uint64
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			c := newComparison(t)
			for differences.Load() < enough {
				i := next.Add(1) - 1
				if i >= *replies {
					return
				}
				number := *first + i
				g := newGenerator(number)
				r := g.request()
				reply := g.reply(r)
				outcome, err := c.compare(r, reply, number)
				if counts[outcome].Add(1); err != nil {
					differences.Add(1)
					t.Errorf("-first %d -replies 1: request with %v, reply %q: %v", number, r, start(reply), err)
				}
			}
		})
	}
	wg.Wait()
	text := fmt.Sprintf("%d replies, %d differences;", min(next.Load(), *replies), differences.Load())
	for i := range counts {
		n := counts[i].Load()
		text += fmt.Sprintf(" %v %d,", outcome(i), n)
	}
	t.Log(text)
}

func start(text []byte) []byte { return text[:min(len(text), 2000)] }

// A comparison asks both judges.
type comparison struct {
	oracle *oracle
	client *jsonrpc.Client
	wire   wire
}

func newComparison(tb testing.TB) *comparison {
	tb.Helper()
	o, err := newOracle()
	if err != nil {
		tb.Fatal(err)
	}
	c := &comparison{oracle: o}
	if c.client, err = jsonrpc.NewClient(&c.wire); err != nil {
		tb.Fatal(err)
	}
	return c
}

// A wire is a transport without a server: it brings back the reply it is given,
// in one of the ways in which replies come.
type wire struct {
	reply []byte
	way   uint64
}

func (w *wire) RoundTrip(context.Context, *transport.Message) (io.ReadCloser, error) {
	switch r := bytes.NewReader(w.reply); {
	case w.way%4 == 0:
		return whole{r, w.reply}, nil
	case w.way%4 == 1 && len(w.reply) < 300:
		return io.NopCloser(trickle{r}), nil
	default:
		return io.NopCloser(r), nil
	}
}

// whole is a reply that is in memory already.
type whole struct {
	*bytes.Reader

	text []byte
}

func (w whole) Bytes() []byte { return w.text }
func (w whole) Close() error  { return nil }

// trickle comes in pieces.
type trickle struct{ r io.Reader }

func (t trickle) Read(p []byte) (int, error) { return t.r.Read(p[:min(len(p), 7)]) }

// compare returns the oracle's outcome, and what the client says otherwise.
func (c *comparison) compare(r *request, reply []byte, way uint64) (outcome, error) {
	c.wire.reply, c.wire.way = reply, way
	whole, items := c.oracle.judge(r, reply)
	err := c.compareSend(r, whole, items)
	if err == nil && !r.batch {
		err = c.compareCall(r, whole)
	}
	if err == nil && whole.outcome <= failed {
		// What is right is not understood otherwise by a client that puts up with more.
		if err = c.compareSend(r, whole, items, jsonrpc.WithValidation(false)); err != nil {
			err = fmt.Errorf("without validation: %w", err)
		}
	}
	return whole.outcome, err
}

// compareSend compares the outcome of Send.
func (c *comparison) compareSend(r *request, whole verdict, items []verdict, opts ...jsonrpc.CallOption) error {
	got, err := c.client.Send(context.Background(), r.message(), opts...)
	if r.batch {
		return compareBatch(r, whole, items, got, err)
	}
	return compareSingle(whole, got, err)
}

// compareSingle compares the outcome for one request.
func compareSingle(want verdict, reply *jsonrpc.Reply, err error) error {
	got := verdictOn(nil, err)
	if err == nil {
		got = verdictOn(reply.Result(), nil)
	}
	return difference(got, want, err)
}

func difference(got, want verdict, err error) error {
	if got == want {
		return nil
	}
	return fmt.Errorf("the verdict is %v, want %v (the error is %v)", got, want, err) //nolint:errorlint // it may be nil
}

// compareBatch compares the outcomes for a batch.
func compareBatch(r *request, want verdict, items []verdict, reply *jsonrpc.Reply, err error) error {
	if reply == nil {
		return fmt.Errorf("a batch got no Reply; the error is %v", err) //nolint:errorlint // it may be nil
	}
	got := verdictOn(nil, err)
	if err == nil {
		got = verdict{outcome: resulted}
	}
	if err := difference(got, want, err); err != nil {
		return err
	}
	k := 0
	for i, id := range r.ids {
		if id == "" {
			continue
		}
		response := reply.Responses[k]
		k++
		if response.ID != r.id(i) {
			return fmt.Errorf("response %d has the id %v, want %s", k, response.ID, id)
		}
		switch got := verdictOn(response.Result, response.Err); {
		case items != nil:
			if err := difference(got, items[i], response.Err); err != nil {
				return fmt.Errorf("request %s: %w", id, err)
			}
		case got.outcome == resulted:
			// The reply as a whole was refused. What can be trusted is there all the
			// same: what has this very id, and has it alone.
			if err := trusted(reply.Text, id, got.result); err != nil {
				return err
			}
		}
	}
	return nil
}

// trusted returns an error unless there is exactly one response with the id in
// text, the array of a batch, and it has the result.
func trusted(text []byte, id, result string) error {
	var responses []json.RawMessage
	if err := json.Unmarshal(text, &responses); err != nil {
		return fmt.Errorf("request %s got a result out of what is no array: %w", id, err)
	}
	found := 0
	for _, response := range responses {
		all, _ := members(response)
		if other := all["id"]; other == nil || !sameID(string(other), id) {
			continue
		}
		if found++; string(all["result"]) != result {
			return fmt.Errorf("request %s got the result %s, which is not in the response to it", id, result)
		}
	}
	if found != 1 {
		return fmt.Errorf("request %s got a result, and has %d responses", id, found)
	}
	return nil
}

// compareCall compares the outcome of Call, which decodes the result while the
// envelope is read, to that of Send and to encoding/json.
func (c *comparison) compareCall(r *request, want verdict) error {
	var got any
	err := c.client.Call(context.Background(), "m", nil, &got, jsonrpc.WithID(r.id(0)))
	if want.outcome != resulted {
		return difference(verdictOn(nil, err), want, err)
	}
	var value any
	wantErr := json.Unmarshal([]byte(want.result), &value)
	if wantErr != nil { // a number beyond float64
		if decode := (*jsonrpc.DecodeError)(nil); !errors.As(err, &decode) {
			return fmt.Errorf("Call: the error is %v, and of encoding/json %w", err, wantErr) //nolint:errorlint // it may be nil
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("Call: %w, want %s", err, want.result)
	}
	if !reflect.DeepEqual(got, value) {
		return fmt.Errorf("Call: the result is %#v, want %#v", got, value)
	}
	return nil
}

// verdictOn returns the verdict that the client gave, in the oracle's words.
func verdictOn(result json.RawMessage, err error) verdict {
	var (
		refused *jsonrpc.ValidationError
		parse   *jsonrpc.ParseResponseError
		server  *jsonrpc.Error
	)
	switch {
	case err == nil:
		return verdict{outcome: resulted, result: string(result)}
	case errors.As(err, &refused):
		return verdict{outcome: invalid}
	case errors.As(err, &parse), errors.Is(err, jsonrpc.ErrReplyTooLarge):
		return verdict{outcome: unreadable}
	case errors.As(err, &server):
		return verdict{outcome: failed, code: server.Code, message: server.Message, data: string(server.Data)}
	case errors.Is(err, jsonrpc.ErrNoResponse):
		return verdict{outcome: unanswered}
	}
	panic(err) // no other error can come of a reply
}
