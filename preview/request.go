package preview

import (
	"time"

	"github.com/op-data/sqlpreview/preview/internal/requestid"
)

// Request asks for one preview.
type Request struct {
	// ConnectionID names the database; the Resolver knows what it stands for.
	// An empty one means DefaultConnectionID.
	ConnectionID string
	// SQL is the author's text: exactly one SELECT or WITH statement.
	SQL string
	// RequestID is the caller's own name for the request, at most 128 characters
	// of printable ASCII. One is made where it is empty or anything else (see
	// ValidRequestID).
	RequestID string
	// MaxRows asks for fewer rows than Limits.MaxRows; 0 or less and anything
	// above it mean Limits.MaxRows.
	MaxRows int
	// Timeout asks for less time than Limits.Timeout; 0 and anything above it
	// mean Limits.Timeout. Below 0 there is no time left: STATEMENT_TIMEOUT. A
	// deadline of the context counts too.
	Timeout time.Duration
}

// ValidRequestID reports whether a caller's id is taken as it is: whether it is 1
// to 128 characters of printable ASCII, which may stand in logs and headers.
func ValidRequestID(id string) bool {
	return requestid.Valid(id)
}

// Verdict is what the guard says of a text.
type Verdict struct {
	// Allowed reports whether a preview of the text may run.
	Allowed bool
	// Violations lists everything the guard found, in the order of the text;
	// empty when Allowed.
	Violations []Violation
	// Tables and Functions are what the statement names, as written but for
	// quotes and case, each once, in the order of the text; empty when refused.
	Tables []string
	// Functions is the same for functions.
	Functions []string
	// ToBeResolved is the subset of Functions that only the target's catalog can
	// decide: they are neither PostgreSQL's own nor those of a known extension.
	ToBeResolved []string
	// Fingerprint is the parser's fingerprint of the statement: equal for
	// statements that differ only in constants and layout. Empty when refused.
	Fingerprint string
}

// Description is what a query would return, found without running it.
type Description struct {
	// RequestID is the request's own id, or one made for it.
	RequestID string
	// Columns describes the columns in order.
	Columns []Column
	// Receipt identifies the statement and the columns. PayloadSHA256 is empty, for
	// no row is returned.
	Receipt Receipt
	// Objects are the database's objects that the statement leads to.
	Objects []Object
}
