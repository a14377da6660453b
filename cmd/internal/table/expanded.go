package table

import (
	"fmt"
	"strings"

	"github.com/op-data/sqlpreview/cmd/internal/screen"
)

// narrowestValue is what a value has at least of a line of expanded rows.
const narrowestValue = 8

// expanded prints each row as a list: the column's name, the mark, a line, the
// value. A value goes on below itself as often as it needs.
func (p *printer) expanded(names []field, rows [][]field) {
	layout := p.expandedLayout(names, rows)
	for i, row := range rows {
		p.rule(fmt.Sprintf("row %d ", i+1))
		for j, f := range row {
			p.expandedValue(layout, names[j], f)
		}
	}
}

// expandedLayout is how wide the parts of expanded rows are.
type expandedLayout struct {
	nameWidth, valueWidth int  // valueWidth 0: no limit
	marked                bool // there is a column for marks
}

func (p *printer) expandedLayout(names []field, rows [][]field) (l expandedLayout) {
	for _, f := range names {
		l.nameWidth = max(l.nameWidth, f.width)
	}
	for _, row := range append([][]field{names}, rows...) {
		for _, f := range row {
			l.marked = l.marked || f.mark != markNone
		}
	}
	around := len(" ") + len("  ") + 1 // before the name, around the line, the line
	if l.marked {
		around += 2
	}
	if w := p.options.Width; w > 0 {
		l.nameWidth = max(1, min(l.nameWidth, w-around-narrowestValue, max(w/3, readableCell)))
		l.valueWidth = max(1, w-around-l.nameWidth)
	}
	return l
}

// expandedValue prints one column of an expanded row. Its mark is the value's, else the
// name's.
func (p *printer) expandedValue(l expandedLayout, name, value field) {
	if l.nameWidth < name.width {
		name = p.shorten(name, l.nameWidth)
	}
	mark := value.mark
	if mark == markNone {
		mark = name.mark
	}
	label := name.text + strings.Repeat(" ", l.nameWidth-name.width)
	for k, piece := range screen.Fold(value.text, l.valueWidth) {
		if k > 0 {
			label, mark = strings.Repeat(" ", l.nameWidth), markNone
		}
		p.out.WriteString(" " + p.paint(screen.Bold, label))
		if l.marked {
			p.out.WriteString(" " + p.mark(mark))
		}
		line := " │ " + p.paint(colourOf[value.mark], p.shown(piece))
		if piece == "" {
			line = " │"
		}
		p.out.WriteString(line + "\n")
	}
}

// rule prints a line across with a title.
func (p *printer) rule(title string) {
	width := p.options.Width
	if width <= 0 || width > widestCell {
		width = widestCell
	}
	p.out.WriteString(p.paint(screen.Grey, "── "+title+strings.Repeat("─", max(0, width-screen.Width(title)-3))) + "\n")
}
