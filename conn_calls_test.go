package jsonrpc_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func TestConnRepliesInAnyOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		ctx := t.Context()
		one, two, three := startCall(ctx, t, c, "one"), startCall(ctx, t, c, "two"), startCall(ctx, t, c, "three")
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			--> {"jsonrpc":"2.0","method":"two","id":2}
			--> {"jsonrpc":"2.0","method":"three","id":3}
			<-- {"jsonrpc":"2.0","result":"c","id":3}
			<-- {"jsonrpc":"2.0","error":{"code":-32000,"message":"no"},"id":1}
			<-- {"jsonrpc":"2.0","result":"b","id":2}
		`)
		two.want("b")
		three.want("c")
		if _, err := one.get(); jsonrpc.CodeOf(err) != -32000 {
			t.Errorf("one: %v", err)
		}
		if s := c.StreamStats(); s != (jsonrpc.StreamStats{Connects: 1}) {
			t.Errorf("%+v", s)
		}
	})
}

func TestConnNotify(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		note := start(t, func() (int, error) { return 0, c.Notify(t.Context(), "log", jsonrpc.Args{1}) })
		p.play(`--> {"jsonrpc":"2.0","method":"log","params":[1]}`)
		note.want(0)
	})
}

func TestConnCancelledCall(t *testing.T) {
	tests := []struct {
		name   string
		notice func(jsonrpc.ID) jsonrpc.Message
		sends  string
	}{
		{"none", nil, ""},
		{"LSP", jsonrpc.CancelLSP, `--> {"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":7}}`},
		{"MCP", jsonrpc.CancelMCP, `--> {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`},
		{"own", func(id jsonrpc.ID) jsonrpc.Message {
			return jsonrpc.Raw(`{"method":"abort","params":[` + id.String() + `]}`)
		}, `--> {"method":"abort","params":[7]}`},
		{"own that says no", func(jsonrpc.ID) jsonrpc.Message { return nil }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *peer) {
				c := p.client(jsonrpc.WithCancelNotice(test.notice))
				ctx, cancel := context.WithCancel(t.Context())
				slow := startCall(ctx, t, c, "slow", jsonrpc.WithID(jsonrpc.IntID(7)))
				p.play(`--> {"jsonrpc":"2.0","method":"slow","id":7}`)
				cancel()
				slow.wantErr(context.Canceled, true)
				p.play(test.sends)

				// Its id is free at once.
				again := startCall(t.Context(), t, c, "again", jsonrpc.WithID(jsonrpc.IntID(7)))
				p.play(`
					--> {"jsonrpc":"2.0","method":"again","id":7}
					<-- {"jsonrpc":"2.0","result":"b","id":7}
					# late
					<-- {"jsonrpc":"2.0","result":"a","id":7}
				`)
				again.want("b")
				if s := c.StreamStats(); s.Strays != 1 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// A notice that asks for an answer, or cannot be encoded, is the programmer's
// mistake: it is reported, and nothing is sent.
func TestConnCancelNoticeThatIsNone(t *testing.T) {
	for name, notice := range map[string]jsonrpc.Message{
		"request": jsonrpc.Request{Method: "cancel"},
		"batch":   &jsonrpc.Batch{},
		"params":  jsonrpc.Notification{Method: "cancel", Params: jsonrpc.Args{make(chan int)}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *peer) {
				var reports tray
				c := p.client(jsonrpc.WithStreamErrors(reports.put),
					jsonrpc.WithCancelNotice(func(jsonrpc.ID) jsonrpc.Message { return notice }))
				ctx, cancel := context.WithCancel(t.Context())
				slow := startCall(ctx, t, c, "slow")
				p.play(`--> {"jsonrpc":"2.0","method":"slow","id":1}`)
				cancel()
				slow.wantErr(context.Canceled, true)
				p.play(``)
				reports.want(t, "the notice of a cancelled call")
			})
		})
	}
}

func TestConnCause(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		errTired := errors.New("tired")
		ctx, cancel := context.WithCancelCause(t.Context())
		slow := startCall(ctx, t, c, "slow")
		p.play(`--> {"jsonrpc":"2.0","method":"slow","id":1}`)
		cancel(errTired)
		slow.wantErr(errTired, true)
		slow.wantErr(context.Canceled, true)
	})
}

func TestConnStrays(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		one, two := startCall(t.Context(), t, c, "one"), startCall(t.Context(), t, c, "two")
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			--> {"jsonrpc":"2.0","method":"two","id":2}
			<-- {"jsonrpc":"2.0","result":"a","id":1}
			# the same again, and another
			<-- {"jsonrpc":"2.0","result":"a","id":1}
			<-- {"jsonrpc":"2.0","result":"x","id":1}
			# of nobody
			<-- {"jsonrpc":"2.0","result":"x","id":99}
			<-- {"jsonrpc":"2.0","result":"x","id":"two"}
			<-- {"jsonrpc":"2.0","result":"x","id":[2]}
			<-- {"jsonrpc":"2.0","result":"b","id":2}
		`)
		one.want("a")
		two.want("b")
		if s := c.StreamStats(); s.Strays != 5 || s.Malformed != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A server that makes a string of the id answers this call and no other.
