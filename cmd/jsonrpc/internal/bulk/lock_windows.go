package bulk

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// lock takes a file for this run until it is closed, by a kill, too, and reports
// false if another run has it. What is locked is a byte past all outcomes: Windows
// lets nobody read what is.
func lock(f *os.File) bool {
	at := windows.Overlapped{Offset: math.MaxUint32, OffsetHigh: math.MaxInt32}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	return !errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}
