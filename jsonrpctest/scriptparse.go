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
	request, reply scriptMessage
}

// A scriptMessage is what a script has for one direction of an exchange.
type scriptMessage struct {
	status int // 0 if not given
	header http.Header
	lines  []string
}

func (m *scriptMessage) text() []byte { return []byte(strings.Join(m.lines, "\n")) }

// parseScript reads a script as the comment of [Script] describes it.
func parseScript(script string) (exchanges []exchange, err error) {
	var x *exchange
	var m *scriptMessage // the one that a line without an arrow belongs to
	number := 0
	for line := range strings.Lines(script) {
		number++
		line = strings.TrimLeft(strings.TrimRight(line, "\r\n"), " \t")
		switch {
		case line == "", strings.HasPrefix(line, "//"):
			continue
		case strings.HasPrefix(line, "-->"):
			if x == nil || m != &x.request || m.lines != nil {
				exchanges = append(exchanges, exchange{line: number})
				x = &exchanges[len(exchanges)-1]
			}
			m = &x.request
		case x == nil:
			return nil, fmt.Errorf("line %d of the script: a script begins with a request, -->: %s", number, line)
		case strings.HasPrefix(line, "<--"):
			m = &x.reply
		default:
			m.lines = append(m.lines, line)
			continue
		}
		if err := m.add(strings.TrimPrefix(line[len("-->"):], " ")); err != nil {
			return nil, fmt.Errorf("line %d of the script: %w", number, err)
		}
	}
	for _, x := range exchanges {
		if x.request.lines == nil || x.request.status != 0 {
			return nil, fmt.Errorf("line %d of the script: a request has a body and no status", x.line)
		}
	}
	return exchanges, nil
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