func TestConnIDInAnotherForm(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client(jsonrpc.WithValidation(false))
		one := startCall(t.Context(), t, c, "one")
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			<-- {"jsonrpc":"2.0","result":"a","id":"1"}
		`)
		one.want("a")
		strict := startCall(t.Context(), t, c, "two", jsonrpc.WithValidation(true))
		p.play(`
			--> {"jsonrpc":"2.0","method":"two","id":2}
			<-- {"jsonrpc":"2.0","result":"b","id":2.0}
		`)
		_, err := strict.get()
		if as[*jsonrpc.ValidationError](t, err).Deviation != jsonrpc.DeviationIDForm {
			t.Error(err)
		}
	})
}

func TestConnResponseWithoutID(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		var reports tray
		c := p.client(jsonrpc.WithStreamErrors(reports.put))
		one := startCall(t.Context(), t, c, "one")
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			<-- {"jsonrpc":"2.0","error":{"code":-32700,"message":"what?"},"id":null}
		`)
		if _, err := one.get(); jsonrpc.CodeOf(err) != jsonrpc.CodeParseError {
			t.Errorf("the only call: %v", err)
		}
		reports.want(t)

		two, three := startCall(t.Context(), t, c, "two"), startCall(t.Context(), t, c, "three")
		p.play(`
			--> {"jsonrpc":"2.0","method":"two","id":2}
			--> {"jsonrpc":"2.0","method":"three","id":3}
			<-- {"jsonrpc":"2.0","error":{"code":-32700,"message":"what?"},"id":null}
			<-- {"jsonrpc":"2.0","result":1}
			<-- {"jsonrpc":"2.0","result":"b","id":2}
			<-- {"jsonrpc":"2.0","result":"c","id":3}
		`)
		reports.want(t, "without an id", "without an id")
		two.want("b")
		three.want("c")
		if s := c.StreamStats(); s.Strays != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestConnMalformedMessages(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		var reports tray
		c := p.client(jsonrpc.WithStreamErrors(reports.put))
		one := startCall(t.Context(), t, c, "one")
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			<-- starting server…
			<-- {"jsonrpc":"2.0",
			<-- 5
			<-- {} {}
			<-- [1]
			<-- {"jsonrpc":"2.0","method":5}
			<-- {"jsonrpc":"2.0","method":"m","method":"m","id":1,"id":1}
			<-- {"jsonrpc":"2.0","method":"m","params":{,"id":1}
			<-- {"jsonrpc":"2.0","method":"m","id":{}}
			<-- {"status":"ready"}
			<-- {"jsonrpc":"2.0","result":"a","id":1}
		`)
		one.want("a")
		if s := c.StreamStats(); s.Malformed != 10 || s.Strays != 0 {
			t.Errorf("%+v", s)
		}
		reports.want(t, "skipped", "skipped", "skipped", "skipped", "skipped", "skipped", "twice", "skipped", "no id", "not a response")
	})
}

// What is wrong inside of a reply is told to its caller, who would wait for ever
// otherwise.
func TestConnBrokenReplies(t *testing.T) {
	for name, reply := range map[string]string{
		"inside of the result": `{"jsonrpc":"2.0","id":1,"result":{"a":}}`,
		"cut":                  `{"jsonrpc":"2.0","id":1,"result":{"a":`,
		"something after it":   `{"jsonrpc":"2.0","id":1,"result":"a"}}`,
		"not UTF-8":            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"\xff\"}",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *peer) {
				c := p.client()
				one := startCall(t.Context(), t, c, "one")
				p.play("--> " + `{"jsonrpc":"2.0","method":"one","id":1}` + "\n<-- " + reply)
				_, err := one.get()
				as[*jsonrpc.ParseResponseError](t, err)
				two := startCall(t.Context(), t, c, "two")
				p.play(`
					--> {"jsonrpc":"2.0","method":"two","id":2}
					<-- {"jsonrpc":"2.0","result":"b","id":2}
				`)
				two.want("b")
			})
		})
	}
}

func TestConnReplyTooLarge(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		one := startCall(t.Context(), t, c, "one", jsonrpc.WithMaxReply(50))
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			<-- {"jsonrpc":"2.0","result":"it is much too long, as you can see","id":1}
		`)
		one.wantErr(jsonrpc.ErrReplyTooLarge, true)
	})
}

