package jsonline

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxBounded is the most that [Bounded] leaves of a text, in bytes.
const MaxBounded = 128

// Bounded returns a text that a caller chose, such as an id, as it may stand in a
// log line or a span: at most 128 bytes of whole characters, and U+FFFD in the place
// of every character that is not printable (see unicode.IsPrint) and of invalid UTF-8.
func Bounded(text string) string {
	if len(text) > MaxBounded {
		end := MaxBounded
		for end > MaxBounded-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, text)
	if len(text) > MaxBounded { // U+FFFD takes more than what it stands for
		return Bounded(text)
	}
	return text
}
