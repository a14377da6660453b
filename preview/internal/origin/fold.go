package origin

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameBytes is NAMEDATALEN - 1: the parser cuts longer names.
const nameBytes = 63

// fold brings a name into a form in which two spellings that the server may
// take for one are equal. The parser reads UTF-8. A server whose database has a
// single-byte encoding counts the bytes of a name in that, so that it keeps what
// the parser cut, and may fold letters outside ASCII, which the parser never
// does. So names are compared as cut and folded; that two may then count as one
// masks too much, not too little.
func fold(name string) string {
	if len(name) > nameBytes {
		end := nameBytes
		for end > 0 && !utf8.RuneStart(name[end]) {
			end--
		}
		name = name[:end]
	}
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return strings.Map(func(r rune) rune {
				if r < utf8.RuneSelf {
					return r
				}
				return unicode.ToLower(r)
			}, name)
		}
	}
	return name
}
