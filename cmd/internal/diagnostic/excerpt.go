package diagnostic

import (
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"
)

const (
	// tabWidth is what a tab is shown as: spaces up to the next multiple.
	tabWidth = 4
	// widest is how many columns of a line are shown where there is no terminal,
	// and narrowest how many at least.
	widest, narrowest = 120, 20
	// ellipsis stands for what is left out of a long line.
	ellipsis = "..."
	// scanned bounds the bytes looked at on either side of the fault, so that a
	// line of a megabyte costs no more than another.
	scanned = 4096
)

// source is a line of the text and what goes under it.
type source struct {
	line, indent, carets string
}

// excerpt shows the line that holds text[offset:end], with carets under that
// part: as many as it has columns on that line, at least one. The line takes at
// most room columns, 0 or less for no terminal.
func excerpt(text string, offset, end, room int) source {
	if room <= 0 {
		room = widest
	}
	room = max(room, narrowest) - len(ellipsis)
	before := room / 2
	after := room - before
	offset = min(max(offset, 0), len(text))
	end = min(max(end, offset), len(text))
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	stop := len(text)
	if i := strings.IndexByte(text[offset:], '\n'); i >= 0 {
		stop = offset + i
	}
	end = min(end, stop)

	near := max(start, offset-scanned)
	head := tail(clusters(text[near:offset]), before, near > start)
	body := front(clusters(text[offset:min(end, offset+scanned)]), after)
	rest := front(clusters(strings.TrimSuffix(text[end:min(stop, end+scanned)], "\r")), max(after-width(body), len(ellipsis)))

	line, column := layout(append(append(append([]cluster{}, head...), body...), rest...), len(head), len(head)+len(body))
	return source{
		line:   strings.TrimRight(line, " "),
		indent: strings.Repeat(" ", column.from),
		carets: strings.Repeat("^", max(column.to-column.from, 1)),
	}
}

// cluster is a grapheme cluster as it is shown.
type cluster struct {
	shown string
	width int
	tab   bool
}

// clusters cuts text into grapheme clusters and makes each safe to show.
func clusters(text string) []cluster {
	var out []cluster
	for g := displaywidth.StringGraphemes(text); g.Next(); {
		value := g.Value()
		switch {
		case value == "\t":
			out = append(out, cluster{shown: " ", width: 1, tab: true})
		case safe(value):
			out = append(out, cluster{shown: value, width: g.Width()})
		default:
			for range strings.ToValidUTF8(value, "\uFFFD") {
				out = append(out, cluster{shown: "\uFFFD", width: 1})
			}
		}
	}
	return out
}

// safe reports whether a terminal shows the cluster and does nothing else.
func safe(value string) bool {
	for _, r := range value {
		joiner := r == '\u200c' || r == '\u200d'
		if r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && !joiner ||
			r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return true
}

// span is a range of columns.
type span struct{ from, to int }

// layout joins the clusters, expands the tabs, and says which columns the
// clusters from first to last take.
func layout(line []cluster, first, last int) (string, span) {
	var out strings.Builder
	column, at := 0, span{-1, -1}
	for i, c := range line {
		if i == first {
			at.from = column
		}
		if i == last {
			at.to = column
		}
		if c.tab {
			c.width = tabWidth - column%tabWidth
			c.shown = strings.Repeat(" ", c.width)
		}
		out.WriteString(c.shown)
		column += c.width
	}
	if at.from < 0 {
		at.from = column
	}
	if at.to < 0 {
		at.to = column
	}
	return out.String(), at
}

func width(line []cluster) int {
	sum := 0
	for _, c := range line {
		sum += c.width
	}
	return sum
}

// front keeps the first columns of line.
func front(line []cluster, columns int) []cluster {
	if width(line) <= columns {
		return line
	}
	kept, sum := 0, len(ellipsis)
	for kept < len(line) && sum+line[kept].width <= columns {
		sum += line[kept].width
		kept++
	}
	return append(line[:kept:kept], cluster{shown: ellipsis, width: len(ellipsis)})
}

// tail keeps the last columns of line; cut says that it has lost some already.
func tail(line []cluster, columns int, cut bool) []cluster {
	if !cut && width(line) <= columns {
		return line
	}
	from, sum := len(line), len(ellipsis)
	for from > 0 && sum+line[from-1].width <= columns {
		from--
		sum += line[from].width
	}
	return append([]cluster{{shown: ellipsis, width: len(ellipsis)}}, line[from:]...)
}
