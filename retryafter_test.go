package jsonrpc_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
)

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		tests := []struct {
			name, value string
			want        time.Duration
		}{
			{"Retry-After", "120", 2 * time.Minute},
			{"Retry-After", " 1.5 ", 1500 * time.Millisecond},
			{"Retry-After", now.Add(time.Minute).UTC().Format(http.TimeFormat), time.Minute},
			{"Retry-After", now.Add(-time.Minute).UTC().Format(http.TimeFormat), 0},
			{"Retry-After", "soon", 0},
			{"Retry-After", "-1", 0},
			{"Retry-After", "NaN", 0},
			{"Retry-After", "Inf", 0},
			{"Retry-After", "1e300", 0},
			{"RateLimit", `"default";r=0;t=30`, 30 * time.Second},
			{"RateLimit", `"default";r=50;t=30`, 0},
			{"RateLimit", `"a";r=5;t=9, "b";r=0; t=3`, 3 * time.Second},
			{"RateLimit-Reset", "9", 9 * time.Second},
			{"X-RateLimit-Reset-After", "0.25", 250 * time.Millisecond},
			{"X-RateLimit-Reset", "11", 11 * time.Second},
			{"X-RateLimit-Reset", fmt.Sprint(now.Add(time.Hour).Unix()), time.Hour},
			{"X-RateLimit-Reset", fmt.Sprint(now.Add(time.Hour).UnixMilli()), time.Hour},
			{"X-RateLimit-Reset", fmt.Sprint(now.Add(-time.Hour).Unix()), 0},
			{"X-Other", "5", 0},
		}
		for _, test := range tests {
			h := http.Header{}
			h.Set(test.name, test.value)
			if got := jsonrpc.RetryAfter(h); got != test.want {
				t.Errorf("%s: %s is %v, want %v", test.name, test.value, got, test.want)
			}
		}
		both := http.Header{"Retry-After": {"soon"}, "X-Ratelimit-Reset": {"4"}}
		if got := jsonrpc.RetryAfter(both); got != 4*time.Second {
			t.Errorf("a Retry-After that cannot be read hides X-RateLimit-Reset: %v", got)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120", `"default";r=0;t=30`, "1700000000")
	f.Add("Fri, 31 Dec 1999 23:59:59 GMT", ";;,=", "1e10")
	f.Fuzz(func(t *testing.T, after, limit, reset string) {
		h := http.Header{"Retry-After": {after}, "Ratelimit": {limit}, "X-Ratelimit-Reset": {reset}}
		if d := jsonrpc.RetryAfter(h); d < 0 {
			t.Errorf("%v", d)
		}
	})
}
