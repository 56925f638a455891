package load

import (
	"time"

	"golang.org/x/sys/unix"
)

// pause sleeps for a short time. Go's own timers wait for the network at the same
// time, which Linux is asked to do for whole milliseconds: ten calls at ten thousand
// a second.
func pause(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&t, nil) // a signal ends it early, and the next call is due soon
}
