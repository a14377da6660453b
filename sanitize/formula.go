package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/sanitize/internal/chars"
)

// startsFormula reports whether a spreadsheet could take the text for a formula:
// it begins, after white space and characters that show nothing, with one of the
// characters that OWASP lists for CSV injection, their full-width forms, or a tab
// or line break.
func startsFormula(text string) bool {
	if text == "" {
		return false
	}
	if b := text[0]; b > '@' && b < utf8.RuneSelf {
		return false
	}
	for _, r := range text {
		switch {
		case strings.ContainsRune("=+-@\uFF1D\uFF0B\uFF0D\uFF20\u2212\t\n\r", r):
			return true
		case r == ' ' || r >= utf8.RuneSelf && (unicode.Is(unicode.Zs, r) || isInvisible(chars.Of(r))):
		default:
			return false
		}
	}
	return false
}

// AppendCSV appends a value as one CSV field that no spreadsheet takes for a
// formula, as OWASP advises: always in quotes, quotes doubled, and a formula-like
// Textual or Binary value behind an apostrophe, which spreadsheets do not show.
// Sanitize the value first. Readers other than spreadsheets will see the
// apostrophe: use this only for files that people open.
func AppendCSV(field []byte, value string, class Class) []byte {
	field = append(field, '"')
	if class != Numeric && class != Fixed && startsFormula(value) {
		field = append(field, '\'')
	}
	for {
		i := strings.IndexByte(value, '"')
		if i < 0 {
			break
		}
		field = append(field, value[:i]...)
		field = append(field, '"', '"')
		value = value[i+1:]
	}
	field = append(field, value...)
	return append(field, '"')
}
