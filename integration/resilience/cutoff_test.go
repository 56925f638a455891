package resilience_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
)

// What a large reply has brought before it was cut off is not in the result of the
// next attempt, nor through a pool of one.
func TestRetryOfResultCutOff(t *testing.T) {
	members := func(name string) string {
		var b strings.Builder
		for i := range 20_000 {
			fmt.Fprintf(&b, `,"%s%d":%d`, name, i, i)
		}
		return "{" + b.String()[1:] + "}"
	}
	retry := resilience.New(resilience.Retry{First: time.Millisecond})
	for name, dial := range map[string]func(url string) (jsonrpc.Caller, io.Closer, error){
		"a client": func(url string) (jsonrpc.Caller, io.Closer, error) {
			c, err := jsonrpc.Dial(t.Context(), url, idempotent, retry)
			return c, c, err
		},
		"a pool": func(url string) (jsonrpc.Caller, io.Closer, error) {
			p, err := jsonrpc.NewPool(t.Context(), jsonrpc.URLs(url), idempotent, retry)
			return p, p, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				asked++
				text := fmt.Sprintf(`{"jsonrpc":"2.0","result":%s,"id":%s}`, members(strconv.Itoa(asked)+"-"), idOf(string(body)))
				w.Header().Set("Content-Length", strconv.Itoa(len(text)))
				if asked == 1 {
					_, _ = io.WriteString(w, text[:len(text)/2])
					panic(http.ErrAbortHandler)
				}
				_, _ = io.WriteString(w, text)
			}))
			defer server.Close()
			client, closer, err := dial(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer closer.Close()
			got, err := jsonrpc.Call[map[string]int](t.Context(), client, "get", nil)
			if err != nil || len(got) != 20_000 || got["2-7"] != 7 {
				t.Errorf("%d members, %v", len(got), err)
			}
		})
	}
}
