package transport

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// An Encoding is a content coding of HTTP (RFC 9110, 8.4.1) other than gzip, which
// is always known. See [RegisterEncoding].
type Encoding struct {
	// NewReader returns a reader of what r, which is compressed, stands for. Its
	// own memory must be bounded, whatever r says; the size of what it returns is
	// bounded by its reader. It must return the errors of r as they are.
	NewReader func(r io.Reader) (io.ReadCloser, error)
	// NewWriter returns a writer that compresses into w, and ends with Close. Nil
	// means that messages cannot be sent with the encoding.
	NewWriter func(w io.Writer) (io.WriteCloser, error)
}

// RegisterEncoding makes every [HTTP] transport that is made afterwards accept
// replies with the encoding of the name, and able to send messages with it. It is
// for package initialisation, as that of package integration/zstd, and panics if
// the name is known already or e has no NewReader.
func RegisterEncoding(name string, e Encoding) {
	if e.NewReader == nil {
		panic("transport: an Encoding needs a NewReader: " + name)
	}
	if _, known := encodings.LoadOrStore(strings.ToLower(name), e); known {
		panic("transport: encoding registered twice: " + name)
	}
}

var encodings sync.Map // name → Encoding

func init() { RegisterEncoding("gzip", gzipEncoding) }

// encodingNames returns the names of all encodings, gzip last: servers that ask no
// further take the first.
func encodingNames() (names []string) {
	encodings.Range(func(name, _ any) bool {
		names = append(names, name.(string))
		return true
	})
	slices.SortFunc(names, func(a, b string) int {
		if (a == "gzip") != (b == "gzip") {
			return strings.Compare(b, a)
		}
		return strings.Compare(a, b)
	})
	return names
}

// requestEncoding returns what compresses messages with the encoding of the name.
func requestEncoding(name string) (func(io.Writer) (io.WriteCloser, error), error) {
	e, ok := encodings.Load(strings.ToLower(name))
	if !ok {
		return nil, fmt.Errorf("encoding %q is not known: there are %s; zstd is in package integration/zstd, to be imported", name, strings.Join(encodingNames(), ", "))
	}
	if e.(Encoding).NewWriter == nil {
		return nil, fmt.Errorf("encoding %q is for replies only", name)
	}
	return e.(Encoding).NewWriter, nil
}

// compressed returns body compressed.
func compressed(body []byte, newWriter func(io.Writer) (io.WriteCloser, error)) ([]byte, error) {
	var buf bytes.Buffer
	w, err := newWriter(&buf)
	if err == nil {
		if _, err = w.Write(body); err == nil {
			err = w.Close()
		}
	}
	return buf.Bytes(), err
}

var gzipReaders sync.Pool // of *gzip.Reader, 40 KB each

var gzipEncoding = Encoding{
	NewReader: func(r io.Reader) (io.ReadCloser, error) {
		z, ok := gzipReaders.Get().(*gzip.Reader)
		if !ok {
			z = new(gzip.Reader)
		}
		return &pooledGzip{z}, z.Reset(r)
	},
	NewWriter: func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
}

// pooledGzip gives its reader back when it is closed.
type pooledGzip struct{ *gzip.Reader }

func (p *pooledGzip) Close() error {
	gzipReaders.Put(p.Reader)
	p.Reader = nil
	return nil
}

// A decoder decompresses a body from the first Read on, so that an empty body is
// still an empty body, and tells errors of the body from its own.
type decoder struct {
	name     string
	encoding Encoding
	body     io.Reader
	bodyErr  error
	z        io.ReadCloser
}

// Read reads what was compressed.
func (d *decoder) Read(p []byte) (n int, err error) {
	if d.z == nil {
		d.z, err = d.encoding.NewReader((*decoderBody)(d))
	}
	if err == nil {
		n, err = d.z.Read(p)
	}
	switch {
	case err == nil, err == io.EOF, err == io.ErrUnexpectedEOF:
	case d.bodyErr != nil && d.bodyErr != io.EOF:
		err = d.bodyErr
	default:
		err = &Error{Op: "read", Sent: true, Err: fmt.Errorf("%w: its %s is broken: %w", ErrEncoding, d.name, err)}
	}
	return n, err
}

func (d *decoder) close() {
	if d.z != nil {
		_ = d.z.Close() // what was read of it is judged already
		d.z = nil
	}
}

// decoderBody is the body that a decoder reads.
type decoderBody decoder

func (b *decoderBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.bodyErr = err
	return n, err
}
