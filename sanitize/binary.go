package sanitize

import (
	"encoding/hex"

	"github.com/gabriel-vasile/mimetype"

	"github.com/op-data/sqlpreview/sanitize/internal/secrets"
)

// sniffBytes is how many bytes of a binary value decide on its media type.
const sniffBytes = 3072

// isHex reports whether the text has PostgreSQL's hexadecimal form of bytea, of
// which a reader may have cut the end.
func isHex(text string, cut bool) bool {
	if len(text) < 2 || text[0] != '\\' || text[1] != 'x' || len(text)%2 != 0 && !cut {
		return false
	}
	for i := 2; i < len(text); i++ {
		if b := text[i]; (b < '0' || b > '9') && (b < 'a' || b > 'f') {
			return false
		}
	}
	return true
}

// binary bounds a bytea value on a byte boundary and names its media type. The
// text is hexadecimal, so it needs no cleaning.
func (s *Sanitizer) binary(text string, in Input) (string, *Changes) {
	digits := text[2:]
	c := Changes{
		OriginalBytes: max(in.OriginalBytes, int64(len(text))), OriginalCharacters: max(in.OriginalBytes, int64(len(text))),
	}
	// Half a byte at the end is one that the reader cut.
	digits = digits[:len(digits)&^1]
	content, err := hex.DecodeString(digits[:min(len(digits), s.MaxInputBytes()&^1)])
	if err != nil { // cannot be: isHex has seen every digit
		return s.maskWhole(MaskedValue, unsettled)
	}
	c.MediaType = mimetype.Detect(content[:min(len(content), sniffBytes)]).String()

	// A key or a token is one in hexadecimal too; no part of it is left.
	result := text[:2+len(digits)]
	if len(result) > s.limit {
		result = text[:max(s.limit&^1, min(s.limit, 2))]
	}
	whole := string(content)
	hints := secrets.Hints{Partial: int64(2+2*len(content)) < c.OriginalBytes, Column: in.Column}
	found := s.secrets.Find(whole, hints)
	if found == nil { // the cut may make one
		found = s.secrets.Find(whole[:min(len(whole), max(0, len(result)/2-1))], secrets.Hints{Column: in.Column})
	}
	if found != nil {
		masked, changes := s.maskWhole(MaskedValue, found[0].Detector)
		changes.MediaType = c.MediaType
		return masked, changes
	}
	if int64(len(result)) < c.OriginalBytes {
		c.Kinds |= Truncated
	}
	return s.detached(result, text), &c
}
