package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// colours tells whether to colour what goes to w: only on a terminal, and not
// where NO_COLOR (see no-color.org) or a dumb terminal ask for none.
func colours(env *environment, w io.Writer) bool {
	if env.getenv("NO_COLOR") != "" || env.getenv("TERM") == "dumb" {
		return false
	}
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
