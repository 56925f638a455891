package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"

	"example.com/jsonrpc"
)

// CookieFile sends the user and the password in a file, USER:PASSWORD, as basic
// authentication (RFC 7617). The file is read for the first message, and again if
// the server answers HTTP 401: bitcoind and its kin write a new one whenever they
// start.
func CookieFile(path string) jsonrpc.Auth {
	cookie := &file[string]{path: path, parse: parseCookie}
	return func(_ context.Context, r jsonrpc.AuthRequest) (http.Header, error) {
		value, err := cookie.get(r.Refused != nil)
		if err != nil {
			return nil, err
		}
		return authorization(value), nil
	}
}

func parseCookie(text string) (string, error) {
	text = strings.TrimRight(text, "\r\n")
	if !strings.Contains(text, ":") || strings.ContainsAny(text, "\r\n") {
		return "", errors.New("it must hold one line of the form USER:PASSWORD")
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)), nil
}

// A file holds a secret, which is read when it is first asked for.
type file[T any] struct {
	path  string
	parse func(string) (T, error)

	mu    sync.Mutex // for what follows
	read  bool
	value T
}

// get returns what is in the file: as it was read last, unless it is to be read
// again.
func (f *file[T]) get(again bool) (T, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.read && !again {
		return f.value, nil
	}
	var zero T
	text, err := readFile(f.path)
	if err != nil {
		// Without the path in err, which is in this one already.
		if e := (*fs.PathError)(nil); errors.As(err, &e) {
			err = e.Err
		}
		return zero, fmt.Errorf("cannot read the file %s: %w", f.path, err)
	}
	value, err := f.parse(text)
	if err != nil {
		return zero, fmt.Errorf("the file %s cannot be used: %w", f.path, err)
	}
	f.read, f.value = true, value
	return value, nil
}

// readFile reads a file that should be small.
func readFile(path string) (string, error) {
	const most = 4 << 10
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("it has more than %d bytes", most)
	}
	return string(text), err
}
