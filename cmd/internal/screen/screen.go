// Package screen has what everything printed for a person shares: colours that
// can be read on a black and on a white ground, and lines that fit the terminal.
package screen

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// Colour is the escape sequence that turns a colour on; Reset turns all off. The
// colours are of the 256-colour palette and have a contrast of 3.9 or more to
// black and to white.
type Colour string

// The colours.
const (
	Plain  Colour = ""
	Bold   Colour = "\x1b[1m"
	Red    Colour = "\x1b[38;5;161m"
	Orange Colour = "\x1b[38;5;130m"
	Teal   Colour = "\x1b[38;5;30m"
	Blue   Colour = "\x1b[38;5;62m"
	Grey   Colour = "\x1b[38;5;243m"
	Alarm  Colour = "\x1b[1;38;5;161m"

	Reset = "\x1b[0m"
)

// Paint returns text in a colour where on is set, else text.
func Paint(on bool, colour Colour, text string) string {
	if !on || colour == Plain || text == "" {
		return text
	}
	return string(colour) + text + Reset
}

// Width is the number of columns that a text without escape sequences takes.
func Width(text string) int { return displaywidth.String(text) }

// Wrap breaks a line at spaces so that each line takes at most width columns,
// and begins every line but the first with indent. A word that is longer than a
// line stands on its own. A width of 0 or less breaks nothing.
func Wrap(text string, width int, indent string) string {
	if width <= 0 || Width(text) <= width {
		return text
	}
	var out strings.Builder
	column, empty := 0, true
	// The spaces that a line begins with belong to its first word.
	start := len(text) - len(strings.TrimLeft(text, " "))
	words := strings.Split(text[start:], " ")
	words[0] = text[:start] + words[0]
	for _, word := range words {
		w := Width(word)
		switch {
		case empty:
		case column+1+w > width:
			out.WriteString("\n" + indent)
			column = Width(indent)
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += w
		empty = false
	}
	return out.String()
}

// Fold breaks a text into pieces of at most width columns, between grapheme
// clusters: for values, whose spaces are not to be lost. It returns at least one
// piece.
func Fold(text string, width int) []string {
	if width <= 0 || Width(text) <= width {
		return []string{text}
	}
	var pieces []string
	start, at, column := 0, 0, 0
	for g := displaywidth.StringGraphemes(text); g.Next(); {
		value, w := g.Value(), g.Width()
		if column+w > width && at > start {
			pieces = append(pieces, text[start:at])
			start, column = at, 0
		}
		at += len(value)
		column += w
	}
	return append(pieces, text[start:])
}
