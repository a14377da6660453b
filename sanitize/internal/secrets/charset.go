package secrets

import "strings"

// charset is a set of bytes, by its bit in member.
type charset uint8

const (
	alnum         charset = iota // letters and digits
	word                         // and _
	url64                        // and - (base64url)
	dotted                       // and . (base64url parts)
	base64std                    // letters, digits, + / =
	hexes                        // 0-9 a-f A-F
	base32                       // A-Z 2-7
	capital                      // A-Z 0-9
	crypt                        // what password hashes are written in
	colons                       // and : (for those that part their fields with it)
	opaque                       // what credentials of HTTP and paths of URLs are written in
	crypt64                      // the 64 characters of crypt(3)
	either64                     // both alphabets of base64, with =
	authorityEnd                 // what ends the authority of a URI
	authorityMark                // and : and @, which part it
	inParameter                  // what the value of a URI's parameter is written in
	inWord                       // what a value without quotes is written in
	inLine                       // what stands on one line before a quote
	inForm                       // what a field of a form is written in
	inElement                    // what stands before the next tag
	charsets                     // how many there are
)

const (
	digits  = "0123456789"
	uppers  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lowers  = "abcdefghijklmnopqrstuvwxyz"
	letters = uppers + lowers + digits
)

// member has for each byte the sets that it belongs to, one bit a set.
var member = func() (table [256]uint32) {
	for set, members := range map[charset]string{
		alnum:         letters,
		word:          letters + "_",
		url64:         letters + "_-",
		dotted:        letters + "_-.",
		base64std:     letters + "+/=",
		hexes:         digits + "abcdefABCDEF",
		base32:        uppers + "234567",
		capital:       uppers + digits,
		opaque:        letters + "+/=_-.~%@",
		crypt:         letters + "./$=,+-",
		colons:        letters + "./$=,+:",
		crypt64:       letters + "./",
		either64:      letters + "+/=_-",
		authorityEnd:  "/?#\"'<>`\\ \x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0B\x0C\r\x0E\x0F\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F",
		authorityMark: ":@/?#\"'<>`\\ \x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0B\x0C\r\x0E\x0F\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F",
	} {
		for i := range len(members) {
			table[members[i]] |= 1 << set
		}
	}
	for set, ends := range map[charset]string{
		inParameter: "&#\"'<>;`\\ \t\r\n",
		inWord:      " \t\r\n;\"'`",
		inLine:      "\r\n\"'`",
		inForm:      "&",
		inElement:   "<",
	} {
		for b := range table {
			if strings.IndexByte(ends, byte(b)) < 0 {
				table[b] |= 1 << set
			}
		}
	}
	return table
}()

func (set charset) has(b byte) bool { return member[b]>>set&1 != 0 }

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// run is a stretch of bytes of one set that was measured before. Anchors that
// lie in the same stretch share one measurement, so that no text makes the
// search quadratic.
type run struct{ start, end int }

// runEnd returns where the stretch of bytes of set that begins at i ends.
func (s *scan) runEnd(set charset, i int) int {
	known := &s.runs[set]
	if i >= known.start && i < known.end {
		return known.end
	}
	end := i
	for end < len(s.text) && set.has(s.text[end]) {
		end++
	}
	*known = run{i, end}
	return end
}

// wordBefore reports whether what stands at i goes on a word: a letter, digit or
// underscore stands before it that is no part of an escape (\n, %20).
func (s *scan) wordBefore(i int) bool {
	if i == 0 || !word.has(s.text[i-1]) {
		return false
	}
	if i >= 2 && s.text[i-2] == '\\' && strings.IndexByte("nrtbf", s.text[i-1]) >= 0 {
		return false
	}
	return i < 3 || s.text[i-3] != '%' || !hexes.has(s.text[i-2]) || !hexes.has(s.text[i-1])
}

// hasFold reports whether text begins with prefix, which is in lower case, ASCII
// letters being equal in either case.
func hasFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

// skipAny returns the first index from i on, at most limit further, whose byte
// is not in cutset.
func skipAny(text string, i, limit int, cutset string) int {
	for end := min(i+limit, len(text)); i < end && strings.IndexByte(cutset, text[i]) >= 0; {
		i++
	}
	return i
}
