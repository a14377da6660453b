package sanitize

import (
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"github.com/op-data/sqlpreview/sanitize/internal/chars"
	"github.com/op-data/sqlpreview/sanitize/internal/chars/class"
)

// offset returns where the n-th code point (from 0) begins, or len(text) if
// there are no more than n. A byte that is not valid UTF-8 counts as one.
func offset(text string, n int) int {
	if len(text) <= n {
		return len(text)
	}
	if isASCII(text[:n]) {
		return n
	}
	i := 0
	for ; n > 0 && i < len(text); n-- {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		i += size
	}
	return i
}

// maxStepsBack bounds how many clusters a cut goes back to leave no joiner
// without the letter that it joins to.
const maxStepsBack = 8

// cutAt returns where to cut a clean text so that at most limit code points
// remain: at the last boundary of grapheme clusters (UAX #29) up to there, or
// at the code point where the first cluster alone is longer than that.
func cutAt(text string, limit int) int {
	end := offset(text, limit)
	if end == len(text) {
		return end
	}
	at := boundary(text, end)
	if at == 0 {
		return end
	}
	first := at
	for range maxStepsBack {
		if !dangles(text[:at]) {
			return at
		}
		if at = boundary(text, at-1); at == 0 {
			break
		}
	}
	return first
}

// boundary returns the last boundary of grapheme clusters at or before end.
func boundary(text string, end int) int {
	// Between two ASCII characters there is one, save for CR LF: begin there.
	start := end
	for ; start > 0; start-- {
		if start < len(text) && text[start] < utf8.RuneSelf && text[start] != '\n' && text[start-1] < utf8.RuneSelf {
			break
		}
	}
	clusters := graphemes.FromString(text[start:])
	last := start
	for clusters.Next() && start+clusters.End() <= end {
		last = start + clusters.End()
	}
	return last
}

// dangles reports whether the text ends in a character that says how its
// neighbours join, and which nothing follows after a cut there. One after a virama
// belongs to what is before it.
func dangles(text string) bool {
	r, size := utf8.DecodeLastRuneInString(text)
	switch chars.Of(r).Action {
	case class.NonJoiner, class.Joiner:
		before, _ := utf8.DecodeLastRuneInString(text[:len(text)-size])
		return !chars.Of(before).Virama
	case class.VowelSeparator, class.WordSeparator, class.MarkJoiner:
		return true
	default:
		return false
	}
}
