//go:build !windows

package cli

import "os"

// showCodes does nothing: terminals obey the codes that move the cursor.
func showCodes(*os.File) {}
