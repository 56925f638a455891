//go:build unix

package transport

import "syscall"

// newTry returns a function that writes as much to c as the system takes without
// waiting. Only one goroutine may call it at a time. It is nil if c has no
// descriptor.
func newTry(c any) func([]byte) int {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	var ( // kept, so that nothing is allocated for a write
		p       []byte
		written int
	)
	write := func(fd uintptr) bool {
		written, _ = syscall.Write(int(fd), p) // an error comes again
		return true                            // do not wait
	}
	return func(frames []byte) int {
		p, written = frames, 0
		_ = raw.Write(write)
		p = nil
		return max(written, 0)
	}
}
