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
	marked := false
	nameWidth := 0
	for _, f := range names {
		nameWidth = max(nameWidth, f.width)
	}
	for _, row := range append([][]field{names}, rows...) {
		for _, f := range row {
			marked = marked || f.mark != markNone
		}
	}
	around := len(" ") + len("  ") + 1 // before the name, around the line, the line
	if marked {
		around += 2
	}
	valueWidth := 0
	if w := p.options.Width; w > 0 {
		nameWidth = max(1, min(nameWidth, w-around-narrowestValue, max(w/3, readableCell)))
		valueWidth = max(1, w-around-nameWidth)
	}
	for i, row := range rows {
		p.rule(fmt.Sprintf("row %d ", i+1))
		for j, f := range row {
			name := names[j]
			if nameWidth < name.width {
				name = p.shorten(name, nameWidth)
			}
			mark := f.mark
			if mark == markNone {
				mark = name.mark
			}
			label := name.text + strings.Repeat(" ", nameWidth-name.width)
			for k, piece := range screen.Fold(f.text, valueWidth) {
				if k > 0 {
					label, mark = strings.Repeat(" ", nameWidth), markNone
				}
				p.out.WriteString(" " + p.paint(screen.Bold, label))
				if marked {
					p.out.WriteString(" " + p.mark(mark))
				}
				line := " │ " + p.paint(colourOf[f.mark], p.shown(piece))
				if piece == "" {
					line = " │"
				}
				p.out.WriteString(line + "\n")
			}
		}
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
