package run

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/dsn"
	"github.com/op-data/sqlpreview/preview/internal/run/sqlstate"
	"github.com/op-data/sqlpreview/preview/internal/run/wire"
	"github.com/op-data/sqlpreview/preview/reason"
)

// applicationName is what the database's administrator sees in
// pg_stat_activity, unless the connection string names another.
const applicationName = "sqlpreview"

// maxStartMessage bounds what the driver holds of one message while it logs in.
const maxStartMessage = 64 << 10

// parseDSN prepares the driver.
func parseDSN(t Target) (*pgconn.Config, *Error) {
	config, err := dsn.Parse(t.DSN)
	var fault *dsn.Error
	switch {
	case errors.As(err, &fault):
		return nil, newError(reason.DatabaseLoginFailed, fault.Message, fault.Hint)
	case err != nil:
		return nil, generalError(reason.DatabaseLoginFailed)
	}
	if _, ok := config.RuntimeParams["application_name"]; !ok {
		config.RuntimeParams["application_name"] = applicationName
	}
	config.MaxProtocolMessageBodyLen = maxStartMessage
	config.OnNotice = nil
	config.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) {
		return wire.NewConn(conn), nil
	}
	config.DialFunc = t.Dial
	if config.DialFunc == nil {
		keepAlive := net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}
		config.DialFunc = (&net.Dialer{KeepAliveConfig: keepAlive}).DialContext
	}
	return config, nil
}

// dial logs in. ctx bounds it.
func dial(ctx context.Context, config *pgconn.Config, idle time.Duration) (*session, *Error) {
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, connectError(ctx, err)
	}
	// Where writing took long, the driver has begun to read in the background,
	// and would take the first answers of ours.
	if err := pg.SyncConn(ctx); err != nil {
		_ = pg.Conn().Close() // nothing has been asked on it
		return nil, connectError(ctx, err)
	}
	conn, ok := pg.Conn().(*wire.Conn)
	if !ok {
		return nil, generalError(reason.Internal)
	}
	return &session{
		pg: pg, conn: conn, reader: wire.NewReader(conn), created: time.Now(),
		capabilities: capabilities{
			version: majorVersion(pg.ParameterStatus("server_version")),
			rawText: pg.ParameterStatus("server_encoding") == "SQL_ASCII",
			idle:    idle + lostAfter,
		},
	}, nil
}

// majorVersion reads "17.2 (Debian 17.2-1)" or "18beta1" as 17 and 18.
func majorVersion(version string) int {
	end := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(version)
	}
	major, err := strconv.Atoi(version[:end])
	if err != nil {
		return 0
	}
	return major
}

// connectError tells why there is no session, in words of our own.
func connectError(ctx context.Context, err error) *Error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return callerGone()
	}
	var said *Error
	if errors.As(err, &said) { // by Target.Dial
		return said
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
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
		e.SQLSTATE = sqlstate.Tellable(refused.Code)
		return e
	}
	e := generalError(reason.DatabaseUnavailable)
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		e.Message = "nothing accepts connections at the database's address"
		e.Hint = "check that the database runs and that host and port of this connection are right"
	case errors.As(err, &dns):
		e.Message = "the name of the database's host cannot be resolved"
		e.Hint = "check the host of this connection"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		e.Message = "the database did not accept the connection in time"
	case isTLSError(err):
		e.Message = "no TLS connection to the database could be made"
		e.Hint = "check sslmode, sslrootcert and the server's certificate"
	}
	return e
}

// isTLSError tells whether TLS was why there is no connection. For some causes
// there is no type: then the driver's text decides, which is not told.
func isTLSError(err error) bool {
	var untrusted *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	return errors.As(err, &untrusted) || errors.As(err, &alert) || errors.As(err, &record) ||
		strings.Contains(err.Error(), "tls error") || strings.Contains(err.Error(), "tls: ")
}
