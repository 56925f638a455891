package jsonrpc_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// A script is a file of transcripts, see testdata/deviations/README.
type script struct {
	parts  []any // *scene, or the text between them
	scenes []*scene
}

// A scene is one message, the reply to it and what is to come of it.
type scene struct {
	title   string
	lines   []string // all but the outcomes, as they are in the file
	message string
	call    *callScene // nil if no call would send the message
	reply   *wireReply
	on, off *[]string // the same if it makes no difference
	told    []string
}

func readScript(t *testing.T, file string) *script {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &script{}
	for part := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		if !strings.Contains(part, "-->") {
			s.parts = append(s.parts, part)
			continue
		}
		sc, err := readScene(part)
		if err != nil {
			t.Fatalf("%s: %v in\n%s", file, err, part)
		}
		s.parts = append(s.parts, sc)
		s.scenes = append(s.scenes, sc)
	}
	return s
}

func readScene(text string) (*scene, error) {
	s := &scene{reply: &wireReply{status: 200}, on: &[]string{}, off: &[]string{}}
	var body []string
	for line := range strings.SplitSeq(text, "\n") {
		mark, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimLeft(rest, " ")
		switch mark {
		case "#":
			if s.title == "" {
				s.title = strings.TrimSuffix(rest, ".")
			}
		case "-->":
			s.message = rest
		case "<==":
			status, header, found := strings.Cut(rest, " ")
			var err error
			if s.reply.status, err = strconv.Atoi(status); err != nil {
				return nil, err
			}
			if found {
				s.reply.header = append(s.reply.header, header)
			}
		case "<--":
			body = append(body, rest+"\n")
		case "<~~":
			bytes, err := unquoteBytes(rest)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", rest, err)
			}
			body = append(body, bytes)
		case "both:":
			*s.on = append(*s.on, rest)
			s.off = s.on
		case "on:":
			*s.on = append(*s.on, rest)
		case "off:":
			*s.off = append(*s.off, rest)
		case "told:":
			s.told = append(s.told, rest)
		default:
			return nil, fmt.Errorf("the unknown mark %q", mark)
		}
		if !strings.HasSuffix(mark, ":") {
			s.lines = append(s.lines, line)
		}
	}
	if len(body) > 0 && !strings.Contains(s.lines[len(s.lines)-1], "<~~") {
		body = append(body[:len(body)-1], strings.TrimSuffix(body[len(body)-1], "\n"))
	}
	s.reply.body = []byte(strings.Join(body, ""))
	var c callScene
	members, object := objectMembers(s.message)
	if version, _ := get(members, "jsonrpc"); object && version == `"2.0"` && json.Unmarshal([]byte(s.message), &c) == nil && c.Method != "" && !c.ID.IsZero() {
		s.call = &c
	}
	return s, nil
}

// unquoteBytes reads "text" or 100 × "text", quoted as in Go.
func unquoteBytes(text string) (string, error) {
	times := 1
	if count, quoted, found := strings.Cut(text, " × "); found {
		n, err := strconv.Atoi(count)
		if err != nil {
			return "", err
		}
		times, text = n, quoted
	}
	s, err := strconv.Unquote(text)
	return strings.Repeat(s, times), err
}

// String returns the script as a file.
func (s *script) String() string {
	var parts []string
	for _, part := range s.parts {
		parts = append(parts, fmt.Sprint(part))
	}
	return strings.Join(parts, "\n\n") + "\n"
}

func (s *scene) String() string {
	lines := s.lines
	add := func(mark string, outcomes []string) {
		for _, o := range outcomes {
			lines = append(lines, fmt.Sprintf("%-5s%s", mark, o))
		}
	}
	if s.on == s.off {
		add("both: ", *s.on)
	} else {
		add("on:", *s.on)
		add("off:", *s.off)
	}
	add("told: ", s.told)
	return strings.Join(lines, "\n")
}
