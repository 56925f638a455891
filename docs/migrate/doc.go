// Package migrate tests the pages of this folder: their code is compiled, and the
// drop-in packages are held against the libraries that they stand for. It is a
// module of its own because those are heavy.
package migrate
