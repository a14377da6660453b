//go:build !no_console

package console

import "embed"

// bundle is what .ci/tools/console made of page.
//
//go:embed dist
var bundle embed.FS
