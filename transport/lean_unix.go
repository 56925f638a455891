//go:build unix

package transport

import (
	"io"
	"net"
	"syscall"
)

// canReadNow says that newReadNow works here.
const canReadNow = true

// newReadNow returns a function that reads what has come on c and does not wait:
// if there is nothing, its error is errNothingYet.
func newReadNow(c net.Conn) func([]byte) (int, error) {
	var raw syscall.RawConn
	if sc, ok := c.(syscall.Conn); ok {
		raw, _ = sc.SyscallConn()
	}
	if raw == nil {
		return func([]byte) (int, error) { return 0, syscall.ENOTSUP }
	}
	var ( // kept, so that nothing is allocated for a read
		p   []byte
		n   int
		err error
	)
	read := func(fd uintptr) bool {
		n, err = syscall.Read(int(fd), p)
		return true // do not wait
	}
	return func(into []byte) (int, error) {
		p = into
		closed := raw.Read(read)
		p = nil
		switch {
		case closed != nil:
			return 0, closed
		case err == syscall.EAGAIN:
			return 0, errNothingYet
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}
