package guard

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/reason"
)

// syntaxViolation tells where the grammar stopped. The parser's own message
// quotes nothing but the text and is passed on.
func syntaxViolation(sql string, err error) Violation {
	at, message := 0, err.Error()
	var syntax *pgtree.SyntaxError
	if errors.As(err, &syntax) {
		at = byteOffset(sql, syntax.Position-1-pgtree.Indent)
	}
	lex := pgtree.NewLexer(sql, at)
	t := lex.Next()
	end := max(at, t.End)
	if t.Kind == pgtree.TokenBad {
		end = min(at+1, len(sql))
	}
	return violationAt(sql, at, end, reason.SQLSyntaxError, "syntax", shorten(message), syntaxHint(sql, at))
}

// shorten keeps a message readable that quotes the text to its end.
func shorten(message string) string {
	const longest = 100 // code points
	n := 0
	for i := range message {
		if n++; n > longest {
			return message[:i] + "..."
		}
	}
	return message
}

// byteOffset returns where the n-th code point (from 0) of sql begins.
func byteOffset(sql string, n int) int {
	i := 0
	for ; n > 0 && i < len(sql); n-- {
		_, size := utf8.DecodeRuneInString(sql[i:])
		i += size
	}
	return i
}

// syntaxHint says what to write instead of what is often pasted.
func syntaxHint(sql string, at int) string {
	lex := pgtree.NewLexer(sql, 0)
	if first := lex.Next(); pgtree.Keyword(sql[first.Start:first.End]) == "" && first.Kind == pgtree.TokenWord {
		return "a preview begins with SELECT or WITH"
	}
	if text := strings.TrimRight(sql, "; \t\r\n"); at >= len(text) && strings.HasSuffix(text, "?") {
		return noParameters
	}
	if strings.HasPrefix(sql[min(at, len(sql)):], "::") {
		return "put the value and its cast in parentheses"
	}
	if at >= len(sql) {
		return "the text ends too early: a parenthesis, a quote or an operand is missing"
	}
	switch sql[at] {
	case '{', '}':
		return "templates ({{ ... }}) must be expanded before a preview"
	case '`':
		return "PostgreSQL quotes names with double quotes"
	case '?', '@', ':':
		return noParameters
	}
	return ""
}

const noParameters = "a preview has no parameters: write a constant in its place"
