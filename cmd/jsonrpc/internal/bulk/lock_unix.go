//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package bulk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes a file for this run until it is closed, by a kill, too, and reports
// false if another run has it. Where the file system has no locks, nobody has.
func lock(f *os.File) bool {
	return !errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK)
}
