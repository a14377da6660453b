package main

import (
	"fmt"
	"io"

	"github.com/op-data/sqlpreview/cmd/internal/screen"
)

// colours reports whether to colour what goes to w.
func colours(env *environment, w io.Writer) bool { return screen.Colours(env.getenv, w) }

// widthOf is how many columns the terminal behind w has, 0 for anything else.
func widthOf(w io.Writer) int { return screen.TerminalWidth(w) }

// typed returns standard input, and says so where it is a terminal.
func (e *environment) typed() io.Reader {
	if screen.IsTerminal(e.stdin) {
		fmt.Fprintln(e.stderr, "reading the query from the terminal; end it with Ctrl-D")
	}
	return e.stdin
}
