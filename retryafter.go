package jsonrpc

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter returns how long the headers of a response ask to be left alone, or
// 0 if they do not. The first of these that is there counts:
//
//	Retry-After               seconds or a date (RFC 9110, 10.2.3)
//	RateLimit                 its parameter t, seconds (draft-ietf-httpapi-ratelimit-headers, from 08)
//	RateLimit-Reset           seconds (the same draft, to 07)
//	X-RateLimit-Reset-After   seconds
//	X-RateLimit-Reset         seconds, or the time of the reset in seconds or milliseconds since 1970
//
// Fractions of a second count. What cannot be read is passed over.
func RetryAfter(h http.Header) time.Duration {
	if text := h.Get("Retry-After"); text != "" {
		if at, err := http.ParseTime(text); err == nil {
			return max(time.Until(at), 0)
		}
		if d, ok := parseSeconds(text); ok {
			return d
		}
	}
	for policy := range strings.SplitSeq(strings.Join(h.Values("Ratelimit"), ","), ",") {
		var left, reset string
		for parameter := range strings.SplitSeq(policy, ";") {
			switch name, value, _ := strings.Cut(strings.TrimSpace(parameter), "="); name {
			case "r":
				left = value
			case "t":
				reset = value
			}
		}
		if d, ok := parseSeconds(reset); ok && (left == "" || left == "0") {
			return d
		}
	}
	for _, name := range [...]string{"RateLimit-Reset", "X-RateLimit-Reset-After", "X-RateLimit-Reset"} {
		if d, ok := parseSeconds(h.Get(name)); ok {
			return sinceEpoch(d)
		}
	}
	return 0
}

// sinceEpoch returns how long d is from now if it is a time, in seconds or
// milliseconds since 1970, and d otherwise: nobody asks to wait for thirty years.
func sinceEpoch(d time.Duration) time.Duration {
	const years = 365 * 24 * time.Hour
	seconds := int64(d / time.Second)
	switch {
	case d < 30*years:
		return d
	case d < 200*years:
		return max(time.Until(time.Unix(seconds, 0)), 0)
	}
	return 0
}

// maxSeconds is the longest time that a header may name, for as much as fits into
// a time.Duration.
const maxSeconds = float64(1<<63-1) / 1e9

// parseSeconds reads a number of seconds. Milliseconds since 1970 are made
// seconds.
func parseSeconds(text string) (time.Duration, bool) {
	seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || seconds != seconds || seconds < 0 {
		return 0, false
	}
	if seconds > 1e11 && seconds < 1e14 {
		seconds /= 1000
	}
	if seconds >= maxSeconds {
		return 0, false
	}
	return time.Duration(seconds * 1e9), true
}

// retryAfterData returns how long the data of an error asks to be left alone, or
// 0 if it does not: Infura's backoff_seconds, Chainstack's try_again_in (as "1.5s"
// or a number), and the usual retry_after; beside the others or in a member rate.
func retryAfterData(data json.RawMessage) time.Duration {
	type times struct {
		BackoffSeconds json.RawMessage `json:"backoff_seconds"`
		TryAgainIn     json.RawMessage `json:"try_again_in"`
		RetryAfter     json.RawMessage `json:"retry_after"`
		RetryAfterJS   json.RawMessage `json:"retryAfter"`
	}
	var d struct {
		times
		Rate json.RawMessage `json:"rate"`
	}
	if len(data) == 0 || data[0] != '{' || json.Unmarshal(data, &d) != nil {
		return 0
	}
	var inner times
	if len(d.Rate) > 0 && d.Rate[0] == '{' {
		_ = json.Unmarshal(d.Rate, &inner) // what is of another kind says nothing
	}
	for _, t := range [...]times{d.times, inner} {
		for _, value := range [...]json.RawMessage{t.BackoffSeconds, t.TryAgainIn, t.RetryAfter, t.RetryAfterJS} {
			text := strings.Trim(string(value), `"`)
			if after, ok := parseSeconds(text); ok {
				return after
			}
			if after, err := time.ParseDuration(strings.ReplaceAll(text, " ", "")); err == nil && after > 0 {
				return after
			}
		}
	}
	return 0
}
