// Package support is what generated packages are given of the parts that are the
// same in each. It is copied, file by file, as far as a package needs it.
package support
