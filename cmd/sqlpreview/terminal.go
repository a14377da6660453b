package main

import (
	"fmt"
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
	return isTerminal(w)
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// widthOf is how many columns the terminal behind w has, 0 for anything else.
func widthOf(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width < 1 {
		return 0
	}
	return width
}

// typed returns standard input, and says so where it is a terminal.
func (e *environment) typed() io.Reader {
	if isTerminal(e.stdin) {
		fmt.Fprintln(e.stderr, "reading the query from the terminal; end it with Ctrl-D")
	}
	return e.stdin
}
