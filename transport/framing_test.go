package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

var framings = []*Framing{Newline, Header, Bare, Netstring}

// readAll returns what a stream reads from r: messages, the errors of those that
// are spoilt in parentheses, and the last error.
func readAll(framing *Framing, limit int64, r io.Reader) (all []string) {
	s := NewStream(struct {
		io.Reader
		io.WriteCloser
	}{Reader: r}, &StreamOptions{Framing: framing, MaxMessage: limit})
	for {
		msg, err := s.Read(context.Background(), nil)
		spoilt, ok := errors.AsType[*FrameError](err)
		switch {
		case err == nil:
			all = append(all, string(msg))
		case ok && errors.Is(err, ErrTooLarge):
			all = append(all, "(too large)")
		case ok:
			all = append(all, "("+spoilt.Reason+")")
		case err == io.EOF:
			return all
		default:
			return append(all, err.Error())
		}
	}
}

const unexpected = "the stream ended in the middle of a message: unexpected EOF"

func TestFramings(t *testing.T) {
	length := func(n int, body string) string { return "Content-Length: " + strconv.Itoa(n) + "\r\n\r\n" + body }
	long := `["` + strings.Repeat("x", 100_000) + `"]`
	for _, test := range []struct {
		name    string
		framing *Framing
		in      string
		want    []string
	}{
		{"LF and CRLF", Newline, "{}\n[1]\r\n\r\n  \n{ }\n", []string{"{}", "[1]", "{ }"}},
		{"other line ends", Newline, "[\"\u2028\u2029\u0085\v\f\"]\n", []string{"[\"\u2028\u2029\u0085\v\f\"]"}},
		{"white space around", Newline, " \t{} \r\n", []string{"{}"}},
		{"no line end at the end", Newline, "{}\n{\"a\":1}", []string{"{}", unexpected}},
		{"white space at the end", Newline, "{}\n \r\n ", []string{"{}"}},
		{"not JSON", Newline, "hello\n{}\n", []string{"hello", "{}"}},
		{"too large", Newline, long + "\n{}\r\n" + long + "\r\n[]\n", []string{"(too large)", "{}", "(too large)", "[]"}},
		{"the end in one too large", Newline, long, []string{unexpected}},
		{"of the limit", Newline, `["` + strings.Repeat("x", 996) + "\"]\r\n", []string{`["` + strings.Repeat("x", 996) + `"]`}},
		{"over the limit", Newline, `["` + strings.Repeat("x", 997) + "\"]\n{}\n", []string{"(too large)", "{}"}},

		{"two", Header, length(2, "{}") + length(3, "[1]"), []string{"{}", "[1]"}},
		{"any case", Header, "content-length: 2\r\n\r\n{}CONTENT-LENGTH:2\r\n\r\n[]", []string{"{}", "[]"}},
		{"LF", Header, "Content-Length: 2\n\n{}Content-Length: 2\r\n\n[]", []string{"{}", "[]"}},
		{"other headers", Header, "Content-Type: x; charset=utf-8\r\nContent-Length: 2\r\nX: y\r\n\r\n{}", []string{"{}"}},
		{"white space", Header, "\r\n\nContent-Length :\t2 \r\n\r\n{}\r\n" + length(2, "[]") + "\n", []string{"{}", "[]"}},
		{"empty", Header, length(0, "") + length(2, "{}"), []string{"", "{}"}},
		{"bytes, not characters", Header, length(6, `["é"]`), []string{`["é"]`}},
		{"line ends in the message", Header, length(9, "{\r\n\r\n\n\n}\n") + length(2, "[]"), []string{"{\r\n\r\n\n\n}\n", "[]"}},
		{"garbage before", Header, "Starting…\nready\n" + length(2, "{}"), []string{"{}"}},
		{"garbage and an empty line before", Header, "Starting…\n\n" + length(2, "{}"), []string{"(no Content-Length header)", "{}"}},
		{"no length", Header, "Content-Type: x\r\n\r\n{\"lost\":1}" + length(2, "{}") + length(2, "[]"), []string{"(no Content-Length header)", "{}", "[]"}},
		{"two lengths", Header, "Content-Length: 10\r\nContent-Length: 2\r\n\r\n{\"lost\":1}" + length(2, "{}"), []string{"(two Content-Length headers)", "{}"}},
		{"length no number", Header, "Content-Length: 0x2\r\n\r\n{}" + length(2, "[]"), []string{"(a Content-Length that is not a number)", "[]"}},
		{"negative length", Header, "Content-Length: -2\r\n\r\n{}" + length(2, "[]"), []string{"(a Content-Length that is not a number)", "[]"}},
		{"length out of range", Header, "Content-Length: 99999999999999999999\r\n\r\n{}" + length(2, "[]"), []string{"(a Content-Length that is not a number)", "[]"}},
		{
			"headers in the lost message", Header,
			"X: 1\r\n\r\n{\"s\":\"Content-Length: 2\\r\\n\\r\\n{}\",\r\n\r\n\"t\":1}" + length(2, "[]"),
			[]string{"(no Content-Length header)", "[]"},
		},
		{"a long lost message", Header, "X: 1\r\n\r\n" + long + length(2, "[]"), []string{"(no Content-Length header)", "[]"}},
		{"too large", Header, length(len(long), long) + length(2, "{}"), []string{"(too large)", "{}"}},
		{"10 GB promised", Header, length(10_000_000_000, "{}"), []string{unexpected}},
		{"the end before the message", Header, length(2, ""), []string{unexpected}},
		{"the end in the message", Header, length(2, "{"), []string{unexpected}},
		{"the end in the headers", Header, "Content-Len", []string{unexpected}},
		{"another framing", Header, strings.Repeat("{}\n", 6000), []string{"the headers before a message are over 16 KiB: this is not the Content-Length framing"}},

		{"nothing between", Bare, `{}[]{"a":[{}]}`, []string{"{}", "[]", `{"a":[{}]}`}},
		{"white space between", Bare, " {} \r\n\t[]\n\n", []string{"{}", "[]"}},
		{"brackets in strings", Bare, `{"}\"]\\":"["}["\\"]{}`, []string{`{"}\"]\\":"["}`, `["\\"]`, "{}"}},
		{"bytes between", Bare, "hello {} world, []", []string{"(bytes that belong to no object or array)", "{}", "(bytes that belong to no object or array)", "[]"}},
		{"one bracket too many", Bare, `{}}{"a":1}`, []string{"{}", "(bytes that belong to no object or array)", `{"a":1}`}},
		{"a byte order mark", Bare, "\ufeff{}", []string{"(bytes that belong to no object or array)", "{}"}},
		{"too large", Bare, long + "{}" + long + "[]", []string{"(too large)", "{}", "(too large)", "[]"}},
		{"the end in the message", Bare, `{}{"a":`, []string{"{}", unexpected}},
		{"the end in one too large", Bare, long[:len(long)-1], []string{unexpected}},

		{"two", Netstring, "2:{},3:[1],", []string{"{}", "[1]"}},
		{"empty", Netstring, "0:,2:{},", []string{"", "{}"}},
		{"line ends between", Netstring, "2:{},\n2:[],\r\n", []string{"{}", "[]"}},
		{"commas", Netstring, "5:,,,,,,", []string{",,,,,"}},
		{"too large", Netstring, strconv.Itoa(len(long)) + ":" + long + ",2:{},", []string{"(too large)", "{}"}},
		{"10 GB promised", Netstring, "10000000000:{}", []string{unexpected}},
		{"no comma", Netstring, "2:{}2:[],", []string{"no comma where a netstring should end: the stream is out of step"}},
		{"no length", Netstring, "{}:,", []string{`a netstring's length is "{}": this is another framing`}},
		{"negative length", Netstring, "-2:{},", []string{`a netstring's length is "-2": this is another framing`}},
		{"no colon", Netstring, strings.Repeat("1", 21), []string{"no length where a netstring should begin: this is another framing"}},
		{"the end in the message", Netstring, "3:{}", []string{unexpected}},
		{"the end before the comma", Netstring, "2:{}", []string{unexpected}},
	} {
		t.Run(test.framing.String()+"/"+test.name, func(t *testing.T) {
			const limit = 1000
			for how, r := range map[string]io.Reader{
				"at once":      strings.NewReader(test.in),
				"byte by byte": iotest.OneByteReader(strings.NewReader(test.in)),
				"in halves":    iotest.HalfReader(strings.NewReader(test.in)),
				"with the end": iotest.DataErrReader(strings.NewReader(test.in)),
			} {
				if got := readAll(test.framing, limit, r); !slices.Equal(got, test.want) {
					t.Errorf("%s: read %.300q, want %.300q", how, got, test.want)
				}
			}
		})
	}
}

