//go:build no_console

package console

import "embed"

// bundle is left out.
var bundle embed.FS
