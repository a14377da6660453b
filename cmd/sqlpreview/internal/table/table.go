// Package table shows a preview to a person: an aligned table in which a cut, a
// changed and a masked cell and a NULL each look different, also without
// colour, and below it what was bounded and what was changed.
package table

import (
	"fmt"
	"io"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/sanitize"
)

// Options is how to print. The zero Options prints plain text.
type Options struct {
	// Colour adds ANSI colours; it is for terminals.
	Colour bool
	// MaxCellWidth bounds the columns that one cell is shown in. Default 48.
	MaxCellWidth int
	// MaxRows bounds the rows that are shown. Default: all of them.
	MaxRows int
}

const defaultMaxCellWidth = 48

// A mark stands at the end of a cell, in a place where no value can stand.
const (
	markNone      = " "
	markCut       = "…"
	markChanged   = "~"
	markMasked    = "■"
	markAdvice    = "!"
	markNull      = "∅"
	nullText      = "NULL"
	shortenedTail = "⋯"
)

// The colours of the marks.
const (
	dim    = "\x1b[2m"
	bold   = "\x1b[1m"
	cyan   = "\x1b[36m"
	yellow = "\x1b[33m"
	red    = "\x1b[31m"
	reset  = "\x1b[0m"
)

var colourOf = map[string]string{
	markCut: cyan, markChanged: yellow, markMasked: red, markAdvice: yellow, markNull: dim,
}

// Write prints the result and the notes below it.
func Write(w io.Writer, r *preview.Result, options Options) error {
	p := newPrinter(options)
	if len(r.Columns) > 0 {
		p.grid(r)
	}
	p.notes(r)
	_, err := io.WriteString(w, p.out.String())
	return err
}

type printer struct {
	options Options
	out     strings.Builder
	// marks are those that were used, shortened the cells not shown whole.
	marks     map[string]bool
	shortened int
}

func newPrinter(options Options) *printer {
	if options.MaxCellWidth <= 0 {
		options.MaxCellWidth = defaultMaxCellWidth
	}
	return &printer{options: options, marks: map[string]bool{}}
}

// field is a cell as it is shown.
type field struct {
	text  string
	width int
	mark  string
}

// column is how wide a column is and on which side its values stand.
type column struct {
	width  int
	right  bool
	marked bool
}

func (p *printer) grid(r *preview.Result) {
	names := make([]field, len(r.Columns))
	columns := make([]column, len(r.Columns))
	for j, c := range r.Columns {
		names[j] = p.field(c.Name, c.Changes)
		columns[j] = column{width: names[j].width, right: c.Category == "N", marked: names[j].mark != markNone}
	}
	shown := r.Rows
	if n := p.options.MaxRows; n > 0 && n < len(shown) {
		shown = shown[:n]
	}
	rows := make([][]field, len(shown))
	for i, row := range shown {
		rows[i] = make([]field, len(row))
		for j, cell := range row {
			f := field{text: nullText, width: len(nullText), mark: markNull}
			if !cell.Null {
				f = p.field(cell.Text, cell.Changes)
			}
			rows[i][j] = f
			columns[j].width = max(columns[j].width, f.width)
			columns[j].marked = columns[j].marked || f.mark != markNone
		}
	}
	p.line(names, columns, bold)
	for j, c := range columns {
		if j > 0 {
			p.out.WriteString("┼")
		}
		width := c.width + 2
		if c.marked {
			width++
		}
		p.out.WriteString(strings.Repeat("─", width))
	}
	p.out.WriteString("\n")
	for _, row := range rows {
		p.line(row, columns, "")
	}
	if hidden := len(r.Rows) - len(shown); hidden > 0 {
		p.print("%s", p.paint(dim, " and "+count(hidden, "more row")+", not shown here"))
	}
}

// line prints one row. The mark takes the last place of its column, behind the
// padding, so a value that looks like a mark is none.
func (p *printer) line(fields []field, columns []column, colour string) {
	for j, f := range fields {
		if j > 0 {
			p.out.WriteString("│")
		}
		c := columns[j]
		padding := strings.Repeat(" ", c.width-f.width)
		text := p.paint(or(colourOf[f.mark], colour), f.text)
		if c.right {
			text = padding + text
		} else {
			text += padding
		}
		p.out.WriteString(" " + text)
		if c.marked {
			p.out.WriteString(p.paint(colourOf[f.mark], f.mark))
		}
		p.out.WriteString(" ")
		if f.mark != markNone {
			p.marks[f.mark] = true
		}
	}
	p.out.WriteString("\n")
}

// field lays out one text on one line.
func (p *printer) field(text string, changes *sanitize.Changes) field {
	shown := visible(text)
	if displaywidth.String(shown) > p.options.MaxCellWidth {
		shown = displaywidth.TruncateString(shown, p.options.MaxCellWidth, shortenedTail)
		p.shortened++
	}
	return field{text: shown, width: displaywidth.String(shown), mark: markOf(changes)}
}

// markOf is the gravest mark of a cell.
func markOf(c *sanitize.Changes) string {
	switch {
	case c == nil:
		return markNone
	case c.Kinds&(sanitize.MaskedValue|sanitize.MaskedColumn) != 0:
		return markMasked
	case c.Kinds&sanitize.Modifying&^sanitize.Truncated != 0:
		return markChanged
	case c.Kinds.Has(sanitize.Truncated):
		return markCut
	case c.Kinds != 0:
		return markAdvice
	default:
		return markNone
	}
}

// visible shows the white space that would break the grid. The values are
// sanitized, so no other character moves the cursor.
func visible(text string) string {
	return strings.NewReplacer("\r\n", "↵", "\n", "↵", "\r", "↵", "\t", "⇥").Replace(text)
}

func (p *printer) paint(colour, text string) string {
	if !p.options.Colour || colour == "" || text == "" {
		return text
	}
	return colour + text + reset
}

func (p *printer) print(format string, arguments ...any) {
	fmt.Fprintf(&p.out, format+"\n", arguments...)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