// What is over the stream's own limit has not been kept, but for how it begins: a
// call must not wait for it for ever.
func TestConnReplyTooLargeForTheStream(t *testing.T) {
	long := `"` + strings.Repeat("x", 300) + `"`
	for name, test := range map[string]struct {
		script string
		ends   bool
	}{
		"id before":             {`<-- {"jsonrpc":"2.0","id":1,"result":` + long + `}`, true},
		"id before, in a batch": {`<-- [{"jsonrpc":"2.0","id":1,"result":` + long + `}]`, true},
		"a careless id":         {`<-- {"id":"1","result":` + long + `}`, true},
		"an error":              {`<-- {"jsonrpc":"2.0","error":{"code":1,"message":` + long + `},"id":1}`, true},
		"id after":              {`<-- {"jsonrpc":"2.0","result":` + long + `,"id":1}`, true},
		"in a batch, after":     {`<-- [{"jsonrpc":"2.0","result":` + long + `,"id":1}]`, true},
		"another id":            {`<-- {"jsonrpc":"2.0","id":2,"result":` + long + `}`, false},
		"a notification":        {`<-- {"jsonrpc":"2.0","method":"a","params":[` + long + `]}`, false},
		"a request":             {`<-- {"jsonrpc":"2.0","id":1,"method":"a","params":[` + long + `]}`, false},
		"nobody knows":          {`<-- {"x":` + long + `}`, false},
		"a long log line":       {`<-- ` + long, false},
	} {
		inBubble(t, func(t *testing.T, p *peer) {
			var reports tray
			p.limit = 100
			c := p.client(jsonrpc.WithStreamErrors(reports.put))
			one := startCall(t.Context(), t, c, "one")
			p.play(`
				--> {"jsonrpc":"2.0","method":"one","id":1}
				` + test.script)
			if one.ended() != test.ends {
				t.Fatalf("%s: ended: %v", name, !test.ends)
			}
			if test.ends {
				one.wantErr(jsonrpc.ErrReplyTooLarge, true)
				reports.want(t)
			} else {
				reports.want(t, "over the limit of 100 bytes")
				p.play(`<-- {"jsonrpc":"2.0","result":"a","id":1}`)
				one.want("a")
			}
			two := startCall(t.Context(), t, c, "two")
			p.play(`
				--> {"jsonrpc":"2.0","method":"two","id":2}
				<-- {"jsonrpc":"2.0","result":"b","id":2}
			`)
			two.want("b")
		})
	}
}

// Of two calls, it is the one that is named, in what is kept, whose reply was too large.
func TestConnReplyTooLargeForTheStreamAmongOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		p.limit = 60
		c, long := p.client(), strings.Repeat("x", 300)
		one, two := startCall(t.Context(), t, c, "one"), startCall(t.Context(), t, c, "two")
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			--> {"jsonrpc":"2.0","method":"two","id":2}
			<-- {"jsonrpc":"2.0","result":"` + long + `","id":1}
			<-- {"jsonrpc":"2.0","extra":"` + long[:211] + `","result":1,"id":2` + strings.Repeat("0", 100) + `}
		`)
		if one.ended() || two.ended() {
			t.Error("one ended, of which nobody could tell that it was the one")
		}
		p.play(`<-- {"jsonrpc":"2.0","id":2,"result":"` + long + `"}`)
		two.wantErr(jsonrpc.ErrReplyTooLarge, true)
		if one.ended() {
			t.Error("the other one ended too")
		}
		p.play(`<-- {"jsonrpc":"2.0","result":"a","id":1}`)
		one.want("a")
	})
}

func TestConnIDUsedTwice(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		id := jsonrpc.WithID(jsonrpc.StringID("x"))
		one := startCall(t.Context(), t, c, "one", id)
		p.play(`--> {"jsonrpc":"2.0","method":"one","id":"x"}`)
		two := startCall(t.Context(), t, c, "two", id)
		_, err := two.get()
		as[*jsonrpc.MessageError](t, err)
		if jsonrpc.MaybeSent(err) {
			t.Errorf("MaybeSent(%v)", err)
		}
		p.play(`<-- {"jsonrpc":"2.0","result":"a","id":"x"}`)
		one.want("a")
	})
}

func TestConnRefusesHeaders(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		for _, opt := range []jsonrpc.ClientOption{
			jsonrpc.WithHeader("X", "y"), jsonrpc.WithBasicAuth("u", "p"), jsonrpc.WithBearerToken("t"), jsonrpc.WithCookie("a", "b"),
			jsonrpc.WithQuery("a", "b"), jsonrpc.WithBearer(func(context.Context) (string, error) { return "t", nil }),
		} {
			_, err := jsonrpc.NewStreamClient(t.Context(), "test:", p.dial, opt)
			as[*jsonrpc.MessageError](t, err)
		}
		if len(p.dials) > 0 {
			t.Error("it was dialled all the same")
		}
		c := p.client()
		for _, opt := range []jsonrpc.CallOption{
			jsonrpc.WithHeader("X", "y"), jsonrpc.WithBasicAuth("u", "p"), jsonrpc.WithBearerToken("t"), jsonrpc.WithCookie("a", "b"),
			jsonrpc.WithQuery("a", "b"), jsonrpc.WithBearer(func(context.Context) (string, error) { return "t", nil }),
		} {
			startCall(t.Context(), t, c, "one", opt).wantErr(transport.ErrNoHeaders, false)
		}
		p.play(``) // nothing was sent
	})
}

func TestConnTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client(jsonrpc.WithTimeout(time.Second), jsonrpc.WithCancelNotice(jsonrpc.CancelLSP))
		one := startCall(t.Context(), t, c, "one")
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			wait 1s
			--> {"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}
		`)
		one.wantErr(context.DeadlineExceeded, true)
	})
}
