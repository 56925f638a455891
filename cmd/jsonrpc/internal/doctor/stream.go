package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"example.com/jsonrpc/transport"
)

// settle is how long a stream is listened to for an answer that should not come,
// at most.
const settle = 300 * time.Millisecond

// OnStream makes a Carrier of a stream: the next message of the server's that is
// no request and no notification is the answer to what was sent.
func OnStream(s transport.Stream, patience time.Duration) Carrier {
	return &onStream{stream: s, quiet: min(patience, settle)}
}

type onStream struct {
	stream transport.Stream
	quiet  time.Duration
}

// RoundTrip sends m and waits for what comes back: a while even if nothing
// should.
func (o *onStream) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	if len(m.Header) > 0 {
		return nil, transport.ErrNoHeaders
	}
	if err := o.stream.Write(ctx, m.Body); err != nil {
		return nil, err
	}
	if !m.Reply {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.quiet)
		defer cancel()
	}
	for {
		text, err := o.stream.Read(ctx, nil)
		if spoilt := (*transport.FrameError)(nil); errors.As(err, &spoilt) {
			continue
		}
		if err != nil {
			if !m.Reply && errors.Is(err, context.DeadlineExceeded) {
				return nil, nil
			}
			return nil, err
		}
		var head struct {
			Method *json.RawMessage `json:"method"`
		}
		if json.Unmarshal(text, &head) == nil && head.Method != nil {
			continue
		}
		return io.NopCloser(bytes.NewReader(text)), nil
	}
}

// Close closes the stream.
func (o *onStream) Close() error { return o.stream.Close() }
