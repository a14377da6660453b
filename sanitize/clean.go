package sanitize

import (
	"strings"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/sanitize/internal/chars"
	"github.com/op-data/sqlpreview/sanitize/internal/chars/class"
)

// maxMarks is how many combining marks one letter may carry: above it, below it,
// elsewhere, and in all. UAX #15 (Stream-Safe Text Format, section 13) names the
// last. The others are what real spelling needs: the Qur'an has four above, the
// Hebrew Bible four below, and Burmese, Tibetan and Chakma up to five elsewhere.
// More would cover other lines.
const maxMarks = 4*class.Above + 4*class.Below + 6*class.Elsewhere + 30*class.All

// tooMany reports whether there are more marks than a letter may carry.
func tooMany(marks class.Marks) bool {
	const room = 0x7F*(class.Above+class.Below+class.Elsewhere+class.All) - maxMarks
	return (marks+room)&0x80808080 != 0
}

// maxDirectionMarks is how many direction marks are kept in a row. One is what
// real texts have.
const maxDirectionMarks = 2

const replacement = "\uFFFD"

// clean returns the text with every character outside the allowed set replaced
// by U+FFFD or removed, the replacements in order, and whether direction marks
// were kept. A clean text is returned as it is, without allocation. Every
// decision depends on what was kept before and on a following character that is
// sure to be kept, so cleaning twice is cleaning once.
func clean(text string) (cleaned string, splices []splice, directions bool) {
	start := cleanASCII(text, 0)
	if start == len(text) {
		return text, nil, false
	}
	c := cleaner{text: text}
	c.run(start)
	if c.out == nil {
		return text, nil, c.directions
	}
	c.flush(len(text))
	return c.out.String(), c.splices, c.directions
}

// cleaner is the state of one pass.
type cleaner struct {
	text    string
	out     *strings.Builder // the result up to text[copied]; nil while that is the text itself
	copied  int
	marks   class.Marks // since the last character that carries none
	splices []splice

	directions bool // direction marks were kept
}

func (c *cleaner) run(i int) {
	text := c.text
	for i < len(text) {
		b := text[i]
		if b < utf8.RuneSelf {
			switch {
			case i+8 <= len(text) && suspects(word(text, i)) == 0:
				i = cleanASCII(text, i+8)
			case keptASCII(b):
				i++
			default:
				c.replace(i, 1, Control)
				i++
			}
			c.marks = 0
			continue
		}
		var r rune
		var size int
		switch {
		case b < 0xE0 && b >= 0xC2 && i+1 < len(text) && text[i+1]&0xC0 == 0x80:
			r, size = rune(b&0x1F)<<6|rune(text[i+1]&0x3F), 2
		case b > 0xE0 && b < 0xF0 && b != 0xED && i+2 < len(text) && text[i+1]&0xC0 == 0x80 && text[i+2]&0xC0 == 0x80:
			r, size = rune(b&0x0F)<<12|rune(text[i+1]&0x3F)<<6|rune(text[i+2]&0x3F), 3
		case b == 0xF0 && i+3 < len(text) && text[i+1]-0x90 < 0x30 && text[i+2]&0xC0 == 0x80 && text[i+3]&0xC0 == 0x80:
			r, size = rune(text[i+1]&0x3F)<<12|rune(text[i+2]&0x3F)<<6|rune(text[i+3]&0x3F), 4
		default:
			if r, size = decode(text, i); r < 0 {
				c.replace(i, size, InvalidUTF8)
				c.marks = 0
				i += size
				continue
			}
		}
		number := chars.Lookup(r)
		switch {
		case number.Ordinary():
			c.marks = 0
		case number.Special():
			size = c.special(i, r, size, number.Class())
		default:
			switch is := number.Class(); {
			case is.Action == class.Marked:
				c.marks = is.Marks
			case tooMany(c.marks + is.Marks):
				c.replace(i, size, CombiningLimit)
			default:
				c.marks += is.Marks
			}
		}
		i += size
	}
}

