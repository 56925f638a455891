package main

import (
	"context"
	_ "embed"
	"os"
	"testing"

	"example.com/jsonrpc/examples/petstore/pets"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/openrpc"
)

//go:embed openrpc.json
var description []byte

// A server that answers as the description says.
func Example() {
	doc, _ := openrpc.Parse(description)
	client := jsonrpctest.Connect(jsonrpctest.OpenRPC(doc))
	defer client.Close()
	_ = adopt(context.Background(), os.Stdout, pets.New(client))
	// Output: Yoko has a home: R-0000
}

// A mock, for what a server seldom does.
func TestAllSold(t *testing.T) {
	shop := &pets.Mock{
		ListPetsFunc: func(context.Context, pets.Kind, *int64) ([]pets.Pet, error) {
			return []pets.Pet{{ID: 1, Name: "Tom"}}, nil
		},
		BuyPetFunc: func(context.Context, int64) (string, error) { return "", pets.ErrSold },
	}
	if err := adopt(t.Context(), t.Output(), shop); err == nil || err.Error() != "no cat is for free" {
		t.Error(err)
	}
}
