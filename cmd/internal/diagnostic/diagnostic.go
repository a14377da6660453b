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

	"github.com/op-data/sqlpreview/cmd/internal/screen"
	"github.com/op-data/sqlpreview/preview"
)

// maxShown is how many violations are printed in full.
const maxShown = 20

// Options say what is printed to.
type Options struct {
	// Colour allows colours, for terminals.
	Colour bool
	// Width is the terminal's number of columns. Default (0): no terminal, lines are
	// not wrapped.
	Width int
}

// Violations prints every violation of a text that goes by name, for instance a
// file's, with a blank line between two.
func Violations(w io.Writer, o Options, name, text string, violations []preview.Violation) error {
	p := &printer{colour: o.Colour, width: o.Width, margin: 1}
	shown := violations[:min(maxShown, len(violations))]
	for _, v := range shown {
		p.margin = max(p.margin, len(strconv.Itoa(v.Line)))
	}
	for i, v := range shown {
		if i > 0 {
			p.out.WriteString("\n")
		}
		place := preview.Position{Line: v.Line, Column: v.Column, Offset: v.Offset, End: v.End}
		p.write(name, text, fault{string(v.Reason), v.Message, v.Hint, place})
	}
	if more := len(violations) - maxShown; more > 0 {
		fmt.Fprintf(&p.out, "\nand %d more\n", more)
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// Error prints a failure: each violation of it, or else its own message, with
// the place in the text where there is one.
func Error(w io.Writer, o Options, name, text string, e *preview.Error) error {
	if len(e.Violations) > 0 {
		return Violations(w, o, name, text, e.Violations)
	}
	p := &printer{colour: o.Colour, width: o.Width, margin: len(strconv.Itoa(max(1, e.Position.Line)))}
	p.write(name, text, fault{string(e.Reason), e.Message, e.Hint, e.Position})
	_, err := io.WriteString(w, p.out.String())
	return err
}

// fault is one thing to show.
type fault struct {
	reason, message, hint string
	place                 preview.Position
}

type printer struct {
	out    strings.Builder
	colour bool
	width  int
	// margin is how many digits the longest line number has, so that all hints
	// stand below each other.
	margin int
}

func (p *printer) paint(colour screen.Colour, text string) string {
	return screen.Paint(p.colour, colour, text)
}

func (p *printer) write(name, text string, f fault) {
	message := screen.Wrap(f.reason+": "+oneLine(f.message), p.width, "  ")
	rest, _ := strings.CutPrefix(message, f.reason)
	fmt.Fprintf(&p.out, "%s%s\n", p.paint(screen.Alarm, f.reason), p.paint(screen.Bold, rest))
	margin := strings.Repeat(" ", p.margin)
	if !f.place.IsZero() {
		number := fmt.Sprintf("%*d", p.margin, f.place.Line)
		source := excerpt(text, f.place.Offset, f.place.End, p.width-p.margin-len(" | "))
		fmt.Fprintf(&p.out, "%s %s %s:%d:%d\n", margin, p.paint(screen.Blue, "-->"), oneLine(name), f.place.Line, f.place.Column)
		fmt.Fprintf(&p.out, "%s %s %s\n", p.paint(screen.Blue, number), p.paint(screen.Blue, "|"), source.line)
		fmt.Fprintf(&p.out, "%s %s %s\n", margin, p.paint(screen.Blue, "|"), source.indent+p.paint(screen.Alarm, source.carets))
	}
	if f.hint != "" {
		hint := screen.Wrap(margin+" = hint: "+oneLine(f.hint), p.width, margin+"   ")
		fmt.Fprintf(&p.out, "%s\n", strings.Replace(hint, "=", p.paint(screen.Blue, "="), 1))
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
