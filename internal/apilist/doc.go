// Package apilist keeps a listing of the exported API, a line for each thing, in
// the folder api. Its test fails where code and listing differ, so that no
// change to the API is made unawares. A change that is meant is written with
//
//	go test ./internal/apilist -update
//
// and then shows in the diff that is reviewed.
package apilist
