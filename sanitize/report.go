package sanitize

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// changes sums up what was done to a value, or returns nil if there is nothing
// to say.
func (s *Sanitizer) changes(original string, in Input, r *result) *Changes {
	var c Changes
	if r.truncated {
		c.Kinds |= Truncated
	}
	if in.Class == Textual && startsFormula(r.text) {
		c.Kinds |= FormulaLike
	}
	if r.directions && hasDirectionMark(r.text) {
		c.Kinds |= DirectionMark
	}
	var counts [len(kindNames)]int
	var seen []uint16
	var detectors []string
	for _, e := range r.edits {
		c.Kinds |= e.kind
		if e.kind != MaskedValue {
			counts[e.kind.bit()]++
		} else if !slices.Contains(seen, e.detector) {
			seen = append(seen, e.detector)
			detectors = append(detectors, r.detectors[e.detector])
		}
	}
	if c.Kinds == 0 {
		return nil
	}
	for bit, count := range counts {
		if count > 0 {
			c.Replacements = append(c.Replacements, Replacement{Kind: 1 << bit, Count: count})
		}
	}
	c.Detector = strings.Join(detectors, ",")
	c.measure(original, in, r.truncated)
	said := c // only what is returned goes to the heap
	return &said
}

// measure sets the original length, where it is known and says nothing of a
// masked secret: the difference to what is left would be the secret's length.
func (c *Changes) measure(original string, in Input, truncated bool) {
	c.OriginalBytes, c.OriginalCharacters = -1, -1
	if c.Kinds.Has(MaskedValue) && !truncated {
		return
	}
	c.OriginalBytes = max(in.OriginalBytes, int64(len(original)))
	if c.OriginalBytes == int64(len(original)) {
		c.OriginalCharacters = int64(utf8.RuneCountInString(original))
	}
}

// hasDirectionMark finds LRM, RLM or ALM.
func hasDirectionMark(text string) bool {
	return strings.Contains(text, "\u200E") || strings.Contains(text, "\u200F") || strings.Contains(text, "\u061C")
}
