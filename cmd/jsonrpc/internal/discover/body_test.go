package discover

import "io"

// teeBody copies what is read of a body.
func teeBody(body io.ReadCloser, to io.Writer) io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{io.TeeReader(body, to), body}
}
