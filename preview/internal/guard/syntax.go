package guard

import (
	"errors"

	"github.com/op-data/sqlpreview/preview/internal/guard/hint"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/reason"
)

// syntaxViolation says where the grammar stopped and, where it is known, what was
// meant. The parser's own message quotes nothing but the text and is passed on.
func syntaxViolation(sql string, err error) Violation {
	at, message := 0, err.Error()
	var syntax *pgtree.SyntaxError
	if errors.As(err, &syntax) {
		at = syntax.Offset(sql)
	}
	f := hint.Syntax(sql, at)
	if f.Message != "" {
		message = f.Message
	}
	return violationAt(sql, pgtree.Extent{Start: f.Start, End: f.End}, refusal{
		reason: reason.SQLSyntaxError, rule: "syntax",
		message: shorten(message),
		hint:    f.Hint,
	})
}

// UndefinedHint says what to write in the place of what the server does not know:
// offset is where in sql the server points, sqlstate its code. It returns "" where
// nothing is known.
func UndefinedHint(sql string, offset int, sqlstate string) string {
	return printable(hint.Undefined(sql, offset, sqlstate))
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
