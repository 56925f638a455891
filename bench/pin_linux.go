package main

import (
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// lastCPU returns the number of a CPU of ours: the last, because the first has
// the most interrupts.
func lastCPU() int {
	var set unix.CPUSet
	last := 0
	if unix.SchedGetaffinity(0, &set) == nil {
		for i := range 8 * len(set) * 8 {
			if set.IsSet(i) {
				last = i
			}
		}
	}
	return last
}

// startOn starts cmd on one CPU. A child begins with the affinity of the thread
// that starts it, and the Go runtime takes its GOMAXPROCS from there, so that
// nothing has to be moved later.
func startOn(cpu int, cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var old, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &old); err != nil {
		return err
	}
	one.Set(cpu)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	err := cmd.Start()
	if back := unix.SchedSetaffinity(0, &old); err == nil {
		err = back
	}
	return err
}
