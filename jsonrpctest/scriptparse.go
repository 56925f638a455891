package jsonrpctest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// An exchange is a request of a script and the reply to it.
type exchange struct {
	line           int // of the request, counted from 1
	conn           int // of a recorded stream: which connection; 0 for HTTP
	request, reply scriptMessage
}

// A scriptMessage is what a script has for one direction of an exchange.
type scriptMessage struct {
	status int // 0 if not given
	header http.Header
	lines  []string // of a recorded stream, a message each
}

func (m *scriptMessage) text() []byte { return []byte(strings.Join(m.lines, "\n")) }

// streamMark begins a line of a recording: what follows is of a stream, and of the
// connection with that number; 0 is HTTP again.
const streamMark = "//jsonrpc:stream "

// parseScript reads a script as the comments of [Script] and [Recording] describe
// it.
func parseScript(script string) ([]exchange, error) {
	p := &scriptParser{last: map[int]int{}}
	for line := range strings.Lines(script) {
		p.number++
		if err := p.parse(strings.TrimLeft(strings.TrimRight(line, "\r\n"), " \t")); err != nil {
			return nil, fmt.Errorf("line %d of the script: %w", p.number, err)
		}
	}
	for _, x := range p.exchanges {
		if x.conn == 0 && x.request.lines == nil || x.request.status != 0 {
			return nil, fmt.Errorf("line %d of the script: a request has a body and no status", x.line)
		}
	}
	return p.exchanges, nil
}

type scriptParser struct {
	number    int // of the line
	exchanges []exchange
	conn      int         // that the line belongs to
	last      map[int]int // the number of each connection's last exchange, counted from 1
	m         *scriptMessage
}

// current returns the exchange that a line goes on with, nil if there is none.
func (p *scriptParser) current() *exchange {
	if n := p.last[p.conn]; n > 0 {
		return &p.exchanges[n-1]
	}
	return nil
}

func (p *scriptParser) begin() *exchange {
	p.exchanges = append(p.exchanges, exchange{line: p.number, conn: p.conn})
	p.last[p.conn] = len(p.exchanges)
	return p.current()
}

func (p *scriptParser) parse(line string) error {
	if number, ok := strings.CutPrefix(line, streamMark); ok {
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 {
			return fmt.Errorf("expected %sNUMBER, got %s", streamMark, line)
		}
		p.conn, p.m = n, nil
		return nil
	}
	if line == "" || strings.HasPrefix(line, "//") {
		return nil
	}
	arrow, rest := line, ""
	if len(line) >= len("-->") {
		arrow, rest = line[:len("-->")], strings.TrimPrefix(line[len("-->"):], " ")
	}
	x := p.current()
	switch arrow {
	case "-->", "~~>":
		if x == nil || p.m != &x.request || p.m.lines != nil {
			x = p.begin()
		}
		p.m = &x.request
	case "<--", "<~~":
		if x == nil && p.conn > 0 {
			x = p.begin() // what the server says first
		}
		if x != nil {
			p.m = &x.reply
		}
	}
	if p.m == nil {
		return fmt.Errorf("a script begins with a request, -->: %s", line)
	}
	switch arrow {
	case "-->", "<--":
		return p.m.add(rest)
	case "~~>", "<~~":
		text, err := strconv.Unquote(rest)
		if err != nil {
			return fmt.Errorf("expected text quoted as in Go after %s, got %s", arrow, rest)
		}
		p.m.lines = append(p.m.lines, text)
	default:
		p.m.lines = append(p.m.lines, line)
	}
	return nil
}

// add adds a line that had an arrow.
func (m *scriptMessage) add(line string) error {
	rest, isHTTP := strings.CutPrefix(line, "HTTP ")
	if !isHTTP {
		m.lines = append(m.lines, line)
		return nil
	}
	if digits, header, _ := strings.Cut(rest, " "); len(digits) == 3 {
		if status, err := strconv.Atoi(digits); err == nil {
			if status < http.StatusContinue { // net/http panics
				return fmt.Errorf("the status of a reply is 100 or more, got %s", line)
			}
			m.status, rest = status, header
		}
	}
	if rest = strings.TrimSpace(rest); rest == "" {
		return nil
	}
	name, value, found := strings.Cut(rest, ":")
	if !found {
		return fmt.Errorf("expected HTTP [STATUS] [NAME: VALUE], got %s", line)
	}
	if m.header == nil {
		m.header = http.Header{}
	}
	m.header.Add(name, strings.TrimSpace(value))
	return nil
}
