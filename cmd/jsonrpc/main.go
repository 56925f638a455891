// Command jsonrpc calls the methods of JSON-RPC servers from a terminal or a
// script. Try it without a server, and see --help:
//
//	jsonrpc demo: cat name=Mittens
package main

import (
	"os"

	"example.com/jsonrpc/cmd/jsonrpc/internal/cli"
)

func main() { os.Exit(int(cli.Main(cli.OS()))) }
