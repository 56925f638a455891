package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/http"
	"strconv"
	"time"

	"example.com/jsonrpc"
)

// An HMAC signs the text of each message with a key that the server knows, too
// (RFC 2104), so that nobody on the way can change it. The text is that before
// any compression. It is nothing for a WebSocket, whose messages have no headers:
// there it is an empty text that is signed.
type HMAC struct {
	// Header carries the signature, as in "X-Signature".
	Header string
	// Key is shared with the server.
	Key []byte
	// Hash is SHA-256 if nil.
	Hash func() hash.Hash
	// Encode writes the signature as text: hex.EncodeToString if nil.
	Encode func([]byte) string
	// Prefix stands before the signature in the header, as in "sha256=".
	Prefix string
	// TimeHeader, if there is one, carries the time in seconds, and what is
	// signed is the time, a full stop and the text: so that a message cannot be
	// sent again later by somebody else.
	TimeHeader string
}

// Auth returns h as an option wants it.
func (h HMAC) Auth() jsonrpc.Auth {
	if h.Hash == nil {
		h.Hash = sha256.New
	}
	if h.Encode == nil {
		h.Encode = hex.EncodeToString
	}
	return func(_ context.Context, r jsonrpc.AuthRequest) (http.Header, error) {
		header := http.Header{}
		mac := hmac.New(h.Hash, h.Key)
		if h.TimeHeader != "" {
			now := strconv.FormatInt(time.Now().Unix(), 10)
			header[h.TimeHeader] = []string{now}
			mac.Write([]byte(now + "."))
		}
		mac.Write(r.Body)
		header[h.Header] = []string{h.Prefix + h.Encode(mac.Sum(nil))}
		return header, nil
	}
}
