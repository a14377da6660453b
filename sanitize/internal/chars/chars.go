// Package chars answers what the text pass needs to know of a character: its
// class, and whether a variation sequence is registered.
//
// The tables come from Unicode 17.0 and from the Ideographic Variation Database
// of 2022-09-13.
package chars

import (
	_ "embed"

	"github.com/op-data/sqlpreview/sanitize/internal/chars/class"
)

//go:generate go run ./gen -ucd ucd -ivd IVD_Sequences.txt

//go:embed sequences.bin
var sequences string

const recordSize = 6

// Number identifies the class of a character; compare it with Ordinary and
// Special before asking for the whole class.
type Number uint8

// Ordinary reports that the character is kept and ends in no combining mark.
func (n Number) Ordinary() bool { return n < firstMarks }

// Special reports that keeping the character needs a decision.
func (n Number) Special() bool { return n >= firstSpecial }

// Class returns the class that n stands for.
func (n Number) Class() *class.Class { return &classes[n] }

// Lookup returns the class of r, which must be a Unicode code point.
func Lookup(r rune) Number {
	return Number(blocks[int(index[r>>6])<<6|int(r&63)])
}

// Of returns the class of r.
func Of(r rune) *class.Class { return &classes[Lookup(r)] }

// Registered reports whether base followed by selector is a variation sequence
// of StandardizedVariants.txt, emoji-variation-sequences.txt or the
// Ideographic Variation Database.
func Registered(base, selector rune) bool {
	number, ok := selectorNumber(selector)
	if !ok {
		return false
	}
	// The last record that begins at or before base.
	low, high := 0, len(sequences)/recordSize
	for low < high {
		middle := (low + high) / 2
		if first, _, _, _ := record(middle); first <= base {
			low = middle + 1
		} else {
			high = middle
		}
	}
	// The records are sorted by their first base, and only the newest record may
	// have been given a further base when they were made: so those that reach base
	// stand together, right before the place that was found.
	for i := low - 1; i >= 0; i-- {
		first, more, from, to := record(i)
		if first+more >= base && number >= from && number <= to {
			return true
		}
		if first+more < base {
			return false
		}
	}
	return false
}

func record(i int) (base, more rune, from, to uint8) {
	r := sequences[i*recordSize : i*recordSize+recordSize]
	return rune(r[0])<<16 | rune(r[1])<<8 | rune(r[2]), rune(r[3]), r[4], r[5]
}

// selectorNumber deals the variation selectors out over a byte: VS1 to VS16,
// VS17 to VS252, and the four of Mongolian. No sequence is registered with
// VS253 to VS256.
func selectorNumber(r rune) (uint8, bool) {
	switch {
	case r >= 0xFE00 && r <= 0xFE0F:
		return uint8(r - 0xFE00), true
	case r >= 0xE0100 && r < 0xE0100+236:
		return uint8(r-0xE0100) + 16, true
	case r >= 0x180B && r <= 0x180D:
		return uint8(r-0x180B) + 252, true
	case r == 0x180F:
		return 255, true
	}
	return 0, false
}
