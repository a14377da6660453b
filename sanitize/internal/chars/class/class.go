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
	// Selector: a variation selector.
	Selector
	// Tag: a tag character.
	Tag
)

// Joining is the Unicode property Joining_Type.
type Joining uint8

// The joining types that matter here; NonJoining stands for U and C.
const (
	NonJoining Joining = iota
	DualJoining
	RightJoining
	LeftJoining
	Transparent
)

// Class is everything the text pass knows of a character.
type Class struct {
	Action  Action
	Joining Joining
	// Marks is how many combining marks the character ends with (or is).
	Marks uint8
	// Pictographic is the property Extended_Pictographic.
	Pictographic bool
	// Virama is a canonical combining class of 9.
	Virama bool
}
