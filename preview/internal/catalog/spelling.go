package catalog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameBytes is NAMEDATALEN - 1: the parser cuts longer names.
const nameBytes = 63

// mayBeCut reports whether the parser may have cut a name that the server does not
// cut, or not at the same place. The parser counts bytes of UTF-8, the server those of its
// own encoding. A cut leaves at most three bytes unused, since it divides no character.
func mayBeCut(name, encoding string) bool {
	return encoding != "UTF8" && len(name) > nameBytes-utf8.UTFMax && !isASCII(name)
}

func isASCII(name string) bool {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// MayMean reports whether the server may take a name as the parser read it for the
// name of an object, such as a column. In a UTF-8 database that is equality. In
// others the server folds letters outside ASCII where a name stands without quotes,
// and cuts names elsewhere than the parser: there more than one object may be meant.
func (s *Snapshot) MayMean(written, object string) bool {
	if written == object {
		return true
	}
	if s.session.encoding == "UTF8" || isASCII(written) {
		return false
	}
	written, object = lower(written), lower(object)
	return written == object || len(written) > nameBytes-utf8.UTFMax && strings.HasPrefix(object, written) ||
		len(written) > nameBytes-utf8.UTFMax && strings.HasPrefix(written, object) && len(object) > nameBytes-utf8.UTFMax
}

// lower folds letters outside ASCII; the parser has folded the others.
func lower(name string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			return r
		}
		return unicode.ToLower(r)
	}, name)
}
