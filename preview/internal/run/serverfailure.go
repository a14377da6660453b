package run

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/internal/run/sqlstate"
	"github.com/op-data/sqlpreview/preview/reason"
)

// queryCanceled is the code of a statement that a timeout or a cancel request stopped.
const queryCanceled = "57014"

// cause is who stopped a statement.
type cause int

const (
	causeUnknown cause = iota
	causeClock
	causeRequest
)

// cause reads a message of ProcessInterrupts in PostgreSQL's postgres.c. The
// code is the same for all; a translated message does not tell.
func (f *serverFailure) cause() cause {
	switch message := f.fields['M']; {
	case strings.Contains(message, "due to statement timeout"):
		return causeClock
	case strings.Contains(message, "due to user request"):
		return causeRequest
	default:
		return causeUnknown
	}
}

// beforeStatement reports whether the failure came before the server saw the statement.
func (f *serverFailure) beforeStatement() bool { return f.part < partStatement }

// isClock reports whether a timeout of the server's ended a statement or the session.
func (f *serverFailure) isClock() bool {
	switch f.fields['C'] {
	case "25P03", "25P04", "57P05": // idle in transaction, transaction, idle session
		return true
	case queryCanceled:
		return f.cause() != causeRequest
	default:
		return false
	}
}

// stoppedError says who stopped a statement. Our time limit holds from the settings to
// the check; before and after, the timeout is the role's.
func (f *serverFailure) stoppedError(limit, elapsed time.Duration) *Error {
	role := f.beforeStatement() || f.part > partRollback
	switch who := f.cause(); {
	case f.fields['C'] != queryCanceled || role && who != causeRequest:
		return roleTimeout(f.fields['C'])
	case who == causeClock && elapsed < limit-50*time.Millisecond:
		return ownerTimeout()
	case who == causeClock, who == causeUnknown && elapsed >= limit-50*time.Millisecond:
		e := serverTimeout()
		e.SQLSTATE = queryCanceled
		return e
	default:
		e := generalError(reason.AdminCanceled)
		e.StoppedBy, e.SQLSTATE = StoppedByAdmin, queryCanceled
		return e
	}
}

// ownerTimeout is the error for a query that ran into a statement_timeout of the role's or
// the database's, which is lower than what was left of the preview's limit.
func ownerTimeout() *Error {
	e := serverTimeout()
	e.Message = "the database stopped the query at a time limit of the role or the database that is lower than the preview's"
	e.Hint = "filter or aggregate earlier, or ask for a longer statement_timeout of this role"
	e.SQLSTATE = queryCanceled
	return e
}

// aroundStatement is for an error that the author's statement has no part in: what
// a connection sets, or what a server of another version or make does not have.
// It is nil for what can happen to any statement.
func (f *serverFailure) aroundStatement() *Error {
	code := f.fields['C']
	if len(code) != 5 || !slices.Contains([]string{"42", "0A", "22"}, code[:2]) {
		return nil
	}
	var e *Error
	switch {
	case f.part == partRole && code == "42501":
		e = newError(reason.DatabaseLoginFailed, "the login role of this connection may not take the role that its previews run as",
			"grant that role to the login role, or name another one")
	case f.part == partRole:
		e = newError(reason.DatabaseLoginFailed, "the role that previews of this connection run as does not exist in the database",
			"create that role, or name another one")
	case f.part == partSession:
		e = newError(reason.DatabaseLoginFailed, "the database refuses the search_path, the timezone or a variable that this connection sets",
			"check these settings of the connection; the database's own log names the one")
	case code == "42501":
		e = newError(reason.DatabaseLoginFailed, "the role may not call what every preview calls: "+f.part.needs(),
			"grant EXECUTE on these functions of pg_catalog, which PostgreSQL grants to everybody")
	default:
		e = newError(reason.DatabaseLoginFailed, "the database lacks what every preview needs: "+f.part.needs(),
			"previews need PostgreSQL 13 or newer; a fork, or a pooler or proxy in front of it, may lack this")
	}
	e.SQLSTATE = sqlstate.PublicCode(code)
	return e
}

// inCatalogs is for a question of our own that a server cannot answer, since its
// catalogs are of another version or make; nil for other errors. The author has no
// part in it.
func (f *serverFailure) inCatalogs() *Error {
	switch f.fields['C'] {
	case "42883", "42703", "42P01", "42601", "42704", "0A000": // undefined function, column, table; syntax; undefined object; not supported
	default:
		return nil
	}
	e := newError(reason.DatabaseLoginFailed, "the database's catalogs lack what previews read in them",
		"previews need PostgreSQL 13 or newer; a fork of it may lack this")
	e.SQLSTATE = sqlstate.PublicCode(f.fields['C'])
	return e
}

// needs says what a part of the pipeline needs of a server.
func (p part) needs() string {
	switch p {
	case partBegin:
		return "read-only transactions"
	case partSettings, partConfigure:
		return "set_config, current_setting and the settings of PostgreSQL"
	case partCheck:
		return "pg_current_xact_id_if_assigned, current_setting, pg_backend_pid and pg_advisory_unlock_all"
	default:
		return "rollback, pg_advisory_unlock_all and pg_prepared_statement"
	}
}

// serverError returns what the caller may be shown of a failure that the server
// reported.
func serverError(f *serverFailure, sql string, t capabilities, limit, elapsed time.Duration) *Error {
	code := f.fields['C']
	if code == queryCanceled || f.isClock() && (f.beforeStatement() || f.part > partRollback) {
		return f.stoppedError(limit, elapsed)
	}
	if f.part != partStatement && !f.fatal {
		if e := f.aroundStatement(); e != nil {
			return e
		}
	}
	public := sqlstate.Describe(sqlstate.Failure{
		Code: code, Message: f.fields['M'], Hint: f.fields['H'],
		Position:       position(f.fields['P'], sql, t.rawText),
		AnswersParse:   f.part == partStatement && f.stage == stageNone && !f.fatal,
		WithinFunction: f.fields['W'] != "" || f.fields['q'] != "",
	}, sql)
	if public.Reason == reason.DatabaseLoginFailed && !f.fatal {
		// The login went well: the query asked about another database or role.
		public.Reason = reason.SemanticError
		public.Message, public.Hint = sqlstate.General(public.Reason)
	}
	e := newError(public.Reason, public.Message, public.Hint)
	e.SQLSTATE, e.Position = sqlstate.PublicCode(code), public.Position
	if public.Reason == reason.StatementTimeout {
		e.StoppedBy = StoppedByServer
	}
	return e
}

// position reads an error's position, which is a number of characters, or of
// bytes when the server does not know the encoding.
func position(field, sql string, rawText bool) int {
	n := 0
	for _, c := range []byte(field) {
		if c < '0' || c > '9' || n > 1<<30 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	if rawText && n > 0 {
		if n > len(sql) {
			return 0
		}
		return utf8.RuneCountInString(sql[:n-1]) + 1
	}
	return n
}
