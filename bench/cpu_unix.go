//go:build unix

package main

import "golang.org/x/sys/unix"

// cpuTime is the CPU time that this process has taken, in nanoseconds.
func cpuTime() int64 {
	var use unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return use.Utime.Nano() + use.Stime.Nano()
}
