package preview

import (
	"errors"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/internal/wrap"
)

// publicError turns an error of the run into one that may be shown, its place mapped from
// the wrapped text back to the author's. The text of any other error is withheld.
func publicError(err error, sql string, text wrap.Text) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	var e *run.Error
	if !errors.As(err, &e) {
		return internal("the preview failed; what the cause said is withheld")
	}
	failed := &Error{
		Reason:     e.Reason,
		Position:   position(sql, text, e.Position),
		Message:    e.Message,
		Hint:       e.Hint,
		SQLSTATE:   e.SQLSTATE,
		StoppedBy:  string(e.StoppedBy),
		RetryAfter: e.RetryAfter,
	}
	if failed.Position.Line > 0 {
		if hint := guard.UndefinedHint(sql, failed.Position.Offset, e.SQLSTATE); hint != "" {
			failed.Hint = hint
		}
	}
	sanitizeMessages(&failed.Message, &failed.Hint)
	return failed
}

// position maps a place in the wrapped text to one in the author's.
func position(sql string, text wrap.Text, place int) Position {
	offset, ok := text.SourceOffset(place)
	if !ok {
		return Position{}
	}
	line, column := guard.LineColumn(sql, offset)
	return Position{Line: line, Column: column, Offset: offset, End: guard.TokenEnd(sql, offset)}
}
