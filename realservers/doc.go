// Package realservers calls JSON-RPC servers that were written by others, over real sockets, with the library and
// with the command.
//
// It is a module of tests alone: nothing of it reaches a user. Its servers are installed by .ci/install, started by the
// tests on free loopback ports with directories of their own, and stopped with the test. A test whose server is missing
// is skipped and says so; where CI=true it fails, so that a broken installation can't pass for a green run.
package realservers
