package sanitize

import (
	"strings"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/sanitize/internal/chars"
	"github.com/op-data/sqlpreview/sanitize/internal/chars/class"
)

const (
	blackFlag        = 0x1F3F4
	firstModifier    = 0x1F3FB // emoji skin tones
	lastModifier     = 0x1F3FF
	emojiSelector    = 0xFE0F
	zeroWidthJoiner  = 0x200D
	maxEmojiSuffixes = 8  // the tags of a flag are the longest
	maxSuffixes      = 32 // marks and selectors after a letter; more are not kept
)

// joins reports whether the ZWNJ or ZWJ at i is kept. It is where the letter
// before it or after it belongs to a script whose spelling uses joiners, since
// real texts have them between any two letters of such a script and at the ends
// of words. It must be the only one there: a run of joiners is no spelling, save
// for the old Malayalam chillu (virama, ZWJ) before a ZWNJ. Beyond that a ZWJ is
// kept inside emoji (UTS #51).
func (c *cleaner) joins(i, next int, action class.Action) bool {
	left := c.left(i)
	previous, size := utf8.DecodeLastRuneInString(left)
	switch is := chars.Of(previous); {
	case is.Virama:
		return true
	case previous == zeroWidthJoiner && action == class.NonJoiner:
		before, _ := utf8.DecodeLastRuneInString(left[:len(left)-size])
		return chars.Of(before).Virama
	case isInvisible(is), c.afterInvisible(i):
		return false
	}
	following := c.following(next)
	if action == class.Joiner && following.Pictographic && endsInEmoji(left) {
		return true
	}
	return endsInJoiningScript(left) || following.Joins && following.Letter
}

// separatesWords reports whether the zero width space at i is kept: the only one
// there, beside a letter of a script that uses such spaces.
func (c *cleaner) separatesWords(i, next int) bool {
	left, following := c.left(i), c.following(next)
	if c.afterInvisible(i) || isInvisible(following) {
		return false
	}
	return endsInJoiningScript(left) || following.Joins && following.Letter
}

// separatesVowel reports whether the Mongolian vowel separator at i is kept: the
// only one there, before a Mongolian letter.
func (c *cleaner) separatesVowel(i, next int) bool {
	following, _ := utf8.DecodeRuneInString(c.text[next:])
	letter := following >= 0x1820 && following <= 0x1878 || following >= 0x1885 && following <= 0x18AA
	return letter && !c.afterInvisible(i)
}

// joinsMarks reports whether the combining grapheme joiner at i is kept: between
// two marks of a script such as Hebrew, where it keeps their order.
func (c *cleaner) joinsMarks(i, next int) bool {
	previous, _ := utf8.DecodeLastRuneInString(c.left(i))
	before, after := chars.Of(previous), c.following(next)
	return before.Action == class.Mark && before.Joins && after.Action == class.Mark && after.Joins && !tooMany(c.marks+after.Marks)
}

// insideWord reports whether the place between i and next lies inside a word:
// after a letter or its marks, and before a letter.
func (c *cleaner) insideWord(i, next int) bool {
	previous, _ := utf8.DecodeLastRuneInString(c.left(i))
	before, after := chars.Of(previous), c.following(next)
	return (before.Letter || before.Action == class.Mark) && after.Letter
}

// besideItsOwn reports whether a blank at i stands beside a character of its own
// block, as in a line of Braille.
func (c *cleaner) besideItsOwn(i, next int, blank rune) bool {
	previous, _ := utf8.DecodeLastRuneInString(c.left(i))
	following, _ := utf8.DecodeRuneInString(c.text[next:])
	own := func(r rune) bool {
		switch blank {
		case 0x2800:
			return r >= 0x2800 && r <= 0x28FF
		case 0x1D159:
			return r >= 0x1D100 && r <= 0x1D1FF
		default:
			return r >= 0x13000 && r <= 0x143FF
		}
	}
	return own(previous) || own(following) && chars.Of(following).Action <= class.Mark
}

// afterInvisible reports whether the character before i shows nothing, be it kept
// or not.
func (c *cleaner) afterInvisible(i int) bool {
	r, _ := utf8.DecodeLastRuneInString(c.text[:i])
	return isInvisible(chars.Of(r))
}

// following returns the class of the character at next.
func (c *cleaner) following(next int) *class.Class {
	r, _ := utf8.DecodeRuneInString(c.text[next:])
	return chars.Of(r)
}

// isInvisible reports whether the character is one of those that shows nothing
// and is kept in some places.
func isInvisible(is *class.Class) bool {
	switch is.Action {
	case class.NonJoiner, class.Joiner, class.VowelSeparator, class.WordSeparator, class.MarkJoiner, class.DirectionMark, class.Break:
		return true
	default:
		return false
	}
}

// endsInJoiningScript reports whether the last character, or the letter that the
// last marks stand on, belongs to a script whose spelling uses joiners.
func endsInJoiningScript(left string) bool {
	for n := range maxSuffixes {
		r, size := utf8.DecodeLastRuneInString(left)
		is := chars.Of(r)
		suffix := is.Action == class.Mark || is.Action == class.Selector
		if is.Joins && (n == 0 || !suffix) {
			return true
		}
		if size == 0 || !suffix {
			return false
		}
		left = left[:len(left)-size]
	}
	return false
}

// endsInDirectionMarks reports whether the text ends in as many direction marks
// as are kept in a row.
func endsInDirectionMarks(left string) bool {
	for range maxDirectionMarks {
		r, size := utf8.DecodeLastRuneInString(left)
		if chars.Of(r).Action != class.DirectionMark {
			return false
		}
		left = left[:len(left)-size]
	}
	return true
}

// endsInEmoji reports whether the text ends in a pictograph with what may follow
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
