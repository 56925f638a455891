//go:build !race

package cli

// raceDetector says that the tests run under it, where all takes more memory.
const raceDetector = false
