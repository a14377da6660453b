package guard

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/reason"
)

// screen looks at the bytes alone. What passes it, the C parser can read to
// the end (a NUL byte would hide the rest from it) in bounded time, memory and
// stack.
func screen(sql string, maxBytes, depth int) []Violation {
	switch {
	case len(sql) > maxBytes:
		return []Violation{{
			Reason: reason.SQLTooLarge, Rule: "text-size", Offset: 0, End: 0, Line: 1, Column: 1,
			Message: fmt.Sprintf("the text has %d bytes; at most %d are allowed", len(sql), maxBytes),
			Hint:    "preview a smaller part of the query",
		}}
	case !utf8.ValidString(sql):
		at := invalidAt(sql)
		return []Violation{violationAt(sql, pgtree.Extent{Start: at, End: at + 1}, refusal{
			reason: reason.SQLInvalidText, rule: "invalid-utf8",
			message: "the text is not valid UTF-8",
			hint:    encodingHint(sql),
		})}
	}
	if at := strings.IndexByte(sql, 0); at >= 0 {
		return []Violation{violationAt(sql, pgtree.Extent{Start: at, End: at + 1}, refusal{
			reason: reason.SQLInvalidText, rule: "nul-byte",
			message: "the text holds a NUL byte",
			hint:    encodingHint(sql),
		})}
	}
	if x := pgtree.Screen(sql, depth); x != nil {
		return []Violation{tooComplex(sql, x)}
	}
	return nil
}

// encodingHint tells UTF-16, in which every other byte of a text in Latin letters is
// NUL, from a stray byte.
func encodingHint(sql string) string {
	if strings.HasPrefix(sql, "\xff\xfe") || strings.HasPrefix(sql, "\xfe\xff") || strings.Count(sql, "\x00") > len(sql)/3 {
		return "the text is UTF-16: save the file as UTF-8"
	}
	if strings.Contains(sql, "\x00") {
		return "remove it"
	}
	return "save the file as UTF-8"
}

func tooComplex(sql string, x *pgtree.Excess) Violation {
	var rule, message, hint string
	switch x.Limit {
	case pgtree.LimitDepth:
		rule, message = "depth", fmt.Sprintf("the query nests or chains %d levels; at most %d are allowed", x.Found, x.Max)
		hint = "flatten it: use IN (...), VALUES, concat or a CTE in the place of a long chain"
	case pgtree.LimitTokens:
		rule, message = "token-count", fmt.Sprintf("the query has more words and signs than a preview parses (%d, a word or a comma counting two)", x.Max)
		hint = "preview a smaller part, or put the literals into a table"
	case pgtree.LimitRescan:
		rule, message = "operator-run", "the text holds too long a run of operator characters or comment signs"
		hint = "shorten rows of signs such as +++++ and /*/*/*"
	case pgtree.LimitWarnings:
		rule, message = "keyword-run", "the text repeats the keyword GLOBAL too often"
		hint = "a preview creates no temporary tables"
	}
	return violationAt(sql, pgtree.Extent{Start: x.Offset, End: x.Offset}, refusal{
		reason: reason.SQLTooComplex, rule: rule,
		message: message,
		hint:    hint,
	})
}

func invalidAt(s string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(s)
}

// violationAt fills in line and column from the byte offset. Names and tokens that
// a message quotes are the author's: what could move a terminal's cursor or turn
// the direction of a line is not shown.
func violationAt(sql string, at pgtree.Extent, r refusal) Violation {
	line, column := LineColumn(sql, at.Start)
	return Violation{
		Reason: r.reason, Rule: r.rule, Message: printable(r.message), Hint: r.hint,
		Line: line, Column: column, Offset: at.Start, End: at.End,
	}
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// LineColumn returns the 1-based line and column of a byte offset. The column
// counts code points; a line ends at "\n".
func LineColumn(sql string, offset int) (line, column int) {
	before := sql[:max(0, min(offset, len(sql)))]
	line = 1 + strings.Count(before, "\n")
	return line, 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}

// TokenEnd returns the end of the token that begins at offset, so that a
// position which has only a beginning can be underlined. A name counts with what
// qualifies it: the whole of shop.customers.
func TokenEnd(sql string, offset int) int {
	_, end := NameAt(sql, offset)
	return end
}

// NameAt returns the parts of the name, dotted or not, that begins at offset, as
// PostgreSQL reads them (lower case unless quoted), and where the name ends. There
// are no parts where another token stands.
func NameAt(sql string, offset int) (parts []string, end int) {
	offset = max(0, min(offset, len(sql)))
	lex := pgtree.NewLexer(sql, offset)
	t := lex.Next()
	end = max(offset, min(t.End, len(sql)))
	for isName(t) {
		parts = append(parts, nameOf(sql[t.Start:t.End]))
		end = t.End
		dot := lex.Next()
		if t = lex.Next(); dot.Kind != pgtree.TokenPunct || sql[dot.Start:dot.End] != "." {
			break
		}
	}
	return parts, end
}

func isName(t pgtree.Token) bool { return t.Kind == pgtree.TokenWord || t.Kind == pgtree.TokenQuoted }

// nameOf is what an identifier means, but for escapes of U&"", which stay as they are.
func nameOf(written string) string {
	if quoted, ok := strings.CutPrefix(written, `"`); ok {
		return strings.ReplaceAll(strings.TrimSuffix(quoted, `"`), `""`, `"`)
	}
	return strings.ToLower(written)
}
