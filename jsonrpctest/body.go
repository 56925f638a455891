package jsonrpctest

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
)

var (
	errTooLarge = errors.New("the message is too large")
	errEncoding = errors.New("only gzip is understood")
)

// readBody reads the body of a request, of limit bytes at most when it is
// decompressed.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	body := io.Reader(r.Body)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, fmt.Errorf("the body is not in gzip form: %w", err)
		}
		body = z
	default:
		return nil, fmt.Errorf("content encoding %.40q: %w", encoding, errEncoding)
	}
	text, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("the body cannot be read: %w", err)
	}
	if int64(len(text)) > limit {
		return nil, errTooLarge
	}
	return text, nil
}
