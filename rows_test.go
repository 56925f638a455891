package jsonrpc_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// answering serves reply to every request, with its length or in chunks.
func answering(t *testing.T, reply string, chunked bool) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if !chunked {
			w.Header().Set("Content-Length", strconv.Itoa(len(reply)))
		}
		for rest := reply; rest != ""; {
			n := min(len(rest), 10_007) // no multiple of a buffer
			if _, err := io.WriteString(w, rest[:n]); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			rest = rest[n:]
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// What is decoded while it arrives comes to the same as what is decoded afterwards.
func TestLargeReplies(t *testing.T) {
	items := strings.Repeat(`{"name":"Mittens é€😀","n":12345678901234567890},`, 5000)
	items = "[" + strings.TrimSuffix(items, ",") + "]"
	for name, reply := range map[string]string{
		"result first":      `{"result":` + items + `,"jsonrpc":"2.0","id":1}`,
		"result last":       ` {"jsonrpc":"2.0","id":1,"result": ` + items + " }\r\n",
		"escaped name":      `{"jsonrpc":"2.0","id":1,"r\u0065sult":` + items + `}`,
		"long before it":    `{"jsonrpc":"2.0","other":` + items + `,"id":1,"result":[]}`,
		"foreign id":        `{"jsonrpc":"2.0","result":` + items + `,"id":2}`,
		"no version":        `{"result":` + items + `,"id":1}`,
		"twice":             `{"jsonrpc":"2.0","result":` + items + `,"result":[],"id":1}`,
		"and an error":      `{"jsonrpc":"2.0","result":` + items + `,"error":{"code":1,"message":"no"},"id":1}`,
		"an error":          `{"jsonrpc":"2.0","error":{"code":1,"message":"no","data":` + items + `},"id":1}`,
		"more after it":     `{"jsonrpc":"2.0","result":` + items + `,"id":1}{}`,
		"cut in the result": `{"jsonrpc":"2.0","result":` + items[:len(items)-10],
		"cut after it":      `{"jsonrpc":"2.0","result":` + items,
		"not JSON":          `{"jsonrpc":"2.0","result":` + items[:len(items)-1] + `,}],"id":1}`,
		"invalid UTF-8":     `{"jsonrpc":"2.0","id":1,"result":` + items[:len(items)-1] + ",{\"name\":\"\xff\"}]}",
		"UTF-8 cut":         `{"jsonrpc":"2.0","id":1,"result":` + items[:len(items)-1] + ",{\"name\":\"\xe2\x82",
		"another type":      `{"jsonrpc":"2.0","id":1,"result":` + items[:len(items)-1] + `,{"name":7}]}`,
		"another shape":     `{"jsonrpc":"2.0","id":1,"result":{"items":` + items + `}}`,
		"an array":          `[{"jsonrpc":"2.0","id":1,"result":` + items + `}]`,
	} {
		for _, validate := range []bool{true, false} {
			var outcomes [2]string
			for i, chunked := range []bool{false, true} {
				client := dial(t, answering(t, reply, chunked), jsonrpc.WithValidation(validate))
				var cats []struct {
					Name string
					N    json.Number
				}
				err := client.Call(t.Context(), "cats", nil, &cats)
				outcomes[i] = fmt.Sprintf("%T", errors.Unwrap(err))
				if invalid := (*jsonrpc.ValidationError)(nil); errors.As(err, &invalid) {
					outcomes[i] = invalid.Error()
				}
				if err == nil {
					outcomes[i] = fmt.Sprint(len(cats), cats[max(0, len(cats)-1):])
				}
			}
			if outcomes[0] != outcomes[1] {
				t.Errorf("%s, validation %v: %s as it arrived, %s afterwards", name, validate, outcomes[0], outcomes[1])
			}
		}
	}
}

func TestRows(t *testing.T) {
	for _, n := range []int{0, 1, 3, 100_000} {
		var all strings.Builder
		for i := range n {
			fmt.Fprintf(&all, ",%d", i)
		}
		reply := `{"jsonrpc":"2.0","result":[` + strings.TrimPrefix(all.String(), ",") + `],"id":1}`
		for _, chunked := range []bool{false, true} {
			next := 0
			for i, err := range jsonrpc.Rows[int](t.Context(), dial(t, answering(t, reply, chunked)), "numbers", nil) {
				if err != nil || i != next {
					t.Fatal(i, err, next)
				}
				next++
			}
			if next != n {
				t.Errorf("%d items of %d", next, n)
			}
		}
	}
}

func TestRowsOfWhatIsNoArray(t *testing.T) {
	for result, kind := range map[string]string{`{}`: "an object", `"x"`: "a string", `7`: "a number", `true`: "true"} {
		client := newClient(t, conversation1(`{"jsonrpc":"2.0","result":`+result+`,"id":1}`))
		for _, err := range jsonrpc.Rows[int](t.Context(), client, "numbers", nil, jsonrpc.WithID(jsonrpc.IntID(1))) {
			wantError(t, err, "jsonrpc: numbers at test:: the result does not fit: its items were wanted, and it is "+kind+", not an array")
		}
	}
}

func TestRowsEnd(t *testing.T) {
	many := strings.Repeat("1,", 100_000)
	for name, test := range map[string]struct {
		result string
		items  int
		want   any
	}{
		"null":         {`null`, 0, nil},
		"an object":    {`{}`, 0, new(*jsonrpc.DecodeError)},
		"an item":      {`[1,2,"x"]`, 2, new(*jsonrpc.DecodeError)},
		"a late item":  {`[` + many + `"x"]`, 100_000, new(*jsonrpc.DecodeError)},
		"not JSON":     {`[` + many + `}`, 100_000, new(*jsonrpc.ParseResponseError)},
		"a foreign id": {`[1],"id":9,"x":[1`, 1, new(*jsonrpc.ValidationError)},
		"cut, or not":  {`[` + many + `1`, 100_000, new(*jsonrpc.ParseResponseError)},
	} {
		t.Run(name, func(t *testing.T) {
			reply := `{"jsonrpc":"2.0","result":` + test.result
			switch name {
			case "a foreign id":
				reply += "]}"
			case "cut, or not":
			default:
				reply += `,"id":1}`
			}
			items, last := 0, error(nil)
			for _, err := range jsonrpc.Rows[int](t.Context(), dial(t, answering(t, reply, true)), "numbers", nil) {
				if last = err; err == nil {
					items++
				}
			}
			if test.want == nil && last != nil || test.want != nil && !errors.As(last, test.want) {
				t.Errorf("%v, want %v", last, reflect.TypeOf(test.want))
			}
			if name != "a foreign id" && items != test.items {
				t.Errorf("%d items, want %d", items, test.items)
			}
		})
	}
}

// Over a transport whose replies are whole, and on a stream.
func TestRowsOfAWholeReply(t *testing.T) {
	for name, client := range map[string]*jsonrpc.Client{
		"in memory": jsonrpctest.Connect(jsonrpctest.Handlers{
			"numbers": jsonrpctest.Func(func() []any { return []any{1, 2, "x"} }),
		}),
		"reader": newClient(t, says(`{"jsonrpc":"2.0","result":[1,2,"x"],"id":1}`)),
		"stream": lineClient(t, `{"jsonrpc":"2.0","result":[1,2,"x"],"id":1}`),
	} {
		t.Run(name, func(t *testing.T) {
			var got []int
			var last error
			for n, err := range jsonrpc.Rows[int](t.Context(), client, "numbers", nil) {
				if last = err; err == nil {
					got = append(got, n)
				}
			}
			if !slices.Equal(got, []int{1, 2}) || !strings.Contains(as[*jsonrpc.DecodeError](t, last).Error(), "JSON string") {
				t.Error(got, last)
			}
		})
	}
}

// lineClient is a client of a stream whose server answers the first line with
// reply.
func lineClient(t *testing.T, reply string) *jsonrpc.Client {
	t.Helper()
	ours, theirs := net.Pipe()
	go func() {
		if _, err := bufio.NewReader(theirs).ReadString('\n'); err == nil {
			_, _ = io.WriteString(theirs, reply+"\n")
		}
	}()
	client, err := jsonrpc.NewStreamClient(t.Context(), "lines", func(context.Context) (transport.Stream, error) {
		return transport.NewStream(ours, nil), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestRowsLoopLeft(t *testing.T) {
	client := dial(t, answering(t, `{"jsonrpc":"2.0","result":[`+strings.Repeat("1,", 1_000_000)+`1],"id":1}`, true))
	for range 3 {
		for _, err := range jsonrpc.Rows[int](t.Context(), client, "numbers", nil, jsonrpc.WithID(jsonrpc.IntID(1))) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
}

func TestRowsOverTheLimit(t *testing.T) {
	client := dial(t, answering(t, `{"jsonrpc":"2.0","result":[`+strings.Repeat("1,", 1_000_000)+`1],"id":1}`, true), jsonrpc.WithMaxReply(100_000))
	var last error
	for _, err := range jsonrpc.Rows[int](t.Context(), client, "numbers", nil) {
		last = err
	}
	if !errors.Is(last, jsonrpc.ErrReplyTooLarge) {
		t.Error(last)
	}
}
