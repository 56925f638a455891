//go:build !windows

package transport

import "syscall"

const terminate = syscall.SIGTERM