// The largest limit of all is none.
func TestFramingsWithoutLimit(t *testing.T) {
	const message = `["a message in parts"]`
	for _, framing := range framings {
		r := iotest.OneByteReader(bytes.NewReader(framing.AppendFrame(nil, []byte(message))))
		if got := readAll(framing, math.MaxInt64, r); !slices.Equal(got, []string{message}) {
			t.Errorf("%v: read %q", framing, got)
		}
	}
}

func TestAppendFrame(t *testing.T) {
	for framing, want := range map[*Framing]string{
		Newline:   "before{ \"é\":  1 }\n",
		Header:    "beforeContent-Length: 12\r\n\r\n{\n\"é\":\r\n1\n}",
		Bare:      "before{ \"é\":  1 }\n",
		Netstring: "before12:{\n\"é\":\r\n1\n},",
	} {
		if got := framing.AppendFrame([]byte("before"), []byte("{\n\"é\":\r\n1\n}")); string(got) != want {
			t.Errorf("%v: %q, want %q", framing, got, want)
		}
		if got := framing.AppendFrame(nil, bytes.Repeat([]byte("[]"), 3)); !bytes.Contains(got, []byte("[][][]")) {
			t.Errorf("%v: %q", framing, got)
		}
	}
}

func TestParseFraming(t *testing.T) {
	for _, f := range framings {
		for _, name := range []string{f.String(), strings.ToUpper(f.String())} {
			if got, err := ParseFraming(name); got != f || err != nil {
				t.Errorf("ParseFraming(%q) = %v, %v", name, got, err)
			}
		}
	}
	_, err := ParseFraming("telepathy")
	const want = `framing "telepathy": use newline, header, bare or netstring`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestFrameErrorText(t *testing.T) {
	err := spoilt([]byte(strings.Repeat("\x00", 1000)), "why")
	if len(err.Data) != 256 || len(err.Error()) > 500 || !strings.HasPrefix(err.Error(), `malformed frame: why: "\x00`) {
		t.Errorf("%d bytes of data, error %s", len(err.Data), err)
	}
	if err := new(beginning).tooLong(10); !errors.Is(err, ErrTooLarge) || err.Error() != "malformed frame: the message is over the limit of 10 bytes" {
		t.Errorf("error %v", err)
	}
}

// Of a message that is too large its beginning is kept, however it comes, and none of
// another one.
func TestTooLargeBegins(t *testing.T) {
	for _, framing := range framings {
		for _, size := range []int{20, 255, 256, 257, 10_000} {
			for how, reader := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader} {
				var in []byte
				var want []string
				for _, first := range []string{"a", "b"} {
					msg := `["` + first + strings.Repeat("x", size-5) + `"]`
					in = framing.AppendFrame(in, []byte(msg))
					want = append(want, msg[:min(size, 256)])
				}
				s := NewStream(struct {
					io.Reader
					io.WriteCloser
				}{Reader: reader(bytes.NewReader(in))}, &StreamOptions{Framing: framing, MaxMessage: 10})
				for _, want := range want {
					_, err := s.Read(context.Background(), nil)
					if e, ok := errors.AsType[*FrameError](err); !ok || string(e.Data) != want {
						t.Errorf("%v, %d bytes, %s: %v, want one that begins with %.10q", framing, size, how, err, want)
					}
				}
			}
		}
	}
}

