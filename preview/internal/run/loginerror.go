package run

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/run/sqlstate"
	"github.com/op-data/sqlpreview/preview/internal/run/wire"
	"github.com/op-data/sqlpreview/preview/reason"
)

// login is one attempt to get a session: every connection that was made for it,
// one after another, with and without TLS and to several hosts.
type login struct{ conns []*wire.Conn }

type loginKey struct{}

// answered reports whether a server sent anything of PostgreSQL's protocol. TLS
// was then set up or not wanted.
func (l *login) answered() bool {
	return slices.ContainsFunc(l.conns, func(c *wire.Conn) bool { return c.Received() > 0 })
}

// ConnectFailure says why the driver could not open a session, for connections that
// this package did not make. Its words hold nothing of the driver's text.
func ConnectFailure(ctx context.Context, err error) *Error { return (&login{}).failed(ctx, err) }

// failed says why there is no session, in words of our own.
func (l *login) failed(ctx context.Context, err error) *Error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return callerGone()
	}
	var known *Error
	if errors.As(err, &known) { // Target.Dial's
		return known
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return loginRefused(refused)
	}
	if e := unsuitable(err); e != nil {
		return e
	}
	e := generalError(reason.DatabaseUnavailable)
	var dns *net.DNSError
	late := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	switch {
	case late:
		e.Message = "the database did not accept the connection in time"
	case l.answered() && ended && !errors.Is(err, wire.ErrProtocol):
		e.Message = "the database closed the connection during the login"
		e.Hint = "look at the log of the database, or of the pooler or proxy in front of it"
	case l.answered():
		e.Message = "what answers at the database's address does not follow PostgreSQL's login protocol"
		e.Hint = "check that host and port lead to PostgreSQL or a pooler for it"
	case strings.Contains(err.Error(), "server refused TLS connection"):
		e.Message = "the database offers no TLS, and the connection asks for it"
		e.Hint = "switch TLS on in the database (ssl = on), or set another sslmode"
	case isTLSError(err):
		e.Message = "no TLS connection to the database could be made"
		e.Hint = "check sslmode, sslrootcert and the server's certificate"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		e.Message = "nothing accepts connections at the database's address"
		e.Hint = "check that the database runs and that host and port of this connection are right"
	case errors.As(err, &dns):
		e.Message = "the name of the database's host cannot be resolved"
		e.Hint = "check the host of this connection"
	case ended:
		e.Message = "the connection to the database was closed before it answered"
		e.Hint = "check that host and port lead to PostgreSQL or a pooler for it"
	}
	return e
}

// loginRefused is for an error that the server reported.
func loginRefused(refused *pgconn.PgError) *Error {
	r := sqlstate.Reason(refused.Code)
	other := r == reason.Internal || r == reason.SemanticError
	if other {
		r = reason.DatabaseUnavailable
	}
	e := generalError(r)
	if other {
		e.Message = "the database cannot give this role a session"
		e.Hint = "look the error up in the database's own log; a setting of the role may be at fault"
	}
	if refused.Code == "28000" { // invalid_authorization_specification
		e.Hint = "check the user, and whether the database's pg_hba.conf lets it in from here, with or without TLS"
	}
	e.SQLSTATE = sqlstate.PublicCode(refused.Code)
	return e
}

// unsuitable is for a server that the connection string rules out, or nil. Trying
// again does not help.
func unsuitable(err error) *Error {
	text := err.Error() // for some causes the driver has no type; its text is not shown
	switch {
	case errors.Is(err, wire.ErrSCRAMIterations):
		return newError(reason.DatabaseLoginFailed, "the database asks for more than 1,000,000 iterations of SCRAM, which would keep this process busy",
			"lower scram_iterations in the database and set the role's password again")
	case strings.Contains(text, "channel binding"):
		return newError(reason.DatabaseLoginFailed, "the connection asks for channel binding, and the database cannot do it",
			"use TLS and a password of scram-sha-256, or set channel_binding=prefer")
	case strings.Contains(text, "authentication method requirement"):
		return newError(reason.DatabaseLoginFailed, "the database asks for a way to log in that the connection's require_auth rules out",
			"check require_auth and the database's pg_hba.conf")
	case strings.Contains(text, "sslcertmode check failed"):
		return newError(reason.DatabaseLoginFailed, "the database did not ask for a client certificate, which sslcertmode=require needs",
			"ask for one in the database's pg_hba.conf (clientcert), or set sslcertmode=allow")
	case errors.Is(err, pgconn.ErrReadOnlyConnection), errors.Is(err, pgconn.ErrReadWriteConnection), errors.Is(err, pgconn.ErrPrimaryConnection),
		errors.Is(err, pgconn.ErrStandbyConnection):
		return newError(reason.DatabaseUnavailable, "no host of the connection is the kind of server that target_session_attrs asks for",
			"check target_session_attrs, and which host is the primary")
	}
	return nil
}

// isTLSError reports whether TLS was why there is no connection. For some causes
// there is no type: then the driver's text decides, which is not shown.
func isTLSError(err error) bool {
	var untrusted *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	return errors.As(err, &untrusted) || errors.As(err, &alert) || errors.As(err, &record) ||
		strings.Contains(err.Error(), "tls error") || strings.Contains(err.Error(), "tls: ")
}
