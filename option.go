package jsonrpc

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Options come in kinds, so that the compiler refuses one where it makes no
// sense. Each kind can be used where the next is wanted.
type (
	// An Option can be given to [Dial], [NewPool] and [NewClient], for all calls of
	// the client, and to one call, for which it then counts instead. Headers,
	// query parameters and cookies merge, name by name.
	Option interface {
		ClientOption
		CallOption
	}

	// A ClientOption can be given to [Dial], [NewPool] and [NewClient].
	ClientOption interface {
		DialOption
		applyClient(*settings)
	}

	// A DialOption can be given to [Dial] and [NewPool]: it is about connections.
	DialOption interface {
		PoolOption
		applyDial(*dialSettings)
	}

	// A PoolOption can be given to [NewPool].
	PoolOption interface{ applyPool(*poolSettings) }

	// A CallOption can be given to one call.
	CallOption interface{ applyCall(*settings) }
)

// DefaultMaxReply is the limit of a reply's size in bytes, after decompression,
// unless [WithMaxReply] sets another.
const DefaultMaxReply = 64 << 20

// settings are what options set.
type settings struct {
	validate     bool
	version1     bool
	numbers      bool
	timeout      time.Duration
	maxReply     int64
	trim         int
	ids          IDGenerator
	id           ID
	header       http.Header
	query        url.Values
	cookies      map[string]string
	auths        []Auth
	fixedAuth    bool // an Authorization header was given after them
	logger       *slog.Logger
	deviations   func(Deviation)
	onResponse   func(*http.Response)
	hooked       bool // of a call: it has hooks of its own, which nobody else's message calls
	codec        *Codec
	interceptors []Interceptor
	idempotent   []string // patterns of methods
	chunkItems   int
	chunkBytes   int
	coalescing   *Coalescing
	handler      Handler
	stream       streamSettings
	progress     *progress
	session      string       // of a call of a pool
	opts         []CallOption // of a call of a pool: its endpoints' settings differ
	secrets      *secrets
	err          error
	custom       bool // for a call: its chain of interceptors is its own
}

func defaultSettings() settings {
	return settings{validate: true, maxReply: DefaultMaxReply, ids: Decimal(1)}
}

// forCall makes s, a copy of the client's settings, ready for the options of a
// call. What merges starts empty, because the client's own is added later.
func (s *settings) forCall() {
	s.header, s.query, s.cookies, s.hooked = nil, nil, nil, false
}

// with returns a copy of s, the client's settings, with the options of a call.
func (s settings) with(opts []CallOption) *settings {
	s.forCall()
	for _, opt := range opts {
		if opt != nil {
			opt.applyCall(&s)
		}
	}
	return &s
}

type (
	option     func(*settings)
	clientOnly func(*settings)
	callOnly   func(*settings)
	dialOnly   func(*dialSettings)
)

func (o option) applyCall(s *settings)         { o(s) }
func (o option) applyClient(s *settings)       { o(s) }
func (o option) applyDial(d *dialSettings)     { o(&d.settings) }
func (o clientOnly) applyClient(s *settings)   { o(s) }
func (o clientOnly) applyDial(d *dialSettings) { o(&d.settings) }
func (o callOnly) applyCall(s *settings)       { o(s) }
func (o dialOnly) applyDial(d *dialSettings)   { o(d) }

// The endpoints of a pool are dialled with them.
func (o option) applyPool(p *poolSettings)     { p.dial = append(p.dial, o) }
func (o clientOnly) applyPool(p *poolSettings) { p.dial = append(p.dial, o) }
func (o dialOnly) applyPool(p *poolSettings)   { p.dial = append(p.dial, o) }

// DialOptions makes one option of several, in their order, for a package whose
// option is made of some of this one.
func DialOptions(opts ...DialOption) DialOption {
	return dialOnly(func(d *dialSettings) {
		for _, opt := range opts {
			if opt != nil {
				opt.applyDial(d)
			}
		}
	})
}

// WithValidation(false) accepts replies that are not quite the JSON-RPC 2.0
// responses of the specification, as many servers send them: version 1.0, an
// error that is only a string, an id that got lost (see [Deviation]). The
// default is true. What makes a reply safe to use is checked in both cases.
func WithValidation(on bool) Option { return option(func(s *settings) { s.validate = on }) }