// The length that a message promises is not allocated before it has come.
func TestPromisedLengths(t *testing.T) {
	for framing, in := range map[*Framing]string{Header: "Content-Length: 10000000000\r\n\r\n{", Netstring: "10000000000:{"} {
		s := NewStream(struct {
			io.Reader
			io.WriteCloser
		}{Reader: strings.NewReader(in)}, &StreamOptions{Framing: framing, MaxMessage: 1 << 40}).(*byteStream)
		if _, err := s.Read(context.Background(), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%v: error %v", framing, err)
		}
		if cap(s.in) > 64<<10 {
			t.Errorf("%v: a buffer of %d bytes for %d that have come", framing, cap(s.in), len(in))
		}
	}
}

// FuzzFraming has each framing read any bytes, and then what AppendFrame wrote.
func FuzzFraming(f *testing.F) {
	f.Add([]byte("{}\n[1]\r\n"), uint8(1))
	f.Add([]byte("Content-Length: 2\r\n\r\n{}Content-Length: 1\nContent-Length: 3\n\n[]"), uint8(3))
	f.Add([]byte("Content-Length: 99\r\n\r\n{\"s\":\"Content-Length: 2\r\n\r\n\"}"), uint8(7))
	f.Add([]byte(`what {"}":"\\\""}}[]`), uint8(2))
	f.Add([]byte("2:{},0:,999:x"), uint8(5))
	f.Fuzz(func(t *testing.T, in []byte, step uint8) {
		const limit = 64
		in = in[:min(len(in), 10_000)]
		for _, framing := range framings {
			split(t, framing.split(limit), limit, in, int(step)+1)
			if step%2 == 0 {
				in := in[:min(len(in), 100)]
				wantInStep(t, framing, in, int(step)+1)
			}
		}
	})
}

