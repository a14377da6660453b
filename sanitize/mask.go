package sanitize

import (
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/sanitize/internal/secrets"
)

// mask replaces the secrets that were found by masks.
func (r *result) mask(found []secrets.Match) []splice {
	found = r.widen(found)
	if len(found) == 0 {
		return nil
	}
	var out strings.Builder
	splices := make([]splice, 0, len(found))
	at := 0
	for _, m := range found {
		mask := secrets.Mask(m.Detector)
		out.WriteString(r.text[at:m.Start])
		out.WriteString(mask)
		splices = append(splices, splice{
			at: int32(m.Start), old: int32(m.End - m.Start), length: int32(len(mask)), kind: MaskedValue, detector: r.number(m.Detector),
		})
		at = m.End
	}
	out.WriteString(r.text[at:])
	r.text = out.String()
	return splices
}

// number returns by which number the edits of this value name a detector.
func (r *result) number(detector string) uint16 {
	i := slices.Index(r.detectors, detector)
	if i < 0 {
		i = len(r.detectors)
		r.detectors = append(r.detectors, detector)
	}
	return uint16(i)
}

// widen makes the matches that cut into a mask of an earlier round cover the
// whole of it, so that no half of a mask is left beside another.
func (r *result) widen(found []secrets.Match) []secrets.Match {
	joined := found[:0]
	edits := r.edits
	for _, m := range found {
		for len(edits) > 0 && (edits[0].kind != MaskedValue || r.maskEnd(edits[0]) <= m.Start) {
			edits = edits[1:]
		}
		for i := 0; i < len(edits) && int(edits[i].at) < m.End; i++ {
			if edits[i].kind == MaskedValue {
				m.Start, m.End = min(m.Start, int(edits[i].at)), max(m.End, r.maskEnd(edits[i]))
			}
		}
		if n := len(joined); n > 0 && m.Start < joined[n-1].End {
			joined[n-1].End = max(joined[n-1].End, m.End)
		} else {
			joined = append(joined, m)
		}
	}
	return joined
}

// maskEnd returns the end of a mask, which the end of the text may have cut.
func (r *result) maskEnd(e edit) int {
	return min(int(e.at)+len(secrets.Mask(r.detectors[e.detector])), len(r.text))
}
