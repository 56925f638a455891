// A generated client: package pets was made of openrpc.json by
//
//	jsonrpc gen go --in openrpc.json --out pets
//
// In a clone of the repository, with a mock of the server in another terminal:
//
//	go run ./cmd/jsonrpc mock examples/petstore/openrpc.json --listen 127.0.0.1:8080
//	go run ./examples/petstore http://127.0.0.1:8080
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"example.com/jsonrpc"
	"example.com/jsonrpc/examples/petstore/pets"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: petstore URL")
	}
	shop := pets.New(jsonrpc.URL(os.Args[1]))
	if err := adopt(context.Background(), os.Stdout, shop); err != nil {
		log.Fatal(err)
	}
}

// adopt takes the first cat that costs nothing and is still there.
func adopt(ctx context.Context, w io.Writer, shop pets.API) error {
	cats, err := shop.ListPets(ctx, pets.KindCat, new(int64(10)))
	if err != nil {
		return err
	}
	for _, cat := range cats {
		if cat.Price != nil {
			continue
		}
		receipt, err := shop.BuyPet(ctx, cat.ID)
		if errors.Is(err, pets.ErrSold) {
			fmt.Fprintln(w, cat.Name, "is gone")
			continue
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(w, cat.Name, "has a home:", receipt)
		return nil
	}
	return errors.New("no cat is for free")
}
