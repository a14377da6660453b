// Package table shows a preview to a person: an aligned table, or where that does
// not fit, each row as a list of its columns. A cut, a changed and a masked cell
// and a NULL each have a mark in a place of its own, also without colour; below
// stands what was bounded and what was changed.
package table

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"

	"github.com/op-data/sqlpreview/cmd/internal/screen"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/sanitize"
)

// Form is how rows are laid out.
type Form uint8

const (
	// Auto is a table, and Expanded where no readable table fits the width.
	Auto Form = iota
	// Expanded is each row as a list of its columns, with the values whole.
	Expanded
)

// Options is how to print. The zero Options prints a plain table for a file.
type Options struct {
	// Colour adds ANSI colours; it is for terminals.
	Colour bool
	// Width is how many columns the terminal has. Default (0): no terminal, so that
	// lines may be of any length.
	Width int
	// Form is the layout. Default: Auto.
	Form Form
	// MaxRows bounds the rows that are shown. Default: all of them.
	MaxRows int
	// Verbose lists the time of each step, and says why values are masked.
	Verbose bool
}

const (
	// widestCell is what one cell takes at most where there is no terminal.
	widestCell = 48
	// readableCell is what a table leaves to the widest columns at least; where
	// they would get less, the rows are expanded.
	readableCell = 16
)

// A mark stands behind a cell, apart from its value, in a place where no value can
// stand. A NULL has nothing but its mark.
const (
	markNone      = " "
	markCut       = "…"
	markChanged   = "~"
	markMasked    = "■"
	markAdvice    = "!"
	markNull      = "∅"
	shortenedTail = "⋯"
)

var colourOf = map[string]screen.Colour{
	markCut: screen.Teal, markChanged: screen.Orange, markMasked: screen.Red, markAdvice: screen.Orange, markNull: screen.Grey,
}

// Write prints the result and the notes below it.
func Write(w io.Writer, r *preview.Result, options Options) error {
	p := newPrinter(options)
	if len(r.Columns) > 0 {
		p.rows(r)
	}
	p.notes(r)
	_, err := io.WriteString(w, p.out.String())
	return err
}

// WriteNotes prints the notes alone, for rows that went elsewhere.
func WriteNotes(w io.Writer, r *preview.Result, options Options) error {
	p := newPrinter(options)
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
	// lines reports that a value held the line that parts columns.
	lines bool
}

func newPrinter(options Options) *printer {
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

// rows prints the rows as a table or expanded.
func (p *printer) rows(r *preview.Result) {
	names := make([]field, len(r.Columns))
	columns := make([]column, len(r.Columns))
	for j, c := range r.Columns {
		names[j] = p.fieldOf(c.Name, c.Changes)
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
			f := field{mark: markNull}
			if !cell.Null {
				f = p.fieldOf(cell.Text, cell.Changes)
			}
			rows[i][j] = f
			columns[j].width = max(columns[j].width, f.width)
			columns[j].marked = columns[j].marked || f.mark != markNone
		}
	}
	if p.options.Form == Expanded || !p.fit(columns) {
		p.expanded(names, rows)
	} else {
		p.grid(names, columns, rows)
	}
	if hidden := len(r.Rows) - len(shown); hidden > 0 {
		p.print("%s", p.paint(screen.Grey, " and "+count(hidden, "more row")+", not shown here"))
	}
}

// fit makes the widest columns as narrow as they must be for a line to fit, all
// alike. It returns false where that would leave them too little to be read.
func (p *printer) fit(columns []column) bool {
	widest := widestCell
	if p.options.Width > 0 {
		rest := p.options.Width
		for j, c := range columns {
			rest -= c.around()
			if j > 0 {
				rest-- // the line between
			}
		}
		widest = fairShare(columns, rest)
		if widest < readableCell && widest < widestOf(columns) {
			return false
		}
	}
	for j := range columns {
		columns[j].width = min(columns[j].width, widest)
	}
	return true
}

// around is what a column takes beside its values: a space on either side, and a
// space and a mark.
func (c column) around() int {
	if c.marked {
		return 4
	}
	return 2
}

func widestOf(columns []column) (widest int) {
	for _, c := range columns {
		widest = max(widest, c.width)
	}
	return widest
}

// fairShare returns the largest width that the columns may have at most so that
// together they take no more than room: narrow columns keep theirs, and the wide
// ones share the rest alike.
func fairShare(columns []column, room int) int {
	share := 0
	for next := 1; next <= widestOf(columns); next++ {
		sum := 0
		for _, c := range columns {
			sum += min(c.width, next)
		}
		if sum > room {
			break
		}
		share = next
	}
	return share
}

