package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/dsn"
	"github.com/op-data/sqlpreview/preview/internal/run/wire"
	"github.com/op-data/sqlpreview/preview/reason"
)

// applicationName is what the database's administrator sees in
// pg_stat_activity, unless the connection string names another.
const applicationName = "sqlpreview"

// oldestVersion is the first major version that has everything that pipelines use
// (pg_current_xact_id_if_assigned).
const oldestVersion = 13

// maxStartMessage bounds what the driver holds of one message while it logs in.
const maxStartMessage = 64 << 10

// parseDSN prepares the driver.
func parseDSN(t Target) (*pgconn.Config, *Error) {
	config, err := dsn.ParseWith(t.DSN, t.Certificates)
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
	config.AfterNetConnect = func(ctx context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) {
		wrapped := wire.NewConn(conn)
		if l, ok := ctx.Value(loginKey{}).(*login); ok {
			l.conns = append(l.conns, wrapped)
		}
		return wrapped, nil
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
	var l login
	pg, err := pgconn.ConnectConfig(context.WithValue(ctx, loginKey{}, &l), config)
	if err != nil {
		return nil, l.failed(ctx, err)
	}
	// Where writing took long, the driver has begun to read in the background,
	// and would take the first answers to our questions.
	if err := pg.SyncConn(ctx); err != nil {
		_ = pg.Conn().Close() // nothing has been asked on it
		return nil, l.failed(ctx, err)
	}
	conn, ok := pg.Conn().(*wire.Conn)
	if !ok {
		return nil, generalError(reason.Internal)
	}
	version := majorVersion(pg.ParameterStatus("server_version"))
	if tooOld := TooOld(pg); tooOld != nil {
		_ = pg.Conn().Close() // nothing has been asked on it
		return nil, tooOld
	}
	return &session{
		pg: pg, conn: conn, reader: wire.NewReader(conn), created: time.Now(),
		capabilities: capabilities{
			version: version,
			rawText: pg.ParameterStatus("server_encoding") == "SQL_ASCII",
			idle:    idle + lostAfter,
		},
	}, nil
}

// TooOld returns the error for a server that lacks what previews need, nil for others.
// It reads the version that the server sent when the session began and asks nothing.
func TooOld(pg *pgconn.PgConn) *Error {
	version := majorVersion(pg.ParameterStatus("server_version"))
	if version == 0 || version >= oldestVersion {
		return nil
	}
	return newError(reason.DatabaseLoginFailed, fmt.Sprintf("the database is PostgreSQL %d, and previews need %d or newer", version, oldestVersion),
		"preview a newer server, for instance a replica that was upgraded")
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
