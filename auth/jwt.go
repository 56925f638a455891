package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"time"

	"example.com/jsonrpc"
)

// JWT sends a token of its own with each message: a JSON Web Token signed with
// HMAC SHA-256 (RFC 7519, HS256), whose claim iat is the time in seconds. Further
// claims may be given. This is how Ethereum's Engine API is authorized; its key
// is in a file, see [JWTFile].
func JWT(key []byte, claims map[string]any) jsonrpc.Auth {
	return func(context.Context, jsonrpc.AuthRequest) (http.Header, error) { return token(key, claims) }
}

// JWTFile is [JWT] with a key of 32 bytes in a file, in hexadecimal digits, with
// or without 0x in front. The file is read for the first message, and again if
// the server answers HTTP 401: a node may make a new one when it starts.
func JWTFile(path string, claims map[string]any) jsonrpc.Auth {
	key := &file[[]byte]{path: path, parse: parseKey}
	return func(_ context.Context, r jsonrpc.AuthRequest) (http.Header, error) {
		key, err := key.get(r.Refused != nil)
		if err != nil {
			return nil, err
		}
		return token(key, claims)
	}
}

func parseKey(text string) ([]byte, error) {
	const size = 32
	text = strings.TrimPrefix(strings.TrimSpace(text), "0x")
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != size {
		return nil, errors.New("it must hold 64 hexadecimal digits")
	}
	return key, nil
}

// token returns the header for this moment.
func token(key []byte, claims map[string]any) (http.Header, error) {
	all := map[string]any{}
	maps.Copy(all, claims)
	all["iat"] = time.Now().Unix()
	payload, err := json.Marshal(all)
	if err != nil {
		return nil, errors.New("the claims of the token cannot be written as JSON")
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(payload)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return authorization("Bearer " + text + "." + encode(mac.Sum(nil))), nil
}
