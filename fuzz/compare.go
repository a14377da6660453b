package fuzz

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/fuzz/gateway"
)

// The hard bounds of the promise.
const (
	maxRows       = 100
	maxCharacters = 1024
)

// fault says what is wrong with a text that a preview returned, or nothing.
func fault(text string) string {
	if !utf8.ValidString(text) {
		return "is not UTF-8"
	}
	if n := utf8.RuneCountInString(text); n > maxCharacters {
		return fmt.Sprintf("has %d characters", n)
	}
	runes := []rune(text)
	at := func(i int) rune {
		if i < 0 || i >= len(runes) {
			return 0
		}
		return runes[i]
	}
	for i, c := range runes {
		switch {
		case c == '\t' || c == '\n' || c == '\r':
		case unicode.Is(unicode.Cc, c):
			return fmt.Sprintf("holds the control character U+%04X", c)
		case c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069:
			return fmt.Sprintf("holds the bidirectional control U+%04X", c)
		// The zero width space ends words in scripts that write none.
		case c == 0x200b && (at(i-1) == c || at(i-1) <= unicode.MaxASCII && at(i+1) <= unicode.MaxASCII):
			return "holds the zero width space U+200B beside no letter that takes one"
		case c >= 0xe0001 && c <= 0xe001f || c == 0x2060 || c == 0xfeff:
			return fmt.Sprintf("holds the invisible character U+%04X", c)
		}
	}
	return ""
}

// compare says how an answer differs from the rows that the database itself
// gives, or nothing. Rows may come in another order. whole tells that rows are
// all that there are.
func compare(answer *gateway.Answer, rows [][][]byte, whole, stable bool) string {
	want := min(len(rows), maxRows)
	switch {
	case len(answer.Rows) > want && whole:
		return fmt.Sprintf("%d rows, the database gives %d", len(answer.Rows), len(rows))
	case len(answer.Rows) < want && !answer.RowsCut:
		return fmt.Sprintf("%d rows and no word of more, the database gives %d", len(answer.Rows), len(rows))
	case len(answer.Rows) == maxRows && len(rows) > maxRows && !answer.RowsCut:
		return "100 rows of more, and no word of it"
	}
	if !stable || !whole {
		return ""
	}
	i := unmatched(len(answer.Rows), len(rows), func(i, j int) bool {
		return differs(answer.Rows[i], rows[j], answer.ColumnsCut) == ""
	})
	if i < 0 {
		return ""
	}
	detail := "no row of the database's is like it"
	if i < len(rows) {
		if d := differs(answer.Rows[i], rows[i], answer.ColumnsCut); d != "" {
			detail = d
		}
	}
	return fmt.Sprintf("row %d: %s", i+1, detail)
}

// unmatched returns the first of n rows for which there is none among m, each
// being there for one row only; -1 if there is one for all. A masked or cut value
// fits several, so a row that was given away is taken back where its holder has
// another (augmenting paths, as in Kuhn's algorithm).
func unmatched(n, m int, fits func(i, j int) bool) int {
	holder := make([]int, m)
	for j := range holder {
		holder[j] = -1
	}
	var place func(i int, tried []bool) bool
	place = func(i int, tried []bool) bool {
		for k := range m {
			j := (i + k) % m // most come in the same order
			if tried[j] || !fits(i, j) {
				continue
			}
			tried[j] = true
			if holder[j] < 0 || place(holder[j], tried) {
				holder[j] = i
				return true
			}
		}
		return false
	}
	for i := range n {
		if !place(i, make([]bool, m)) {
			return i
		}
	}
	return -1
}

// differs says how a returned row differs from one of the database's.
func differs(row []gateway.Cell, raw [][]byte, cut bool) string {
	if len(row) > len(raw) || len(row) < len(raw) && !cut {
		return fmt.Sprintf("%d cells, the database gives %d", len(row), len(raw))
	}
	for i, c := range row {
		text := string(raw[i])
		switch {
		case c.Null != (raw[i] == nil):
			return fmt.Sprintf("column %d: null %t, the database says %t", i+1, c.Null, raw[i] == nil)
		case c.Null:
		case !c.Changed && c.Text != text:
			return fmt.Sprintf("column %d: changed without a word: %.60q, the database gives %.60q", i+1, c.Text, text)
		case c.Changed && c.Text == text:
			return fmt.Sprintf("column %d: said to be changed and is not: %.60q", i+1, text)
		case c.Cut && utf8.RuneCountInString(text) <= maxCharacters:
			// A mask or a replacement may be longer than what it stands for.
			if !strings.ContainsAny(c.Text, "*\uFFFD[") {
				return fmt.Sprintf("column %d: cut although it has %d characters", i+1, utf8.RuneCountInString(text))
			}
		}
	}
	return ""
}
