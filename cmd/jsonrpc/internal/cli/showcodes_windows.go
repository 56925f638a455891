package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// showCodes makes a console obey the codes that move the cursor. One that is too
// old for that shows them.
func showCodes(screen *os.File) {
	var mode uint32
	if handle := windows.Handle(screen.Fd()); windows.GetConsoleMode(handle, &mode) == nil {
		_ = windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
	}
}
