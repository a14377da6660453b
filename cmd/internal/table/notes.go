package table

import (
	"fmt"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/cmd/internal/screen"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/sanitize"
)

// maxNotes is how many changed cells are named one by one.
const maxNotes = 8

// legend explains the marks, in the order in which they are printed.
var legend = []struct{ mark, meaning string }{
	{markCut, "cut"},
	{markChanged, "changed"},
	{markMasked, "masked"},
	{markAdvice, "unchanged, but mind it"},
	{markNull, "NULL"},
}

// legend explains the marks that were used.
func (p *printer) legend() {
	var used []string
	for _, l := range legend {
		if p.marks[l.mark] {
			used = append(used, l.mark+" "+l.meaning)
		}
	}
	if len(used) > 0 {
		p.print("%s", p.paint(screen.Grey, "marks: "+strings.Join(used, ", ")))
	}
}

// notes says what came, what was bounded and what was changed.
func (p *printer) notes(r *preview.Result) {
	p.legend()
	p.print("%s in %s", count(len(r.Rows), "row"), round(r.Stats.Total))
	if took := steps(r.Stats); p.options.Verbose && took != "" {
		p.print("steps: %s", took)
	}
	if len(r.Columns) == 0 {
		p.print("the query has no columns")
	}
	for _, t := range r.Truncations {
		p.print("bounded: %s: %s", t.Reason, bound(t))
	}
	if p.lines {
		p.print("%s", p.paint(screen.Grey, "a │ within a value is shown as "+shownLine))
	}
	if p.shortened > 0 {
		p.print("%s", p.paint(screen.Grey, fmt.Sprintf("%s shown shortened (%s) to fit; --expanded and --json show all of the text",
			count(p.shortened, "value"), shortenedTail)))
	}
	p.changed(r)
	if p.options.Verbose {
		p.explain(r)
	}
}

// bound says in words what a bound did.
func bound(t preview.Truncation) string {
	switch t.Reason {
	case preview.RowLimit:
		return fmt.Sprintf("these are the first %s; there may be more", count(t.Rows, "row"))
	case preview.ByteLimit:
		return fmt.Sprintf("the next row would have passed %d bytes", t.Limit)
	case preview.ColumnLimit:
		return fmt.Sprintf("columns past the first %d were left out", t.Limit)
	case preview.CellLimit:
		return fmt.Sprintf("values longer than %d characters were cut", t.Limit)
	default:
		return fmt.Sprintf("the limit is %d", t.Limit)
	}
}

// changed sums up the changes, then names the first changed cells.
func (p *printer) changed(r *preview.Result) {
	notes := 0
	note := func(where string, c *sanitize.Changes) {
		if c == nil || c.Kinds == 0 {
			return
		}
		if notes++; notes <= maxNotes {
			p.print("  %s: %s", where, describe(c))
		}
	}
	if counts := countsOf(r.Sanitization, sanitize.Modifying); counts != "" {
		p.print("changed: %s not as in the database (%s)", count(r.Sanitization.CellsChanged, "value"), counts)
	}
	if counts := countsOf(r.Sanitization, ^sanitize.Modifying); counts != "" {
		p.print("unchanged, but mind: %s", counts)
	}
	for j, c := range r.Columns {
		note(fmt.Sprintf("name of column %d", j+1), c.Changes)
	}
	for i, row := range r.Rows {
		for j, cell := range row {
			note(fmt.Sprintf("row %d, %s", i+1, columnName(r.Columns, j)), cell.Changes)
		}
	}
	if notes > maxNotes {
		p.print("  and %d more", notes-maxNotes)
	}
}

func columnName(columns []preview.Column, j int) string {
	if j < len(columns) && columns[j].Name != "" {
		return visible(columns[j].Name)
	}
	return fmt.Sprintf("column %d", j+1)
}

// countsOf lists how many cells there are of each of the kinds.
func countsOf(s preview.Sanitization, kinds sanitize.Kind) string {
	var all sanitize.Kind
	for kind := range s.Counts {
		all |= kind
	}
	var parts []string
	for _, kind := range (all & kinds).Split() {
		parts = append(parts, fmt.Sprintf("%s %d", kind.Names()[0], s.Counts[kind]))
	}
	return strings.Join(parts, ", ")
}

// describe says what was done to one value.
func describe(c *sanitize.Changes) string {
	replaced := map[sanitize.Kind]int{}
	for _, r := range c.Replacements {
		replaced[r.Kind] += r.Count
	}
	var parts []string
	for _, kind := range c.Kinds.Split() {
		part := kind.Names()[0]
		switch {
		case kind == sanitize.Truncated:
			part += " (was " + size(c) + ")"
		case kind&(sanitize.MaskedValue|sanitize.MaskedColumn) != 0 && c.Detector != "":
			part += " (" + c.Detector + ")"
		case replaced[kind] > 0:
			part += fmt.Sprintf(" (%d replaced)", replaced[kind])
		}
		parts = append(parts, part)
	}
	text := strings.Join(parts, ", ")
	if c.MediaType != "" {
		text += ", " + c.MediaType
	}
	return text
}

func size(c *sanitize.Changes) string {
	if c.OriginalCharacters >= 0 {
		return fmt.Sprintf("%d characters, %d bytes", c.OriginalCharacters, c.OriginalBytes)
	}
	return fmt.Sprintf("%d bytes", c.OriginalBytes)
}

// steps lists the steps that took time worth a mention.
func steps(s preview.Stats) string {
	var parts []string
	for _, step := range []struct {
		name string
		took time.Duration
	}{
		{"check", s.Check}, {"queue", s.Queue}, {"connect", s.Connect},
		{"execute", s.Execute}, {"fetch", s.Fetch}, {"catalog", s.Catalog}, {"sanitize", s.Sanitize},
	} {
		if step.took >= 10*time.Microsecond {
			parts = append(parts, step.name+" "+round(step.took))
		}
	}
	return strings.Join(parts, ", ")
}

// round writes a time with two or three digits, as in 0.4 ms, 12 ms and 1.25 s.
func round(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	default:
		return fmt.Sprintf("%.2g ms", float64(d.Round(10*time.Microsecond).Microseconds())/1000)
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
