package sanitize

import "unicode/utf8"

// lookAhead is how many code points past the limit are read, so that a secret
// or a cluster that the cut would split is seen whole, or long enough.
const lookAhead = 512

// maxRounds bounds how often a value is cleaned, masked and cut until nothing
// changes any more. Two rounds settle all but contrived values; what has not
// settled by then is masked as a whole.
const maxRounds = 8

// Sanitizer makes values safe to hand on. It is safe for concurrent use.
type Sanitizer struct {
	limit   int
	columns columnPolicy
	version string
}

// Input says what is known of a value beside its text. The zero Input is a
// whole textual value of a column of which nothing is known.
type Input struct {
	// Class is the sort of value. Default: Textual.
	Class Class
	// Column is the name of the column, which can turn a number that might be
	// a card's into one that is.
	Column string
	// OriginalBytes is the length of the whole value in bytes where only its
	// beginning was read; 0, or the length of the text, says that the text is
	// the whole value.
	OriginalBytes int64
	// MaskedBy masks the whole value and names the reason: the rule that
	// Sanitizer.MaskedBy gave for its column. Empty: the value itself decides.
	MaskedBy string
}

// PolicyVersion identifies the rules in force: equal for Sanitizers that treat
// every value alike.
func (s *Sanitizer) PolicyVersion() string { return s.version }

// MaxInputBytes is how much of the beginning of a value is worth reading: no
// byte after that has a part in what Cell returns, save for the counts of
// Changes.
func (s *Sanitizer) MaxInputBytes() int { return utf8.UTFMax * (s.limit + lookAhead) }

// Text sanitizes a whole textual value, a name or a message. The Changes are
// nil when there is nothing to say, and then the text is the same as before.
func (s *Sanitizer) Text(text string) (string, *Changes) {
	return s.Cell(text, Input{})
}

// Cell sanitizes a value. The Changes are nil when there is nothing to say, and
// then the text is the same as before.
//
// Sanitizing what came out once more, as a whole value of the same class and
// column, changes nothing.
func (s *Sanitizer) Cell(text string, in Input) (string, *Changes) {
	if in.MaskedBy != "" {
		return s.maskWhole(MaskedColumn, in.MaskedBy)
	}
	if in.Class == Binary && isHex(text) {
		return s.binary(text, in)
	}
	return s.textual(text, in)
}

func (s *Sanitizer) textual(text string, in Input) (string, *Changes) {
	whole := in.OriginalBytes <= int64(len(text))
	if whole && len(text) <= s.limit && cleanASCII(text, 0) == len(text) &&
		(in.Class != Textual || !startsFormula(text)) {
		return text, nil // what most values are
	}
	current := text
	if !whole {
		current = withoutPartialRune(current)
	}
	truncated := !whole
	if end := offset(current, s.limit+lookAhead); end < len(current) {
		current, truncated = current[:end], true
	}
	var edits []edit
	partial := truncated // the end of current is not the end of the value
	settled := false
	for round := 0; round < maxRounds && !settled; round++ {
		cleaned, splices := clean(current)
		edits = apply(edits, splices)
		settled = len(splices) == 0
		current = cleaned

		end := s.end(current, partial)
		settled = settled && end == len(current)
		if end < len(current) {
			current, edits, truncated = current[:end], before(edits, end), true
		}
		partial = false
	}
	if !settled {
		return s.maskWhole(MaskedValue, "unsettled")
	}
	return current, s.changes(text, current, in, edits, truncated)
}

// end returns where to cut a clean text. If the text goes on where it could
// not be read, its last cluster may go on too.
func (s *Sanitizer) end(text string, partial bool) int {
	end := cutAt(text, s.limit)
	if partial && end == len(text) && end > 0 {
		if last := boundary(text, end-1); last > 0 {
			return last
		}
	}
	return end
}

// maskWhole replaces a whole value. Its length stays unsaid.
func (s *Sanitizer) maskWhole(kind Kind, detector string) (string, *Changes) {
	mask := maskOf(detector)
	return mask[:offset(mask, s.limit)], &Changes{
		Kinds: kind, OriginalBytes: -1, OriginalCharacters: -1, Detector: detector,
	}
}

func maskOf(detector string) string { return "[masked:" + detector + "]" }
