package preview

import (
	"errors"
	"time"

	"github.com/op-data/sqlpreview/preview/reason"
)

// Position is a place in the author's text. The zero Position means: no place.
type Position struct {
	// Line and Column are 1-based; Column counts code points.
	Line, Column int
	// Offset and End are byte offsets; End is exclusive.
	Offset, End int
}

// IsZero reports whether there is no position.
func (p Position) IsZero() bool { return p.Line == 0 }

// Violation is one reason why the guard refused a text, and where.
//
// Its fields are those of the guard's own violation, so the one converts to
// the other and neither can drift.
type Violation struct {
	// Reason is the stable name of the cause.
	Reason reason.Reason `json:"reason"`
	// Rule is the stable id of the rule that fired, finer than Reason.
	Rule string `json:"rule"`
	// Message says what is wrong. It never holds a value of the database.
	Message string `json:"message"`
	// Line and Column are 1-based; Column counts code points.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Offset and End are byte offsets into the text; End is exclusive.
	Offset int `json:"offset"`
	End    int `json:"end"`
	// Hint says what to write instead; it may be empty.
	Hint string `json:"hint"`
}

// Error is every error that this package returns. It is safe to show and to
// log: it holds no value, no DSN, no host and no text of the driver.
type Error struct {
	// Reason is the stable name of the cause.
	Reason reason.Reason
	// Rule is the id of the first violation's rule, or empty.
	Rule string
	// Position is where in the author's text, or the zero Position.
	Position Position
	// Message says what happened, for a person.
	Message string
	// Hint says what to do; it may be empty.
	Hint string
	// SQLSTATE is the server's five-character code, or empty when the server
	// did not answer.
	SQLSTATE string
	// Violations lists everything the guard found, in the order of the text;
	// empty when the guard accepted it.
	Violations []Violation
	// RetryAfter is how long to wait before the same request may succeed;
	// zero when trying again is no use.
	RetryAfter time.Duration
	// StoppedBy says who stopped the query: "server" (its statement_timeout), "clock"
	// (our own, the server having not), "caller" or "admin"; empty when it was not
	// stopped.
	StoppedBy string
	// RequestID is the id of the request that failed; empty before there is one.
	RequestID string
	// Receipt identifies the statement, where the guard had accepted it before the
	// preview failed: its fingerprint and tables. Else nil.
	Receipt *Receipt
}

// Error returns "REASON: message".
func (e *Error) Error() string {
	if e.Message == "" {
		return string(e.Reason)
	}
	return string(e.Reason) + ": " + e.Message
}

// Is reports whether target is an *Error of the same Reason, so that
// errors.Is(err, &preview.Error{Reason: reason.RowLock}) works.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Reason == e.Reason
}

// ReasonOf returns the Reason of err: "" for nil, INTERNAL for an error that
// is not from this package.
func ReasonOf(err error) reason.Reason {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return reason.Internal
}
