package sanitize

import (
	"strings"

	"github.com/op-data/sqlpreview/sanitize/internal/secrets"
)

// mask puts masks in the place of secrets.
func mask(text string, found []secrets.Match) (string, []splice) {
	if len(found) == 0 {
		return text, nil
	}
	var out strings.Builder
	splices := make([]splice, 0, len(found))
	at := 0
	for _, m := range found {
		stand := secrets.Mask(m.Detector)
		out.WriteString(text[at:m.Start])
		out.WriteString(stand)
		splices = append(splices, splice{
			at: m.Start, old: m.End - m.Start, length: len(stand), kind: MaskedValue, detector: m.Detector,
		})
		at = m.End
	}
	out.WriteString(text[at:])
	return out.String(), splices
}

// widen makes the matches that cut into a mask of an earlier round cover the
// whole of it, so that no half of a mask is left beside another.
func widen(text string, found []secrets.Match, edits []edit) []secrets.Match {
	if len(found) == 0 {
		return nil
	}
	for _, e := range edits {
		if e.kind != MaskedValue {
			continue
		}
		start, end := e.at, min(e.at+len(secrets.Mask(e.detector)), len(text))
		for i := range found {
			if m := &found[i]; m.Start < end && start < m.End {
				m.Start, m.End = min(m.Start, start), max(m.End, end)
			}
		}
	}
	joined := found[:1]
	for _, m := range found[1:] {
		if last := &joined[len(joined)-1]; m.Start < last.End {
			last.End = max(last.End, m.End)
		} else {
			joined = append(joined, m)
		}
	}
	return joined
}
