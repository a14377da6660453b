package screen

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Colours reports whether to colour what goes to w: only on a terminal, and not
// where NO_COLOR (see no-color.org) or a dumb terminal ask for none.
func Colours(getenv func(string) string, w io.Writer) bool {
	if getenv("NO_COLOR") != "" || getenv("TERM") == "dumb" {
		return false
	}
	return IsTerminal(w)
}

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// TerminalWidth is how many columns the terminal behind w has, 0 for anything else.
func TerminalWidth(w io.Writer) int {
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
