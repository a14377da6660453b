package fuzz

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/fuzz/internal/sqlgen"
)

// kinds are the lines of [Report.WriteSummary].
var kinds = []string{"attacks, collected", "attacks, generated", "hostile servers", "honest queries and values"}

// kind returns the line of the summary that a technique belongs to.
func kind(technique string) string {
	switch technique {
	case collectedAttack:
		return kinds[0]
	case hostileTechnique:
		return kinds[2]
	case sqlgen.Honest, sqlgen.Value, sqlgen.LookAlike, collectedHonest:
		return kinds[3]
	}
	return kinds[1]
}

// tallied are the columns of a tally.
var tallied = []string{"tried", "refused by the guard", "stopped by the database", "failed", "answered", "had an effect", "leaked", "falsely refused"}

// columns returns the numbers of a tally under tallied.
func (t *Tally) columns() []*int {
	return []*int{&t.Tried, &t.Refused, &t.Stopped, &t.Failed, &t.Ran, &t.Effects, &t.Leaks, &t.FalselyRefused}
}

// cells returns the numbers as text.
func (t *Tally) cells() []string {
	var cells []string
	for _, n := range t.columns() {
		cells = append(cells, fmt.Sprint(*n))
	}
	return cells
}

// add adds another tally's numbers, but not its reasons.
func (t *Tally) add(other *Tally) {
	more := other.columns()
	for i, n := range t.columns() {
		*n += *more[i]
	}
}

// WriteSummary prints what became of attacks, hostile servers and honest
// queries as a Markdown table, which reads as one in a terminal too.
func (r *Report) WriteSummary(w io.Writer) error {
	sums := map[string]*Tally{}
	for _, name := range kinds {
		sums[name] = &Tally{}
	}
	for name, t := range r.Techniques {
		sums[kind(name)].add(t)
	}
	rows := [][]string{append([]string{""}, tallied...)}
	for _, name := range kinds {
		rows = append(rows, append([]string{name}, sums[name].cells()...))
	}
	return markdown(w, rows)
}

// unguardedColumns are the columns of a run to compare with.
var unguardedColumns = []string{"unguarded: tried", "had an effect", "leaked"}

// WriteScoreboard prints what became of the cases of each technique as a
// Markdown table. If unguarded is not nil, it is a run against a gateway that
// checks nothing, and its effects and leaks stand beside.
func (r *Report) WriteScoreboard(w io.Writer, unguarded *Report) error {
	head := append([]string{"technique"}, tallied...)
	if unguarded != nil {
		head = append(head, unguardedColumns...)
	}
	rows := [][]string{head}
	var sum, sumWithout Tally
	for _, name := range slices.Sorted(maps.Keys(r.Techniques)) {
		row := append([]string{name}, r.Techniques[name].cells()...)
		sum.add(r.Techniques[name])
		if unguarded != nil {
			without := unguarded.Techniques[name]
			row = append(row, without.harm()...)
			if without != nil {
				sumWithout.add(without)
			}
		}
		rows = append(rows, row)
	}
	last := append([]string{"all"}, sum.cells()...)
	if unguarded != nil {
		last = append(last, sumWithout.harm()...)
	}
	return markdown(w, append(rows, last))
}

// harm returns the numbers under unguardedColumns; nothing was tried for nil.
func (t *Tally) harm() []string {
	if t == nil {
		return []string{"", "", ""}
	}
	return []string{fmt.Sprint(t.Tried), fmt.Sprint(t.Effects), fmt.Sprint(t.Leaks)}
}

// markdown prints a table whose first row is its head: the first column of words
// and the others of numbers.
func markdown(w io.Writer, rows [][]string) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), len("--:"))
		}
	}
	var text strings.Builder
	line := func(cells []string) {
		for i, cell := range cells {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				text.WriteString("| " + cell + gap)
			} else {
				text.WriteString(" | " + gap + cell)
			}
		}
		text.WriteString(" |\n")
	}
	rule := make([]string, len(widths))
	for i, width := range widths {
		rule[i] = strings.Repeat("-", width)
		if i > 0 {
			rule[i] = rule[i][1:] + ":"
		}
	}
	line(rows[0])
	line(rule)
	for _, row := range rows[1:] {
		line(row)
	}
	_, err := io.WriteString(w, text.String())
	return err
}
