package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/sanitize/internal/chars"
	"github.com/op-data/sqlpreview/sanitize/internal/chars/class"
)

const (
	blackFlag        = 0x1F3F4
	firstModifier    = 0x1F3FB // emoji skin tones
	lastModifier     = 0x1F3FF
	emojiSelector    = 0xFE0F
	bengaliRa        = 0x09B0
	assameseRa       = 0x09F0
	bengaliVirama    = 0x09CD
	maxEmojiSuffixes = 8 // the tags of a flag are the longest
)

// joins tells whether ZWNJ or ZWJ is kept between what is left and what begins
// at next. The rules are those of RFC 5892, appendix A.1 and A.2: after a
// virama, and ZWNJ between letters that would join. Beyond them a ZWJ is kept
// inside emoji (UTS #51), and where it alone gives a letter its shape: beside
// one joining letter with none on the other side, as in the Persian
// abbreviation of the Hijri era, and between Bengali ra and a virama.
func (c *cleaner) joins(next int, action class.Action) bool {
	left := c.left(next - len("\u200D"))
	previous, _ := utf8.DecodeLastRuneInString(left)
	if chars.Of(previous).Virama {
		return true
	}
	if action == class.Joiner {
		following, _ := utf8.DecodeRuneInString(c.text[next:])
		if chars.Of(following).Pictographic && endsInEmoji(left) {
			return true
		}
		if following == bengaliVirama && (previous == bengaliRa || previous == assameseRa) {
			return true
		}
		return joinsForward(left) != c.joinsBackward(next)
	}
	return joinsForward(left) && c.joinsBackward(next)
}

// joinsForward tells whether the last letter joins to its successor.
func joinsForward(left string) bool {
	for len(left) > 0 {
		r, size := utf8.DecodeLastRuneInString(left)
		switch chars.Of(r).Joining {
		case class.DualJoining, class.LeftJoining:
			return true
		case class.Transparent:
			left = left[:len(left)-size]
		default:
			return false
		}
	}
	return false
}

// joinsBackward tells whether the first letter from next on joins to its
// predecessor. Only marks that are sure to be kept are passed over.
func (c *cleaner) joinsBackward(next int) bool {
	marks := c.marks
	for rest := c.text[next:]; len(rest) > 0; {
		r, size := utf8.DecodeRuneInString(rest)
		is := chars.Of(r)
		switch {
		case r == utf8.RuneError:
			return false
		case is.Joining == class.DualJoining, is.Joining == class.RightJoining:
			return is.Action <= class.Mark
		case is.Joining == class.Transparent && is.Action == class.Mark:
			if marks += int(is.Marks); marks > maxMarks {
				return false
			}
		default:
			return false
		}
		rest = rest[size:]
	}
	return false
}

// endsInEmoji tells whether the text ends in a pictograph with what may follow
// one before a ZWJ: a skin tone, the emoji selector, the tags of a flag.
func endsInEmoji(left string) bool {
	for range maxEmojiSuffixes {
		r, size := utf8.DecodeLastRuneInString(left)
		is := chars.Of(r)
		if is.Pictographic {
			return true
		}
		if r != emojiSelector && is.Action != class.Tag && (r < firstModifier || r > lastModifier) {
			return false
		}
		left = left[:len(left)-size]
	}
	return false
}

// flagTags returns the length of the tag characters at the beginning of rest
// that make one of the flags recommended for interchange (England, Scotland,
// Wales) of a black flag at the end of left, or 0.
func flagTags(left, rest string) int {
	if flag, _ := utf8.DecodeLastRuneInString(left); flag != blackFlag {
		return 0
	}
	for _, region := range [...]string{"gbeng", "gbsct", "gbwls"} {
		var tags strings.Builder
		for _, letter := range region {
			tags.WriteRune(0xE0000 + letter)
		}
		tags.WriteRune(0xE007F)
		if strings.HasPrefix(rest, tags.String()) {
			return tags.Len()
		}
	}
	return 0
}

// separatesWords tells whether the zero width space before next parts words of
// a script that writes no spaces between them (those of line breaking class SA,
// UAX #14): it stands between two of its letters.
func (c *cleaner) separatesWords(next int) bool {
	previous, _ := utf8.DecodeLastRuneInString(c.left(next - len("\u200B")))
	following, _ := utf8.DecodeRuneInString(c.text[next:])
	return unspaced(previous) && unspaced(following) && chars.Of(following).Action == class.Keep
}

func unspaced(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Khmer, unicode.Thai, unicode.Lao, unicode.Myanmar,
		unicode.Tai_Le, unicode.New_Tai_Lue, unicode.Tai_Tham, unicode.Tai_Viet, unicode.Ahom)
}

// separatesVowel tells whether the Mongolian vowel separator before next
// stands where it belongs: between a letter and a final A or E.
func (c *cleaner) separatesVowel(next int) bool {
	previous, _ := utf8.DecodeLastRuneInString(c.left(next - len("\u180E")))
	following, _ := utf8.DecodeRuneInString(c.text[next:])
	letter := previous >= 0x1820 && previous <= 0x1878 || previous >= 0x1885 && previous <= 0x18AA
	selector := chars.Of(previous).Action == class.Selector
	return (letter || selector) && (following == 0x1820 || following == 0x1821)
}
