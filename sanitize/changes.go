package sanitize

import "math/bits"

// Kind is one way in which a value was changed, or deserves a word of advice.
type Kind uint16

// The kinds that modify a value, then the two that only advise.
const (
	// Truncated: the value was longer than the limit.
	Truncated Kind = 1 << iota
	// InvalidUTF8: bytes that are not valid UTF-8 became U+FFFD.
	InvalidUTF8
	// Control: control characters other than tab, newline and return, the line
	// and paragraph separators and noncharacters became U+FFFD.
	Control
	// Bidi: bidirectional embeddings, overrides and isolates, and direction marks
	// past the second in a row, became U+FFFD.
	Bidi
	// Invisible: characters that show nothing became U+FFFD, or were removed: soft
	// hyphens and word joiners inside words.
	Invisible
	// CombiningLimit: combining marks past what a letter may carry became U+FFFD:
	// four above it, four below, six elsewhere, thirty in all.
	CombiningLimit
	// MaskedValue: a secret inside the value was masked.
	MaskedValue
	// MaskedColumn: the whole value was masked because of its column.
	MaskedColumn

	// FormulaLike (advice): a spreadsheet could take the value for a formula.
	FormulaLike
	// DirectionMark (advice): the value holds LRM, RLM or ALM.
	DirectionMark
)

// Modifying is the set of kinds that mean the value is not the original.
const Modifying = Truncated | InvalidUTF8 | Control | Bidi | Invisible | CombiningLimit | MaskedValue | MaskedColumn

// kindNames holds the stable names, in the order of the bits.
var kindNames = [...]string{
	"TRUNCATED", "INVALID_UTF8", "CONTROL", "BIDI", "INVISIBLE", "COMBINING_LIMIT",
	"MASKED_VALUE", "MASKED_COLUMN", "FORMULA_LIKE", "DIRECTION_MARK",
}

// Has reports whether every kind of other is in k.
func (k Kind) Has(other Kind) bool { return k&other == other }

// Names returns the stable names of the kinds in k, in the order of their bits.
func (k Kind) Names() []string {
	var names []string
	for i, name := range kindNames {
		if k&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Split returns the single kinds in k, in the order of their bits.
func (k Kind) Split() []Kind {
	var kinds []Kind
	for i := range kindNames {
		if bit := Kind(1) << i; k&bit != 0 {
			kinds = append(kinds, bit)
		}
	}
	return kinds
}

// bit returns the number of the one bit of k.
func (k Kind) bit() int { return bits.TrailingZeros16(uint16(k)) }

// Changes says what was done to one value. The zero Changes says: nothing.
type Changes struct {
	// Kinds is the set of everything that was done or noticed.
	Kinds Kind
	// OriginalBytes is the length of the value as the database sent it, or -1
	// where it would tell the length of what was masked.
	OriginalBytes int64
	// OriginalCharacters is its length in code points (a byte that is not valid
	// UTF-8 counts as one), or -1 where the rest of the value was never read, or
	// where the length would tell that of what was masked.
	OriginalCharacters int64
	// Replacements counts the characters that became U+FFFD or were removed, by kind.
	Replacements []Replacement
	// Detector names what found the secret, for MaskedValue and MaskedColumn;
	// several names are in the order of the text, parted by commas. "unsettled"
	// stands for a value that was masked because cleaning, masking and cutting it
	// found no end.
	Detector string
	// MediaType is set for binary values, for instance "application/octet-stream",
	// as far as the beginning of the value tells.
	MediaType string
}

// Replacement counts the replaced and removed characters of one kind.
type Replacement struct {
	Kind  Kind
	Count int
}
