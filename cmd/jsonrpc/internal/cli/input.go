package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// An input reads what the command line names instead of holding: @file, @- and
// env:NAME.
type input struct {
	ctx   context.Context // whose end ends reading too
	stdin io.Reader
	user  string // what has read stdin
	later []deferredRead
}

// A deferredRead is made when its text is needed.
type deferredRead struct {
	once  func() (string, error) // reads it the first time
	again func() (string, error) // reads it each time
}

// maxInput bounds what is read from one file: more than any server takes.
const maxInput = 1 << 30

// file returns the text of the file with that name, or of stdin for "-". What
// says what it is read for.
func (in *input) file(name, what string) (string, error) {
	if name == "-" {
		return in.readStdin(what)
	}
	if name == "" {
		return "", &usageError{fmt.Sprintf("%s: @ wants the name of a file, or - for stdin", what)}
	}
	file, err := os.Open(name)
	if err != nil {
		return "", &localError{fmt.Sprintf("%s: %v", what, err)}
	}
	defer file.Close()
	text, err := readWhole(file, maxInput)
	if err != nil {
		return "", &localError{fmt.Sprintf("%s: %v", what, err)}
	}
	return checkText(text, what+": "+name)
}

// readWhole reads to the end, which must come after most bytes at the latest.
func readWhole(r io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(text)) > most {
		return nil, fmt.Errorf("there are more than %d bytes", most)
	}
	return text, err
}

// readStdin reads stdin to its end, which only one part of a command line can.
func (in *input) readStdin(what string) (string, error) {
	if in.user != "" {
		return "", &usageError{fmt.Sprintf("%s wants to read stdin, but %s has read it already", what, in.user)}
	}
	in.user = what
	type outcome struct {
		text []byte
		err  error
	}
	// Nothing can end a read of a terminal, so an interrupt leaves it behind.
	done := make(chan outcome, 1)
	go func() {
		text, err := readWhole(in.stdin, maxInput)
		done <- outcome{text, err}
	}()
	select {
	case <-in.ctx.Done():
		return "", errInterrupted
	case o := <-done:
		if o.err != nil {
			return "", &localError{fmt.Sprintf("%s: cannot read stdin: %v", what, o.err)}
		}
		return checkText(o.text, what+": stdin")
	}
}

// checkText returns text without the byte order mark that editors leave, and
// refuses what is not UTF-8, because JSON cannot hold it.
func checkText(text []byte, what string) (string, error) {
	if !utf8.Valid(text) {
		return "", &localError{what + " is not UTF-8 text"}
	}
	return string(bytes.TrimPrefix(text, []byte("\ufeff"))), nil
}

// deferRead returns a text that secret turns into what read returns, which is
// called once at most. No argument can be that text.
func (in *input) deferRead(read func() (string, error)) string {
	in.later = append(in.later, deferredRead{sync.OnceValues(read), read})
	return protection + strconv.Itoa(len(in.later)-1)
}

// deferred returns what deferRead was given, nil for other values.
func (in *input) deferred(value string) *deferredRead {
	number, ok := strings.CutPrefix(value, protection)
	if !ok {
		return nil
	}
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= len(in.later) {
		return nil
	}
	return &in.later[i]
}

// again returns a function that reads a value anew, or nil if it cannot become
// another one.
func (in *input) again(value, what string) func() (string, error) {
	if read := in.deferred(value); read != nil {
		return read.again
	}
	if name, ok := strings.CutPrefix(value, "@"); ok && name != "-" && !strings.HasPrefix(name, "@") {
		return func() (string, error) { return in.secretFile(name, what) }
	}
	return nil
}

// secretFile returns the text of a file without its last line break.
func (in *input) secretFile(name, what string) (string, error) {
	text, err := in.file(name, what)
	return strings.TrimRight(text, "\r\n"), err
}

// secret returns a value that may be a secret: as given, or from @file, @- or
// env:NAME, or as deferRead left it. @@ stands for an @ at the beginning of the value itself.
func (in *input) secret(value, what string, getenv func(string) string) (string, error) {
	if read := in.deferred(value); read != nil {
		return read.once()
	}
	if rest, ok := strings.CutPrefix(value, "@@"); ok {
		return "@" + rest, nil
	}
	if name, ok := strings.CutPrefix(value, "@"); ok {
		return in.secretFile(name, what)
	}
	if name, ok := strings.CutPrefix(value, "env:"); ok {
		text := getenv(name)
		if text == "" {
			return "", &usageError{fmt.Sprintf("%s: the environment variable %s is empty or not set", what, name)}
		}
		return text, nil
	}
	return value, nil
}
