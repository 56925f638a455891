package transport

import "os"

var terminate = os.Kill // there is nothing milder