func (p *printer) grid(names []field, columns []column, rows [][]field) {
	p.line(names, columns, screen.Bold)
	for j, c := range columns {
		if j > 0 {
			p.out.WriteString("┼")
		}
		p.out.WriteString(strings.Repeat("─", c.width+c.around()))
	}
	p.out.WriteString("\n")
	for _, row := range rows {
		p.line(row, columns, screen.Plain)
	}
}

// line prints one row of a table.
func (p *printer) line(fields []field, columns []column, colour screen.Colour) {
	at := 1 // the column of the screen where the cell begins
	for j, f := range fields {
		if j > 0 {
			p.out.WriteString("│")
			at++
		}
		c := columns[j]
		f = p.shorten(f, c.width)
		padding := strings.Repeat(" ", c.width-f.width)
		text := p.paint(or(colourOf[f.mark], colour), p.shown(f.text))
		if c.right {
			text = padding + text
		} else {
			text += padding
		}
		p.out.WriteString(" " + text + p.goTo(f, at+1+c.width))
		at += c.width + c.around()
		if c.marked {
			p.out.WriteString(" " + p.mark(f.mark))
		}
		p.out.WriteString(" ")
	}
	p.out.WriteString("\n")
}

// shown returns a text as it is printed: on a terminal, so that its direction
// leaves the cells beside it where they are.
func (p *printer) shown(text string) string {
	p.lines = p.lines || strings.Contains(text, shownLine)
	if p.options.Width == 0 {
		return text
	}
	return sanitize.Isolate(text)
}

// goTo moves a terminal's cursor to a column. Terminals do not agree on how many
// columns Devanagari, Khmer or some emoji take, so only this aligns what follows.
func (p *printer) goTo(f field, column int) string {
	if !p.movesCursor() || isASCII(f.text) {
		return ""
	}
	return fmt.Sprintf("\x1b[%dG", column)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// mark paints a mark and notes that it was used.
func (p *printer) mark(mark string) string {
	if mark != markNone {
		p.marks[mark] = true
	}
	return p.paint(colourOf[mark], mark)
}

// shorten makes a field fit a column, for the screen alone.
func (p *printer) shorten(f field, width int) field {
	if f.width <= width {
		return f
	}
	p.shortened++
	whole := f.text
	for room := width; room > 0; room-- { // a terminal may take more columns than the text has
		f.text = displaywidth.TruncateString(whole, room, shortenedTail)
		if f.width = p.widthOf(f.text); f.width <= width {
			break
		}
	}
	return f
}

// fieldOf lays out one text on one line.
func (p *printer) fieldOf(text string, changes *sanitize.Changes) field {
	shown := visible(text)
	return field{text: shown, width: p.widthOf(shown), mark: markOf(changes)}
}

// widthOf returns how many columns a text takes. Some terminals draw what Unicode
// calls one character in as many columns as its parts have; so where the cursor is
// moved to align what follows, a text has room for that.
func (p *printer) widthOf(text string) int {
	width := displaywidth.String(text)
	if !p.movesCursor() || isASCII(text) {
		return width
	}
	parts := 0
	for _, r := range text {
		if !unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
			parts += displaywidth.Rune(r)
			if unicode.Is(unicode.Mc, r) && displaywidth.Rune(r) == 0 {
				parts++
			}
		}
	}
	return max(width, parts)
}

// movesCursor reports whether the output goes to a terminal that takes sequences.
func (p *printer) movesCursor() bool { return p.options.Width > 0 && p.options.Colour }

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

// shownLine stands for the line between columns where it is part of a value.
const shownLine = "┊"

// visible shows the white space that would break the layout, and the line between
// columns by another. The values are sanitized, so no other character moves the
// cursor.
func visible(text string) string {
	return strings.NewReplacer("\r\n", "↵", "\n", "↵", "\r", "↵", "\t", "⇥", "│", shownLine).Replace(text)
}

func (p *printer) paint(colour screen.Colour, text string) string {
	return screen.Paint(p.options.Colour, colour, text)
}

// print prints one line, broken at spaces where the terminal is narrower.
func (p *printer) print(format string, arguments ...any) {
	p.out.WriteString(screen.Wrap(fmt.Sprintf(format, arguments...), p.options.Width, "    ") + "\n")
}

func or(a, b screen.Colour) screen.Colour {
	if a != screen.Plain {
		return a
	}
	return b
}
