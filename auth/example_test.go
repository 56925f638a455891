package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/auth"
)

// A server that wants tokens, and shows whom it let in.
func guarded() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get("Authorization") + r.Header.Get("X-Signature")
		if given == "Bearer token 1" { // it was revoked
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","result":%q,"id":1}`, given)
	}))
}

func ExampleBearer() {
	server := guarded()
	defer server.Close()

	fetched := 0
	token := auth.Bearer(func(ctx context.Context) (auth.Token, error) {
		fetched++ // ask an identity provider, with ctx
		return auth.Token{Value: fmt.Sprint("token ", fetched), Expires: time.Now().Add(time.Hour)}, nil
	})

	ctx := context.Background()
	client, err := jsonrpc.Dial(ctx, server.URL, jsonrpc.WithAuth(token))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	for range 3 {
		fmt.Println(jsonrpc.Call[string](ctx, client, "who", nil, jsonrpc.WithID(jsonrpc.IntID(1))))
	}
	fmt.Println("fetched", fetched)
	// Output:
	// Bearer token 2 <nil>
	// Bearer token 2 <nil>
	// Bearer token 2 <nil>
	// fetched 2
}

func ExampleHMAC() {
	server := guarded()
	defer server.Close()

	sign := auth.HMAC{Header: "X-Signature", Key: []byte("a key that both know"), Prefix: "sha256="}

	ctx := context.Background()
	client, err := jsonrpc.Dial(ctx, server.URL, jsonrpc.WithAuth(sign.Auth()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(jsonrpc.Call[string](ctx, client, "who", nil))
	// Output: sha256=9864ddcda7c2f37ea0bd278baea6607d4cb7b8658c95e8b8f6c8f08a882ab7fe <nil>
}
