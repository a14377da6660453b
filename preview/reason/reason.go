// Package reason is the closed list of answers to "why was there no preview?".
//
// The names are stable: the Go API, the error details of the RPC, the command
// line and the test corpora all use them, so a caller can switch on a Reason
// and never has to read a message.
package reason

// Reason is the stable name of one cause of refusal or failure.
type Reason string

// Refused before a connection is touched: the text itself.
const (
	// SQLEmpty: the text holds no statement, only white space and comments.
	SQLEmpty Reason = "SQL_EMPTY"
	// SQLTooLarge: the text is longer than the configured limit in bytes.
	SQLTooLarge Reason = "SQL_TOO_LARGE"
	// SQLTooComplex: the text nests or chains deeper than a parser can follow safely.
	SQLTooComplex Reason = "SQL_TOO_COMPLEX"
	// SQLInvalidText: the text holds a NUL byte or is not valid UTF-8.
	SQLInvalidText Reason = "SQL_INVALID_TEXT"
	// SQLSyntaxError: PostgreSQL's grammar does not accept the text (SQLSTATE 42601).
	SQLSyntaxError Reason = "SQL_SYNTAX_ERROR"
)

// Refused before a connection is touched: what the statement would do.
const (
	// MultipleStatements: more than one statement.
	MultipleStatements Reason = "MULTIPLE_STATEMENTS"
	// NotASelect: the statement is neither SELECT nor WITH ... SELECT.
	NotASelect Reason = "NOT_A_SELECT"
	// DataModifyingCTE: a WITH query that inserts, updates, deletes or merges.
	DataModifyingCTE Reason = "DATA_MODIFYING_CTE"
	// SelectInto: SELECT ... INTO creates a table.
	SelectInto Reason = "SELECT_INTO"
	// RowLock: FOR UPDATE, FOR SHARE and the like take locks.
	RowLock Reason = "ROW_LOCK"
	// ParameterNotAllowed: $1 and the like; a preview has no arguments.
	ParameterNotAllowed Reason = "PARAMETER_NOT_ALLOWED"
	// FunctionNotAllowed: a function with an effect, or one the policy denies.
	FunctionNotAllowed Reason = "FUNCTION_NOT_ALLOWED"
	// SyntaxNotAllowed: a construct that the guard does not know, or a relation
	// that the policy denies.
	SyntaxNotAllowed Reason = "SYNTAX_NOT_ALLOWED"
)

// Refused by the database; values in its message are withheld.
const (
	// UndefinedObject: SQLSTATE 42P01, 42703, 42883, 3F000.
	UndefinedObject Reason = "UNDEFINED_OBJECT"
	// SemanticError: any other SQLSTATE of class 42, and class 0A.
	SemanticError Reason = "SEMANTIC_ERROR"
	// DataException: SQLSTATE class 22.
	DataException Reason = "DATA_EXCEPTION"
	// InsufficientPrivilege: SQLSTATE 42501.
	InsufficientPrivilege Reason = "INSUFFICIENT_PRIVILEGE"
	// ReadOnlyViolation: SQLSTATE 25006, or a transaction id was assigned.
	ReadOnlyViolation Reason = "READ_ONLY_VIOLATION"
	// FunctionRaised: SQLSTATE P0001, a function's own RAISE; its text is withheld.
	FunctionRaised Reason = "FUNCTION_RAISED"
)

// Stopped.
const (
	// StatementTimeout: the time limit passed (SQLSTATE 57014, or our own deadline).
	StatementTimeout Reason = "STATEMENT_TIMEOUT"
	// ClientCanceled: the caller went away or cancelled.
	ClientCanceled Reason = "CLIENT_CANCELED"
	// AdminCanceled: the query was cancelled in the database (SQLSTATE 57014), or the
	// sidecar stopped while it ran; then the error carries RetryInfo.
	AdminCanceled Reason = "ADMIN_CANCELED"
)

// Failed for a reason outside the query.
const (
	// LockTimeout: SQLSTATE 55P03.
	LockTimeout Reason = "LOCK_TIMEOUT"
	// Conflict: SQLSTATE class 40, for instance a standby's recovery conflict.
	Conflict Reason = "CONFLICT"
	// DatabaseBusy: SQLSTATE class 53, for instance too many connections.
	DatabaseBusy Reason = "DATABASE_BUSY"
	// ConcurrencyLimit: our own limit of previews at a time.
	ConcurrencyLimit Reason = "CONCURRENCY_LIMIT"
	// QueryTooComplex: SQLSTATE class 54, a limit of the server's.
	QueryTooComplex Reason = "QUERY_TOO_COMPLEX"
	// DatabaseUnavailable: SQLSTATE class 08 and 57P0x, or no connection at all.
	DatabaseUnavailable Reason = "DATABASE_UNAVAILABLE"
	// DatabaseLoginFailed: SQLSTATE class 28 and 3D000.
	DatabaseLoginFailed Reason = "DATABASE_LOGIN_FAILED"
	// ConnectionNotFound: an unknown connection id, or another tenant's.
	ConnectionNotFound Reason = "CONNECTION_NOT_FOUND"
	// Internal: everything else; the text is withheld.
	Internal Reason = "INTERNAL"
)

// All returns every Reason, in the order of this file. The slice is the caller's.
func All() []Reason {
	return []Reason{
		SQLEmpty, SQLTooLarge, SQLTooComplex, SQLInvalidText, SQLSyntaxError,
		MultipleStatements, NotASelect, DataModifyingCTE, SelectInto, RowLock,
		ParameterNotAllowed, FunctionNotAllowed, SyntaxNotAllowed,
		UndefinedObject, SemanticError, DataException, InsufficientPrivilege,
		ReadOnlyViolation, FunctionRaised,
		StatementTimeout, ClientCanceled, AdminCanceled,
		LockTimeout, Conflict, DatabaseBusy, ConcurrencyLimit, QueryTooComplex,
		DatabaseUnavailable, DatabaseLoginFailed, ConnectionNotFound, Internal,
	}
}

// Retryable reports whether the same request may succeed later unchanged, whatever else
// the error says. One of AdminCanceled may where it carries RetryInfo.
func (r Reason) Retryable() bool {
	switch r {
	case LockTimeout, Conflict, DatabaseBusy, ConcurrencyLimit, DatabaseUnavailable:
		return true
	default:
		return false
	}
}
