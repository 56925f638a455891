//go:build !unix

package transport

import (
	"errors"
	"net"
)

// canReadNow says that newReadNow does not work here.
const canReadNow = false

func newReadNow(net.Conn) func([]byte) (int, error) {
	return func([]byte) (int, error) { return 0, errors.ErrUnsupported }
}
