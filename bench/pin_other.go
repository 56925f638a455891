//go:build !linux

package main

import (
	"os"
	"os/exec"
)

func lastCPU() int { return 0 }

// startOn starts cmd with one CPU at a time, as near as it can be had here.
func startOn(_ int, cmd *exec.Cmd) error {
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return cmd.Start()
}
