package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The isolate of UAX #9 whose direction is that of its own first strong character.
const (
	firstStrongIsolate    = "\u2068"
	popDirectionalIsolate = "\u2069"
)

// Isolate returns a sanitized text so that it can stand beside others on a line
// of a terminal: a text that holds right-to-left letters, digits of Arabic script
// or direction marks between U+2068 and U+2069, which keep its direction from
// changing the order of its neighbours (UAX #9), any other as it is. Neither
// character takes a column. On a page use <bdi> or dir="auto" instead.
//
// The text that comes out is for showing, not for keeping: sanitizing it again
// replaces the two characters.
func Isolate(text string) string {
	if isASCII(text) || !strings.ContainsFunc(text, turnsDirection) {
		return text
	}
	return firstStrongIsolate + text + popDirectionalIsolate
}

// turnsDirection reports whether a character can change the order of others: the
// blocks that Unicode reserves for right-to-left scripts (the default Bidi_Class
// R and AL of UAX #9), and the direction marks. It may say so of a character
// without need, which costs nothing.
func turnsDirection(r rune) bool {
	switch {
	case r < 0x0590 || r == utf8.RuneError:
		return false
	case r <= 0x08FF, r >= 0xFB1D && r <= 0xFDFF, r >= 0xFE70 && r <= 0xFEFF,
		r >= 0x10800 && r <= 0x10FFF, r >= 0x1E800 && r <= 0x1EFFF:
		return true
	default:
		return unicode.Is(unicode.Bidi_Control, r)
	}
}
