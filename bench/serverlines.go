package main

import (
	"bytes"
	"net"
	"strconv"
)

// acceptLines serves a socket, with answers in the given shape. Requests may be
// separated by anything or nothing, as libraries differ there; answers are lines.
func acceptLines(l net.Listener, s *shape) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			(&lines{conn: c, shape: s}).serve()
		}()
	}
}

// lines is one connection.
type lines struct {
	conn  net.Conn
	shape *shape
	held  []byte // answers that wait for "release"
	holds int
	out   []byte
}

// serve answers all that has arrived with one write.
func (l *lines) serve() {
	in := make([]byte, 0, 64<<10)
	for {
		if len(in) == cap(in) {
			in = append(in, 0)[:len(in)]
		}
		n, err := l.conn.Read(in[len(in):cap(in)])
		if err != nil {
			return
		}
		in = in[:len(in)+n]
		rest := in
		for {
			end := objectEnd(rest)
			if end < 0 {
				break
			}
			l.answer(rest[:end])
			rest = rest[end:]
		}
		in = in[:copy(in, rest)]
		if len(l.out) > 0 {
			if _, err := l.conn.Write(l.out); err != nil {
				return
			}
			l.out = l.out[:0]
		}
	}
}

// answer appends the answer to one request. "hold" is answered only when
// "release" comes; "held" says how many wait.
func (l *lines) answer(request []byte) {
	id, _ := member(request, `"id":`)
	method, _ := member(request, `"method":"`)
	switch string(bytes.TrimSuffix(method, []byte{'"'})) {
	case "hold":
		l.held = append(l.shape.append(l.held, `"`+meow+`"`, id), '\n')
		l.holds++
	case "held":
		l.out = append(l.shape.append(l.out, strconv.Itoa(l.holds), id), '\n')
	case "release":
		l.out = append(l.out, l.held...)
		l.out = append(l.shape.append(l.out, strconv.Itoa(l.holds), id), '\n')
		l.held, l.holds = nil, 0
	default:
		l.out = append(l.shape.append(l.out, `"`+meow+`"`, id), '\n')
	}
}

// objectEnd returns where the first object in text ends, -1 if it has not.
func objectEnd(text []byte) int {
	depth, quoted := 0, false
	for i, c := range text {
		switch {
		case quoted:
			quoted = c != '"' // no string here has an escaped quote
		case c == '"':
			quoted = true
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}