// WithVersion1 speaks JSON-RPC 1.0, for servers that refuse anything newer, as
// ovsdb-server does: requests have no member jsonrpc and always have params, and
// notifications have the id null. It turns validation off, since the responses
// are not those of version 2.0. Its params are by position, see [Args]: servers end
// the connection over others.
func WithVersion1() Option {
	return option(func(s *settings) { s.version1, s.validate = true, false })
}

// WithDeviations has f called for each [Deviation] of a reply that was accepted
// because validation is off, and for [DeviationAnswered], which does no harm, in
// any case. It may be called by many goroutines at once.
func WithDeviations(f func(Deviation)) Option {
	return option(func(s *settings) { s.deviations, s.hooked = f, true })
}

// WithHTTPResponse has f called with each HTTP response, for its status and its
// headers (an Mcp-Session-Id, a rate limit), before its body is read. The body is
// not for f, nor may it change anything. It may be called by many goroutines at
// once.
func WithHTTPResponse(f func(*http.Response)) Option {
	return option(func(s *settings) { s.onResponse, s.hooked = f, true })
}

// WithIDs draws the ids of requests that have none from g: one made by
// [Decimal], [Hex], [Random], [UUID], or a function of your own.
func WithIDs(g IDGenerator) Option {
	return option(func(s *settings) {
		if s.ids = g; g == nil {
			s.fail("the id generator is nil")
		}
	})
}

// WithID gives this one request the id. In a batch it is the first request's.
func WithID(id ID) CallOption { return callOnly(func(s *settings) { s.id = id }) }

// WithTimeout bounds each call: its connection, request and reply. 0, the
// default, leaves that to the context alone. Real servers leave some requests
// without an answer for ever: give every call an end of one kind or the other.
func WithTimeout(d time.Duration) Option { return option(func(s *settings) { s.timeout = d }) }

// WithMaxReply bounds the size of a reply, after decompression, in bytes; of an
// event stream, that of each event. A larger one is [ErrReplyTooLarge]. The
// default is [DefaultMaxReply]. On a stream a call's limit can only be below the
// client's: a message over that is dropped as it arrives, and ends the call that it
// answers if its first bytes name it, or if no other call is under way; otherwise it
// is told to [WithStreamErrors].
func WithMaxReply(bytes int64) Option {
	return option(func(s *settings) {
		if s.maxReply = min(bytes, math.MaxInt64-1); bytes <= 0 { // one more is looked for
			s.fail("the limit of a reply's size is %d: it must be positive", bytes)
		}
	})
}

// WithNumbers decodes numbers into json.Number, with all their digits, where a
// result is decoded into an any. The default is float64, as in encoding/json.
func WithNumbers() Option { return option(func(s *settings) { s.numbers = true }) }

// WithCodec encodes params and decodes results with c instead of the engine of
// this package, which follows encoding/json. [WithNumbers] has no effect on it.
func WithCodec(c Codec) Option { return option(func(s *settings) { s.codec = &c }) }

// WithLogger logs each message and each reply to l at level Info, as
//
//	--> {"jsonrpc":"2.0","method":"cat","params":{"name":"Mittens"},"id":1}
//	<-- {"jsonrpc":"2.0","result":"meow","id":1}
//
// with the attributes endpoint and, for a reply, duration and http_status.
// [NewLogHandler] prints just the arrows. Nil turns the log off. Secrets are
// masked (see [WithSecrets]). A reply is kept whole for the log, that of [Rows] and
// [Open] too.
func WithLogger(l *slog.Logger) Option {
	return option(func(s *settings) { s.logger, s.custom = l, true })
}

// WithLogTrim shortens strings and arrays longer than n, in characters and in
// items, in what is logged. 0, the default, logs all.
func WithLogTrim(n int) Option {
	return option(func(s *settings) { s.trim, s.custom = n, true })
}

// WithSecrets marks texts that must never reach an error or a log: a token in
// params, an API key in the URL's path. They are replaced with "***" there.
// Passwords, tokens, query parameters and the values of headers that may hold
// secrets are marked already, if they have four characters or more.
func WithSecrets(values ...string) Option {
	return option(func(s *settings) { s.secrets = s.secrets.with(values...) })
}

