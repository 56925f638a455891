package jsonrpc

import "encoding/json"

// A Codec is another JSON engine for what users give and get. It never sees the
// envelope of a message, which is read by this package's own rules. A field that
// is nil leaves its part to the engine of this package.
//
//	jsonrpc.WithCodec(jsonrpc.Codec{Marshal: sonic.ConfigStd.Marshal, Unmarshal: sonic.ConfigStd.Unmarshal})
type Codec struct {
	// Marshal returns the JSON of params.
	Marshal func(v any) ([]byte, error)
	// Unmarshal decodes a result, which is valid JSON, into the variable v
	// points to. It must not keep data, or parts of it, in v: its memory is
	// used again.
	Unmarshal func(data []byte, v any) error
}

// params returns the JSON of params, where it is the codec's business.
func (c *Codec) params(params any) (any, error) {
	if _, raw := params.(json.RawMessage); params == nil || raw || c.Marshal == nil {
		return params, nil
	}
	text, err := c.Marshal(params)
	if err != nil {
		return nil, &MessageError{Reason: "params do not encode with the codec given", Err: err}
	}
	return json.RawMessage(text), nil
}

// decodes reports whether results for the variable v points to are the codec's
// business. A nil codec has none.
func (c *Codec) decodes(v any) bool {
	if c == nil || c.Unmarshal == nil {
		return false
	}
	switch v.(type) {
	case streamer, *opened:
		return false
	}
	return true
}
