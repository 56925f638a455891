package migrate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/rpc"

	"example.com/jsonrpc/compat/gethrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// A node is a service of go-ethereum's server.
type node struct{}

func (node) Echo(text string, n *int) (string, error) {
	if n != nil {
		text = strings.Repeat(text, *n)
	}
	return text, nil
}

func (node) Fail() error { return failure{} }

// Count sends the numbers up to n.
func (node) Count(ctx context.Context, n int) (*rpc.Subscription, error) {
	notifier, ok := rpc.NotifierFromContext(ctx)
	if !ok {
		return nil, rpc.ErrNotificationsUnsupported
	}
	sub := notifier.CreateSubscription()
	go func() {
		for i := range n {
			_ = notifier.Notify(sub.ID, i) // if the client has gone, nobody wants it
		}
	}()
	return sub, nil
}

type failure struct{}

func (failure) Error() string  { return "out of gas" }
func (failure) ErrorCode() int { return 3 }
func (failure) ErrorData() any { return []any{"0x1", 2.0} }

// TestGethServer has both clients talk to go-ethereum's server, and expects the same.
func TestGethServer(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	server := rpc.NewServer()
	if err := server.RegisterName("node", node{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	overHTTP := httptest.NewServer(server)
	t.Cleanup(overHTTP.Close)
	overWS := httptest.NewServer(server.WebsocketHandler([]string{"*"}))
	t.Cleanup(overWS.Close)
	for _, url := range []string{overHTTP.URL, "ws" + strings.TrimPrefix(overWS.URL, "http")} {
		theirs, err := rpc.DialContext(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer theirs.Close()
		ours, err := gethrpc.DialContext(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer ours.Close()
		want, got := talk(t, theirs, toTheirs), talk(t, ours, toOurs)
		if !slices.Equal(got, want) {
			t.Errorf("%s\ngot  %q\nwant %q", url, got, want)
		}
	}
}

// A gethClient is a client of either package.
type gethClient interface {
	CallContext(ctx context.Context, result any, method string, args ...any) error
	Notify(ctx context.Context, method string, args ...any) error
	SupportedModules() (map[string]string, error)
	SupportsSubscriptions() bool
}

// An elem is a BatchElem of either package.
type elem struct {
	method string
	args   []any
	result any
	err    error
}

func toTheirs(ctx context.Context, c gethClient, elems []elem) (func(), error) {
	client := c.(*rpc.Client)
	b := make([]rpc.BatchElem, len(elems))
	for i, e := range elems {
		b[i] = rpc.BatchElem{Method: e.method, Args: e.args, Result: e.result}
	}
	err := client.BatchCallContext(ctx, b)
	for i := range b {
		elems[i].err = b[i].Error
	}
	numbers := make(chan int)
	sub, subErr := client.Subscribe(ctx, "node", numbers, "count", events)
	if err = errors.Join(err, subErr); err != nil {
		return nil, err
	}
	return sub.Unsubscribe, inOrder(numbers)
}

func toOurs(ctx context.Context, c gethClient, elems []elem) (func(), error) {
	client := c.(*gethrpc.Client)
	b := make([]gethrpc.BatchElem, len(elems))
	for i, e := range elems {
		b[i] = gethrpc.BatchElem{Method: e.method, Args: e.args, Result: e.result}
	}
	err := client.BatchCallContext(ctx, b)
	for i := range b {
		elems[i].err = b[i].Error
	}
	numbers := make(chan int)
	sub, subErr := client.Subscribe(ctx, "node", numbers, "count", events)
	if err = errors.Join(err, subErr); err != nil {
		return nil, err
	}
	return sub.Unsubscribe, inOrder(numbers)
}

const events = 3

func inOrder(numbers <-chan int) error {
	for want := range events {
		if got := <-numbers; got != want {
			return fmt.Errorf("got the event %d, want %d", got, want)
		}
	}
	return nil
}

// talk makes calls and returns what came of them.
func talk(t *testing.T, c gethClient, more func(context.Context, gethClient, []elem) (func(), error)) (heard []string) {
	t.Helper()
	ctx := t.Context()
	hear := func(what string, err error) {
		said, hasCode := err.(interface{ ErrorCode() int })
		data, hasData := err.(interface{ ErrorData() any })
		if err != nil {
			what = err.Error()
		}
		if hasCode && said.ErrorCode() != 0 {
			what += " with a code"
		}
		if hasData && data.ErrorData() != nil {
			what += " with data"
		}
		heard = append(heard, what)
	}
	var text string
	hear("", c.CallContext(ctx, &text, "node_echo", "a"))
	hear(text, c.CallContext(ctx, &text, "node_echo", "b", 3))
	hear(text, c.CallContext(ctx, nil, "node_fail"))
	hear("", c.CallContext(ctx, nil, "node_nosuch"))
	hear("", c.CallContext(ctx, nil, "node_echo"))
	err := c.Notify(ctx, "node_echo", "c")
	if err == io.EOF {
		err = nil // go-ethereum's own, over HTTP, of the empty body that its server answers with
	}
	hear("", err)
	modules, err := c.SupportedModules()
	hear(modules["node"], err)
	var one, two string
	elems := []elem{{"node_echo", []any{"x"}, &one, nil}, {"node_fail", nil, nil, nil}, {"node_echo", []any{"y", 2}, &two, nil}}
	unsubscribe, err := more(ctx, c, elems)
	if c.SupportsSubscriptions() {
		hear("", err)
		unsubscribe()
	} else if err == nil {
		t.Error("a subscription over HTTP")
	}
	for _, e := range elems {
		hear(one+two, e.err)
	}
	return heard
}

// TestGethAPI: each method of go-ethereum's client is there with the same arguments,
// but for those that the page names.
func TestGethAPI(t *testing.T) {
	absent := map[string]string{"RegisterName": "WithHandler is for that"}
	theirs, ours := reflect.TypeFor[*rpc.Client](), reflect.TypeFor[*gethrpc.Client]()
	for m := range theirs.Methods() {
		if absent[m.Name] != "" {
			continue
		}
		mine, ok := ours.MethodByName(m.Name)
		if !ok {
			t.Errorf("%s is missing", m.Name)
			continue
		}
		signature := func(m reflect.Method) string {
			text := m.Type.String()
			text = strings.ReplaceAll(text, "gethrpc.", "rpc.")
			return text
		}
		if signature(mine) != signature(m) {
			t.Errorf("%s is %s, want %s", m.Name, signature(mine), signature(m))
		}
	}
	for _, pair := range [][2]reflect.Type{
		{reflect.TypeFor[rpc.BatchElem](), reflect.TypeFor[gethrpc.BatchElem]()},
		{reflect.TypeFor[rpc.HTTPError](), reflect.TypeFor[gethrpc.HTTPError]()},
	} {
		for f := range pair[0].Fields() {
			if mine, ok := pair[1].FieldByName(f.Name); !ok || mine.Type != f.Type {
				t.Errorf("the field %v.%s is missing or another", pair[1], f.Name)
			}
		}
	}
}
