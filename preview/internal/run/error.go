package run

import (
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run/sqlstate"
	"github.com/op-data/sqlpreview/preview/reason"
)

// Stopper says who stopped a query.
type Stopper string

// Who stopped a query.
const (
	// StoppedByServer: the database's statement_timeout, which was set to what was left,
	// or a timeout of the role's.
	StoppedByServer Stopper = "server"
	// StoppedByClock: the deadline on this side; the database did not stop in time.
	StoppedByClock Stopper = "clock"
	// StoppedByCaller: the caller went away or cancelled.
	StoppedByCaller Stopper = "caller"
	// StoppedByAdmin: an administrator cancelled the query in the database.
	StoppedByAdmin Stopper = "admin"
)

// Error is every error of this package. It holds no value, no connection
// string, no host and no text of the driver's.
type Error struct {
	Reason reason.Reason
	// SQLSTATE is the server's code, or empty when the server did not answer.
	SQLSTATE string
	// Message says what happened, Hint what to do; Hint may be empty.
	Message, Hint string
	// Position is the place in Query.SQL as a 1-based number of a character
	// (code point); 0 means none.
	Position int
	// StoppedBy says who stopped the query; empty when it was not stopped.
	StoppedBy Stopper
	// RetryAfter is how long to wait before trying again; 0: trying again does not help.
	RetryAfter time.Duration
}

// Error returns "REASON: message".
func (e *Error) Error() string { return string(e.Reason) + ": " + e.Message }

// retryAfter returns how long a failure may last that passes by itself, else 0.
func retryAfter(r reason.Reason) time.Duration {
	switch r {
	case reason.ConcurrencyLimit, reason.LockTimeout, reason.Conflict:
		return time.Second
	case reason.DatabaseBusy, reason.DatabaseUnavailable:
		return 5 * time.Second
	default:
		return 0
	}
}

func newError(r reason.Reason, message, hint string) *Error {
	return &Error{Reason: r, Message: message, Hint: hint, RetryAfter: retryAfter(r)}
}

func generalError(r reason.Reason) *Error {
	message, hint := sqlstate.General(r)
	return newError(r, message, hint)
}

func protocolError() *Error {
	return newError(reason.DatabaseUnavailable,
		"the answer does not follow PostgreSQL's protocol", "check that the connection leads to PostgreSQL or a pooler for it")
}

func callerGone() *Error {
	e := newError(reason.ClientCanceled, "the caller cancelled the preview", "")
	e.StoppedBy = StoppedByCaller
	return e
}

func serverTimeout() *Error {
	e := newError(reason.StatementTimeout, "the database stopped the query at its time limit",
		"filter or aggregate earlier, or look at the plan")
	e.StoppedBy = StoppedByServer
	return e
}

// roleTimeout is for a clock of the role's or the database's, which runs where
// ours is not set yet, or not any more.
func roleTimeout(state string) *Error {
	e := generalError(sqlstate.Reason(state))
	if state == queryCanceled {
		e = serverTimeout()
	}
	e.Message = "a time limit that the role or the database has of its own ended the preview before or after the query itself"
	e.Hint = "allow more for statement_timeout, transaction_timeout and idle_session_timeout of the role and of the database"
	e.SQLSTATE = state
	return e
}

// wroteError is the error when the check shows a write. In a query of our own that is not
// the author's fault: resolving a name with a search path that begins with pg_temp makes
// a schema for temporary tables.
func wroteError(own bool) *Error {
	if own {
		return newError(reason.ReadOnlyViolation,
			"reading the database's catalogs wrote something, because of a setting of the role",
			"let the search_path of the role begin with an ordinary schema, not with pg_temp")
	}
	return newError(reason.ReadOnlyViolation,
		"the query was assigned a transaction id or left the read-only mode, so it wrote or tried to",
		"leave out the part that writes")
}

func clockTimeout() *Error {
	e := newError(reason.StatementTimeout, "the time limit passed and the database had not stopped the query",
		"the query may hold a call that cannot be interrupted, or the database does not answer")
	e.StoppedBy = StoppedByClock
	return e
}

func startedTooLate() *Error {
	e := newError(reason.StatementTimeout, "the time limit passed before the query could start", "allow more time, or try again later")
	e.StoppedBy = StoppedByClock
	return e
}
