package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/dsn"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/internal/run/sqlstate"
	"github.com/op-data/sqlpreview/preview/reason"
)

const (
	connectTimeout = 10 * time.Second
	// checkTimeout bounds one question, in the server and here.
	checkTimeout = 10 * time.Second
	maxNames     = 10
	roundTrips   = 5
	// supported is the oldest major version that the PostgreSQL project still mended
	// when this version of the program was made.
	supported = 14
)

// Examine connects and grades the connection. It changes nothing. The error is a
// *preview.Error that holds no host, user or password.
func Examine(ctx context.Context, connection preview.Connection, options Options) (*Report, error) {
	config, err := dsn.ParseWith(connection.DSN.Reveal(), dsn.Certificates{
		Root: connection.Certificates.Root.Reveal(), Certificate: connection.Certificates.Certificate.Reveal(), Key: connection.Certificates.Key.Reveal(),
	})
	if err != nil {
		failed := &preview.Error{Reason: reason.DatabaseLoginFailed, Message: "the connection string cannot be read"}
		var fault *dsn.Error
		if errors.As(err, &fault) {
			failed.Message, failed.Hint = fault.Message, fault.Hint
		}
		return nil, failed
	}
	if connection.Dial != nil {
		config.DialFunc = connection.Dial
	}
	config.RuntimeParams["application_name"] = "sqlpreview doctor"
	config.MaxProtocolMessageBodyLen = maxMessage

	start := time.Now()
	connecting, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := pgconn.ConnectConfig(connecting, config)
	if err != nil {
		return nil, unreachable(connecting, err)
	}
	e := &examination{conn: conn, options: options}
	e.report.Server.Connect = time.Since(start)
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing in the session is needed any more
	if tooOld := run.TooOld(conn); tooOld != nil {
		return nil, public(tooOld)
	}

	if err := e.facts(ctx); err != nil {
		return nil, failure(err)
	}
	if err := e.ask(ctx); err != nil {
		return nil, failure(err)
	}
	e.route()
	e.report.LeastPrivilege = leastPrivilege(e.report.Database, e.schemas, e.open)
	e.report.judge()
	return &e.report, nil
}

// unreachable says why there is no session, as a preview says it.
func unreachable(ctx context.Context, err error) error {
	if errors.Is(err, preview.ErrConnectionInvalid) {
		return failure(err)
	}
	return public(run.ConnectFailure(ctx, err))
}

// public is an error of a run as the caller gets it.
func public(said *run.Error) *preview.Error {
	return &preview.Error{Reason: said.Reason, Message: said.Message, Hint: said.Hint, SQLSTATE: said.SQLSTATE, RetryAfter: said.RetryAfter}
}

// failure says what happened in words of our own.
func failure(err error) error {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		r := sqlstate.Reason(said.Code)
		message, hint := sqlstate.General(r)
		return &preview.Error{Reason: r, Message: message, Hint: hint, SQLSTATE: sqlstate.PublicCode(said.Code)}
	}
	if errors.Is(err, preview.ErrConnectionInvalid) {
		return &preview.Error{
			Reason: reason.DatabaseLoginFailed, Message: "the address of this connection is not one that may be reached from here",
			Hint: "check the host of this connection, or allow its address by targets",
		}
	}
	message, hint := sqlstate.General(reason.DatabaseUnavailable)
	return &preview.Error{Reason: reason.DatabaseUnavailable, Message: message, Hint: hint}
}

type examination struct {
	conn    *pgconn.PgConn
	options Options
	report  Report
	super   bool
	role    string // quoted
	schemas []string
	open    []string // the schemas in which every role may create objects
}

// facts finds out what the checks build on; without it there is no examination.
func (e *examination) facts(ctx context.Context) error {
	rows, err := e.query(ctx, 9, `select current_setting('server_version'), current_setting('server_version_num')::int / 10000,
		getdatabaseencoding(), pg_is_in_recovery(), pg_backend_pid(), current_user, quote_ident(current_user), current_database(),
		(select rolsuper from pg_roles where rolname = current_user)`)
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return errAnswer
	}
	row := rows[0]
	s := &e.report.Server
	s.Version, s.Encoding, s.Standby = printable(row[0]), printable(row[2]), row[3] == "t"
	// A pooler answers with a process id of its own, since the server behind it
	// may change.
	s.Pooled = row[4] != fmt.Sprint(e.conn.PID())
	e.report.Role, e.role, e.report.Database = printable(row[5]), row[6], row[7]
	e.super = row[8] == "t"
	e.report.Findings = append(e.report.Findings, versionFindings(s.Version, row[1])...)

	if rows, err = e.query(ctx, 1, `select distinct quote_ident(n.nspname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'p', 'v', 'm', 'f') and`+userObject+`and has_schema_privilege(n.oid, 'USAGE')
		and has_any_column_privilege(c.oid, 'SELECT') order by 1`); err != nil {
		return err
	}
	for _, row := range rows {
		e.schemas = append(e.schemas, row[0])
	}
	if rows, err = e.query(ctx, 1, `select quote_ident(n.nspname) from pg_namespace n, aclexplode(n.nspacl) a
		where a.grantee = 0 and a.privilege_type = 'CREATE' order by 1`); err != nil {
		return err
	}
	for _, row := range rows {
		e.open = append(e.open, row[0])
	}
	return e.latency(ctx)
}