// special decides on a character that is not always kept, and returns how many
// bytes it has dealt with.
func (c *cleaner) special(i int, r rune, size int, is *class.Class) int {
	var kept bool
	kind := Invisible
	switch is.Action {
	case class.Control:
		kind = Control
	case class.Bidi:
		kind = Bidi
	case class.DirectionMark:
		kind, kept = Bidi, !endsInDirectionMarks(c.text[:i])
		c.directions = c.directions || kept
	case class.NonJoiner, class.Joiner:
		// A kept joiner stands within a run of marks and does not end it.
		if c.joins(i, i+size, is.Action) {
			return size
		}
	case class.MarkJoiner:
		if c.joinsMarks(i, i+size) {
			return size
		}
	case class.VowelSeparator:
		kept = c.separatesVowel(i, i+size)
	case class.WordSeparator:
		kept = c.separatesWords(i, i+size)
	case class.Break:
		if c.insideWord(i, i+size) {
			c.remove(i, size, kind)
			return size
		}
	case class.Blank:
		kept = c.besideItsOwn(i, i+size, r)
	case class.Selector:
		base, _ := utf8.DecodeLastRuneInString(c.left(i))
		if chars.Registered(base, r) && !tooMany(c.marks+class.All) {
			c.marks += class.All
			return size
		}
	case class.Tag:
		if length := flagTags(c.left(i), c.text[i:]); length > 0 {
			c.marks = 0
			return length
		}
	}
	if !kept {
		c.replace(i, size, kind)
	}
	c.marks = 0
	return size
}

// replace puts U+FFFD in the place of size bytes at i.
func (c *cleaner) replace(i, size int, kind Kind) {
	c.put(replacement, splice{at: int32(i), old: int32(size), length: int32(len(replacement)), kind: kind})
}

// remove drops size bytes at i.
func (c *cleaner) remove(i, size int, kind Kind) {
	c.put("", splice{at: int32(i), old: int32(size), kind: kind, detector: removed})
}

func (c *cleaner) put(with string, s splice) {
	if c.out == nil {
		c.out = new(strings.Builder)
		c.out.Grow(len(c.text) + 2*len(replacement))
	}
	c.flush(int(s.at))
	c.out.WriteString(with)
	c.copied = int(s.at + s.old)
	c.splices = append(c.splices, s)
}

func (c *cleaner) flush(i int) {
	c.out.WriteString(c.text[c.copied:i])
	c.copied = i
}

// left returns the result before i, as far as decisions look back.
func (c *cleaner) left(i int) string {
	if c.out == nil {
		return c.text[:i]
	}
	c.flush(i)
	return c.out.String()
}

// decode reads the character at i, which is not ASCII. Of bytes that are not
// valid UTF-8 it returns -1 and the length of the maximal subpart, as Unicode
// recommends (chapter 3, "U+FFFD Substitution of Maximal Subparts").
func decode(text string, i int) (rune, int) {
	b0 := text[i]
	rest := len(text) - i
	low, high := byte(0x80), byte(0xBF)
	switch {
	case b0 < 0xC2 || b0 > 0xF4:
		return -1, 1
	case b0 < 0xE0:
		if rest < 2 || text[i+1]&0xC0 != 0x80 {
			return -1, 1
		}
		return rune(b0&0x1F)<<6 | rune(text[i+1]&0x3F), 2
	case b0 == 0xE0:
		low = 0xA0
	case b0 == 0xED:
		high = 0x9F
	case b0 == 0xF0:
		low = 0x90
	case b0 == 0xF4:
		high = 0x8F
	}
	if rest < 2 || text[i+1] < low || text[i+1] > high {
		return -1, 1
	}
	if rest < 3 || text[i+2]&0xC0 != 0x80 {
		return -1, 2
	}
	if b0 < 0xF0 {
		return rune(b0&0x0F)<<12 | rune(text[i+1]&0x3F)<<6 | rune(text[i+2]&0x3F), 3
	}
	if rest < 4 || text[i+3]&0xC0 != 0x80 {
		return -1, 3
	}
	return rune(b0&0x07)<<18 | rune(text[i+1]&0x3F)<<12 | rune(text[i+2]&0x3F)<<6 | rune(text[i+3]&0x3F), 4
}

// withoutPartialRune drops the beginning of a character that the end of a
// text cuts off.
func withoutPartialRune(text string) string {
	for i := len(text) - 1; i >= 0 && i >= len(text)-3; i-- {
		if text[i]&0xC0 == 0x80 {
			continue
		}
		if text[i] >= 0xC2 && text[i] <= 0xF4 {
			if r, size := decode(text, i); r < 0 && i+size == len(text) && !utf8.FullRuneInString(text[i:]) {
				return text[:i]
			}
		}
		break
	}
	return text
}
