// Package diagnostic shows a person what is wrong in a text and where: the
// line, and carets under the fault.
//
// The text is a stranger's. What a terminal could act on, control characters
// and those that reorder or hide, is shown as U+FFFD, and a long line only near
// the fault.
package diagnostic

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/op-data/sqlpreview/preview"
)

// maxShown is how many violations are printed in full.
const maxShown = 20

// Violations prints every violation of a text that goes by name, for instance
// a file's. Colour is for terminals.
func Violations(w io.Writer, colour bool, name, text string, violations []preview.Violation) error {
	var out strings.Builder
	for i, v := range violations {
		if i == maxShown {
			fmt.Fprintf(&out, "and %d more\n", len(violations)-maxShown)
			break
		}
		place := preview.Position{Line: v.Line, Column: v.Column, Offset: v.Offset, End: v.End}
		write(&out, colour, name, text, fault{string(v.Reason), v.Message, v.Hint, place})
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// Error prints a failure: each violation of it, or else its own message, with
// the place in the text where there is one.
func Error(w io.Writer, colour bool, name, text string, e *preview.Error) error {
	if len(e.Violations) > 0 {
		return Violations(w, colour, name, text, e.Violations)
	}
	var out strings.Builder
	write(&out, colour, name, text, fault{string(e.Reason), e.Message, e.Hint, e.Position})
	_, err := io.WriteString(w, out.String())
	return err
}

// fault is one thing to show.
type fault struct {
	reason, message, hint string
	place                 preview.Position
}

// The parts of a diagnostic that colour sets apart.
const (
	red   = "\x1b[1;31m"
	bold  = "\x1b[1m"
	blue  = "\x1b[34m"
	reset = "\x1b[0m"
)

func write(out *strings.Builder, colour bool, name, text string, f fault) {
	paint := func(code, s string) string {
		if !colour {
			return s
		}
		return code + s + reset
	}
	fmt.Fprintf(out, "%s: %s\n", paint(red, f.reason), paint(bold, oneLine(f.message)))
	margin := ""
	if !f.place.IsZero() {
		number := strconv.Itoa(f.place.Line)
		margin = strings.Repeat(" ", len(number))
		source := excerpt(text, f.place.Offset, f.place.End)
		fmt.Fprintf(out, "%s %s %s:%d:%d\n", margin, paint(blue, "-->"), oneLine(name), f.place.Line, f.place.Column)
		fmt.Fprintf(out, "%s %s %s\n", paint(blue, number), paint(blue, "|"), source.line)
		fmt.Fprintf(out, "%s %s %s\n", margin, paint(blue, "|"), source.indent+paint(red, source.carets))
	}
	if f.hint != "" {
		fmt.Fprintf(out, "%s %s hint: %s\n", margin, paint(blue, "="), oneLine(f.hint))
	}
}

// Plain makes a text safe to show on a terminal and keeps its lines.
func Plain(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = oneLine(line)
	}
	return strings.Join(lines, "\n")
}

// oneLine shows a text on one line.
func oneLine(text string) string {
	var out strings.Builder
	for _, c := range clusters(text) {
		out.WriteString(c.shown)
	}
	return out.String()
}