// WithMaxBatch sends a [Batch] with more items than that, or more bytes, as
// several batches, one after the other. The [Reply] is that of all; a batch that
// fails as a whole fails alone. [WithTimeout] counts for all of them together. 0 means
// no limit, which is the default.
func WithMaxBatch(items, bytes int) Option {
	return option(func(s *settings) { s.chunkItems, s.chunkBytes = items, bytes })
}

// WithInterceptors puts interceptors around each call, the first outermost, and
// inside of those that are there already.
func WithInterceptors(interceptors ...Interceptor) ClientOption {
	return clientOnly(func(s *settings) {
		s.interceptors = append(slices.Clip(s.interceptors), interceptors...)
	})
}

// WithHandler has h handle what the server sends of its own accord: on a stream,
// its requests and those notifications that no subscription takes; over HTTP,
// what is in an event stream. Requests are handled side by side, notifications
// in their order. The context ends with the connection. A [Mux] is a Handler.
func WithHandler(h Handler) ClientOption {
	return clientOnly(func(s *settings) { s.handler = h })
}

// WithHeader sends a header with each message, besides those of other options;
// with several values, several times. Without a value it removes the header: a
// default one, or on a call one of the client's.
func WithHeader(name string, values ...string) Option {
	return option(func(s *settings) { s.setHeader(name, values) })
}

// WithBasicAuth sends user and password with each message (RFC 7617). They can
// also be in the URL given to [Dial].
func WithBasicAuth(user, password string) Option {
	return option(func(s *settings) {
		if strings.Contains(user, ":") {
			s.fail("a user name for basic authentication cannot hold a colon")
			return
		}
		s.setHeader("Authorization", []string{"Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))})
		s.secrets = s.secrets.withFound(password)
	})
}

// WithBearerToken sends the token with each message (RFC 6750).
func WithBearerToken(token string) Option {
	return WithHeader("Authorization", "Bearer "+token)
}

// WithQuery adds a parameter to the query of the URL; without a value it removes
// one.
func WithQuery(name string, values ...string) Option {
	return option(func(s *settings) {
		if s.query == nil {
			s.query = url.Values{}
		}
		s.query[name] = values
		s.secrets = s.secrets.withFound(values...)
	})
}

// WithCookie sends a cookie. To keep those that the server sets, see
// [WithCookieJar].
func WithCookie(name, value string) Option {
	return option(func(s *settings) {
		if err := (&http.Cookie{Name: name, Value: value}).Valid(); err != nil {
			s.fail("cookie %.40q: its name or value has characters that a cookie cannot have", name)
			return
		}
		if s.cookies == nil {
			s.cookies = map[string]string{}
		}
		s.cookies[name] = value
		s.secrets = s.secrets.withFound(value)
	})
}

// setHeader checks a header before it can be smuggled into another.
func (s *settings) setHeader(name string, values []string) {
	if !validHeaderName(name) {
		s.fail("header name %.40q: use letters, digits and hyphens", name)
		return
	}
	for _, v := range values {
		if !validHeaderValue(v) {
			s.fail("the value of header %s has a line break or a null in it", name)
			return
		}
	}
	name = http.CanonicalHeaderKey(name)
	if s.header == nil {
		s.header = http.Header{}
	}
	s.header[name] = values
	if name == "Authorization" {
		s.fixedAuth = true
	}
	s.secrets = s.secrets.withFound(headerSecrets(name, values)...)
}

// validHeaderValue reports whether v ends where it seems to.
func validHeaderValue(v string) bool { return !strings.ContainsAny(v, "\r\n\x00") }

// validHeaderName reports whether name is a token (RFC 9110, 5.6.2).
func validHeaderName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return name != ""
}

// fail keeps the first error of the options.
func (s *settings) fail(format string, args ...any) {
	if s.err == nil {
		s.err = &MessageError{Reason: fmt.Sprintf(format, args...)}
	}
}

// cookieHeader returns the cookies of s over those of base as one header's value.
func (s *settings) cookieHeader(base *settings) []string {
	all := maps.Clone(base.cookies)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, s.cookies)
	r := http.Request{Header: http.Header{}}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r.AddCookie(&http.Cookie{Name: name, Value: all[name]})
	}
	return r.Header["Cookie"]
}
