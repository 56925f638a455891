// Package zstd compresses requests and replies over HTTP with Zstandard (RFC 8878).
// Importing it is enough for replies:
//
//	import _ "example.com/jsonrpc/integration/zstd"
//
// Clients that are dialled afterwards ask for zstd before gzip. To compress requests
// as well, for a server that understands it:
//
//	client, err := jsonrpc.Dial(ctx, url, jsonrpc.WithRequestCompression("zstd", 0))
//
// The limit of jsonrpc.WithMaxReply counts for what a reply is when decompressed. A
// reply that wants a window of more than 8 MiB, which a recipient need not have (RFC
// 9659), is refused before any memory is taken for it.
package zstd

import (
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"

	"example.com/jsonrpc/transport"
)

func init() {
	transport.RegisterEncoding("zstd", transport.Encoding{NewReader: newReader, NewWriter: newWriter})
}

// maxWindow is how much of what it has decompressed a reader remembers at most.
const maxWindow = 8 << 20

var (
	decoders sync.Pool // of *zstd.Decoder
	encoders sync.Pool // of *zstd.Encoder
)

func newReader(r io.Reader) (io.ReadCloser, error) {
	d, ok := decoders.Get().(*zstd.Decoder)
	if !ok {
		var err error
		// Concurrency of 1 has no goroutines that would have to be ended.
		d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
	}
	return &reader{d}, d.Reset(r)
}

// reader gives its decoder back when it is closed.
type reader struct{ *zstd.Decoder }

// Close ends the use of the reader.
func (r *reader) Close() error {
	if r.Decoder != nil && r.Reset(nil) == nil {
		decoders.Put(r.Decoder)
	}
	r.Decoder = nil
	return nil
}

func newWriter(w io.Writer) (io.WriteCloser, error) {
	e, ok := encoders.Get().(*zstd.Encoder)
	if !ok {
		var err error
		e, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(maxWindow/2))
		if err != nil {
			return nil, err
		}
	}
	e.Reset(w)
	return &writer{e}, nil
}

// writer gives its encoder back when it is closed.
type writer struct{ *zstd.Encoder }

// Close writes what is left.
func (w *writer) Close() error {
	err := w.Encoder.Close()
	w.Reset(nil)
	encoders.Put(w.Encoder)
	return err
}