// split has s take in data, a step at a time, and checks what it promises.
func split(t *testing.T, s Splitter, limit int, data []byte, step int) {
	from := 0
	for to := 0; to < len(data); {
		to = min(to+step, len(data))
		for from < to {
			msg, used, err := s.Split(data[from:to])
			_, spoilt := errors.AsType[*FrameError](err)
			switch {
			case used < 0 || used > to-from:
				t.Fatalf("%d of %d bytes are used", used, to-from)
			case len(msg) > limit:
				t.Fatalf("a message of %d bytes, with a limit of %d", len(msg), limit)
			case (msg != nil || spoilt) && used == 0:
				t.Fatalf("message %q and error %v without a byte used", msg, err)
			case msg != nil && err != nil:
				t.Fatalf("message %q and error %v", msg, err)
			case err != nil && !spoilt:
				return // the stream is over
			}
			if from += used; used == 0 {
				break
			}
		}
	}
}

// wantInStep writes messages made of text, and one that is too large, and wants
// them read as they were.
func wantInStep(t *testing.T, framing *Framing, text []byte, step int) {
	var (
		in   []byte
		want []string
	)
	for part := range bytes.SplitSeq(text, []byte(",")) {
		msg := strconv.AppendQuoteToASCII([]byte("["), string(part))
		msg = append(msg, ']')
		in = framing.AppendFrame(in, msg)
		want = append(want, string(msg))
	}
	limit := int64(len(slices.MaxFunc(want, func(a, b string) int { return len(a) - len(b) })))
	in = framing.AppendFrame(in, []byte(`["`+strings.Repeat(`{\"[`, int(limit))+`"]`))
	in = framing.AppendFrame(in, []byte("[]"))
	want = append(want, "(too large)", "[]")
	if got := readAll(framing, limit, &stepReader{in, step}); !slices.Equal(got, want) {
		t.Errorf("%v: read %q, want %q", framing, got, want)
	}
}

// stepReader reads so many bytes at a time.
type stepReader struct {
	data []byte
	step int
}

func (r *stepReader) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.data[:min(r.step, len(r.data))])
	r.data = r.data[n:]
	return n, nil
}
