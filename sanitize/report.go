package sanitize

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// changes sums up what was done to a value, or returns nil if there is nothing
// to say.
func (s *Sanitizer) changes(original, result string, in Input, edits []edit, truncated bool) *Changes {
	var c Changes
	if truncated {
		c.Kinds |= Truncated
	}
	if in.Class == Textual && startsFormula(result) {
		c.Kinds |= FormulaLike
	}
	if hasDirectionMark(result) {
		c.Kinds |= DirectionMark
	}
	var counts [len(kindNames)]int
	var detectors []string
	for _, e := range edits {
		c.Kinds |= e.kind
		if e.kind != MaskedValue {
			counts[e.kind.bit()]++
		} else if !slices.Contains(detectors, e.detector) {
			detectors = append(detectors, e.detector)
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
	c.measure(original, in, truncated)
	return &c
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
	return !isASCII(text) &&
		(strings.Contains(text, "\u200E") || strings.Contains(text, "\u200F") || strings.Contains(text, "\u061C"))
}