func (e *examination) latency(ctx context.Context) error {
	var times []time.Duration
	for range roundTrips {
		start := time.Now()
		if _, err := e.read(ctx, 1, "select 1"); err != nil {
			return err
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	e.report.Server.Latency = times[len(times)/2]
	return nil
}

// versionFindings judges a server's version, given as its text and its major number.
// One that is too old for previews never comes here.
func versionFindings(version, major string) []Finding {
	number, err := strconv.Atoi(major)
	switch {
	case err != nil:
		return []Finding{{
			Check: "version", Severity: Warning, Message: "the server's version could not be read, so it may lack what previews need",
			Advice: "Try a preview of this connection.",
		}}
	case number < supported:
		return []Finding{{
			Check: "version", Severity: Advice, Message: fmt.Sprintf("PostgreSQL %s gets no more security fixes; previews work", version),
			Advice: fmt.Sprintf("Upgrade the server to PostgreSQL %d or newer.", supported),
		}}
	}
	return nil
}

// ask puts every question. One that fails is a finding: what could not be seen
// is not good.
func (e *examination) ask(ctx context.Context) error {
	for _, c := range checks {
		if e.super && !c.evenSuper {
			continue
		}
		rows, err := e.query(ctx, 1, c.query)
		if err != nil && (e.conn.IsClosed() || ctx.Err() != nil) {
			return err
		}
		switch {
		case err != nil:
			e.add(Finding{Check: c.id, Severity: Warning, Message: "this could not be examined: the server did not answer the question (" + failure(err).(*preview.Error).SQLSTATE + ")"}) //nolint:forcetypeassert,errorlint // failure returns nothing else
		case len(rows) > 0:
			e.add(e.finding(c, rows))
		}
	}
	return nil
}

func (e *examination) add(f Finding) { e.report.Findings = append(e.report.Findings, f) }

func (e *examination) finding(c check, rows [][]string) Finding {
	f := Finding{Check: c.id, Severity: c.severity, Message: c.message, Advice: c.advice, Count: len(rows)}
	var remedies []string
	for _, row := range rows[:min(maxNames, len(rows))] {
		name := row[0]
		f.Names = append(f.Names, printable(name))
		// A name that could steer a terminal is not put into SQL to be copied.
		if c.remedy != "" && printable(name) == name && printable(e.role) == e.role {
			remedies = append(remedies, strings.NewReplacer("{role}", e.role, "{name}", name).Replace(c.remedy))
		}
	}
	if !e.options.Dedicated {
		return f
	}
	f.Remedy = strings.Join(slices.Compact(remedies), "\n")
	if left := len(rows) - maxNames; left > 0 && strings.Contains(c.remedy, "{name}") {
		f.Remedy += fmt.Sprintf("\n-- and %d more", left)
	}
	return f
}

// route judges the way to the server.
func (e *examination) route() {
	s := &e.report.Server
	secured, encrypted := e.conn.Conn().(*tls.Conn)
	s.Encrypted = encrypted
	s.Local = true
	if address, ok := e.conn.Conn().RemoteAddr().(*net.TCPAddr); ok {
		s.Local = address.IP.IsLoopback()
	}
	switch {
	case s.Local:
	case !encrypted:
		e.add(Finding{
			Check: "no-encryption", Severity: Serious, Message: "the connection leaves this machine without TLS: the password's proof and all rows can be read on the way",
			Advice: "Add sslmode=verify-full to the connection string.",
		})
	case len(secured.ConnectionState().VerifiedChains) == 0:
		e.add(Finding{
			Check: "server-not-verified", Severity: Advice, Message: "TLS is used, and the server's name is not verified, so another server in between could take its place",
			Advice: "Add sslmode=verify-full to the connection string.",
		})
	}
	if s.Pooled {
		e.add(Finding{
			Check: "pooler", Severity: Note, Message: "a pooler stands in between; previews work through transaction pooling, since each is one transaction in one round trip",
		})
	}
	if s.Standby {
		e.add(Finding{Check: "standby", Severity: Note, Message: "the server is a read replica, which no statement can write to"})
	}
}

// printable replaces what could steer a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// leastPrivilege is a script that makes a role for previews. open are the schemas
// in which every role may create objects; what others may do is not changed.
func leastPrivilege(database string, schemas, open []string) string {
	if len(schemas) == 0 {
		schemas = []string{"public"}
	}
	var sql strings.Builder
	fmt.Fprintf(&sql, `create role sqlpreview login connection limit 10 noinherit
  nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
alter role sqlpreview set default_transaction_read_only = on;
grant connect on database %s to sqlpreview;
`, quoteIdentifier(database))
	sql.WriteString("-- Better than all tables of a schema: those that may be previewed.\n")
	for _, schema := range schemas {
		if printable(schema) != schema {
			continue
		}
		fmt.Fprintf(&sql, "grant usage on schema %s to sqlpreview;\n", schema)
		fmt.Fprintf(&sql, "grant select on all tables in schema %s to sqlpreview;\n", schema)
	}
	for _, schema := range open {
		if printable(schema) == schema {
			fmt.Fprintf(&sql, "-- Every role may create objects in schema %[1]s. If no application relies on that:\n--   revoke create on schema %[1]s from public;\n", schema)
		}
	}
	return sql.String()
}

func quoteIdentifier(name string) string {
	return `"` + strings.ReplaceAll(printable(name), `"`, `""`) + `"`
}
