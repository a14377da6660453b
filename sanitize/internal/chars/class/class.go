// Package class holds the vocabulary that the Unicode tables and their
// generator share.
package class

// Action is what the text pass does with a character.
type Action uint8

// Keep to Mark are kept and count for nothing but combining marks; the others
// need a decision.
const (
	// Keep: an ordinary character.
	Keep Action = iota
	// Marked: an ordinary character whose decomposition (NFKD) ends in combining marks.
	Marked
	// Mark: a combining mark: general category M, or a nonzero combining class.
	Mark
	// Control: a control character, a noncharacter, a line or paragraph separator.
	Control
	// Bidi: a bidirectional embedding, override or isolate, or its end.
	Bidi
	// Invisible: shows nothing in any context that this package keeps.
	Invisible
	// DirectionMark: LRM, RLM, ALM.
	DirectionMark
	// NonJoiner: ZWNJ.
	NonJoiner
	// Joiner: ZWJ.
	Joiner
	// VowelSeparator: the Mongolian vowel separator.
	VowelSeparator
	// WordSeparator: the zero width space.
	WordSeparator
	// MarkJoiner: the combining grapheme joiner.
	MarkJoiner
	// Break: the soft hyphen and the word joiner, which say where a line may
	// break and nothing about the word.
	Break
	// Blank: a character of a script that looks like a space.
	Blank
	// Selector: a variation selector.
	Selector
	// Tag: a tag character.
	Tag
)

// Marks counts the combining marks that a character ends with (or is), by where
// they stand, one byte each: above the letter, below it, elsewhere (on it,
// around it, or where the table does not say), and all of them together.
// Spacing marks count only towards the last, since they take room in the line.
type Marks uint32

// The units of Marks.
const (
	Above Marks = 1 << (8 * iota)
	Below
	Elsewhere
	All
)

// Total returns how many marks there are.
func (m Marks) Total() int { return int(m / All) }

// Class is everything the text pass knows of a character.
type Class struct {
	Action Action
	// Marks are the combining marks that the character ends with (or is).
	Marks Marks
	// Pictographic is the property Extended_Pictographic.
	Pictographic bool
	// Virama is a canonical combining class of 9.
	Virama bool
	// Letter is a letter or a number.
	Letter bool
	// Joins says that the character belongs to a script whose spelling needs
	// joiners or zero width spaces: a cursive one, one of Brahmi's family, or Hebrew.
	Joins bool
}
