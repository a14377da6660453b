package sanitize

import (
	"strings"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/sanitize/internal/secrets"
)

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
	secrets *secrets.Finder
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
	// Sanitizer.MaskingRules gave for its column. Empty: the value itself decides.
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
	if in.Class != Binary {
		return s.textual(text, in)
	}
	if isHex(text, in.OriginalBytes > int64(len(text))) {
		return s.binary(text, in)
	}
	// Not as PostgreSQL writes it. What the cut leaves must not read like it.
	result, changes := s.textual(text, in)
	if isHex(result, false) {
		return s.maskWhole(MaskedValue, unsettled)
	}
	return result, changes
}

// unsettled is the detector's name of a value that still changes after maxRounds.
const unsettled = "unsettled"

func (s *Sanitizer) textual(text string, in Input) (string, *Changes) {
	hints := secrets.Hints{Number: in.Class != Textual, Column: in.Column}
	whole := in.OriginalBytes <= int64(len(text))
	if whole && len(text) <= s.limit && cleanASCII(text, 0) == len(text) &&
		(in.Class != Textual || !startsFormula(text)) && s.secrets.Find(text, hints) == nil {
		return text, nil // most values
	}
	r := result{text: text, truncated: !whole}
	if !whole {
		r.text = withoutPartialRune(text)
	}
	if end := offset(r.text, s.limit+lookAhead); end < len(r.text) {
		r.text, r.truncated = r.text[:end], true
	}
	hints.Partial = r.truncated
	for range maxRounds {
		if s.round(&r, hints) {
			changes := s.changes(text, in, &r)
			return s.detached(r.text, text), changes
		}
		hints.Partial = false // the first round has decided on what was cut off
	}
	return s.maskWhole(MaskedValue, unsettled)
}

// detached returns the result, copied if it would keep a much longer value in memory.
func (s *Sanitizer) detached(result, original string) string {
	if len(original) > s.MaxInputBytes() {
		return strings.Clone(result)
	}
	return result
}

// result is a value while it is processed.
type result struct {
	text       string
	edits      []edit
	detectors  []string // that the edits speak of
	truncated  bool
	directions bool // it may hold direction marks
}

// round cleans, masks and cuts once. It returns whether there was nothing left
// to do: a cut can leave a joiner without its letter, or make a secret of what
// was none, as a number of 17 digits that loses one.
func (s *Sanitizer) round(r *result, hints secrets.Hints) (settled bool) {
	cleaned, splices, directions := clean(r.text)
	r.text, r.edits, r.directions = cleaned, apply(r.edits, splices), directions
	settled = len(splices) == 0

	splices = r.mask(s.secrets.Find(r.text, hints))
	r.edits = apply(r.edits, splices)
	settled = settled && len(splices) == 0

	// A mask at the end stands for all that may have come.
	partial := hints.Partial
	if n := len(splices); n > 0 {
		last := r.edits[len(r.edits)-1]
		partial = partial && int(last.at+splices[n-1].length) != len(r.text)
	}
	if end := s.end(r.text, partial); end < len(r.text) {
		r.text, r.edits, r.truncated = r.text[:end], before(r.edits, end), true
		settled = false
	}
	return settled
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
	mask := secrets.Mask(detector)
	return mask[:offset(mask, s.limit)], &Changes{
		Kinds: kind, OriginalBytes: -1, OriginalCharacters: -1, Detector: detector,
	}
}
