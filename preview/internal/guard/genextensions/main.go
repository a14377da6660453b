// Command genextensions looks for functions of extensions that run a text which
// they are given as SQL, although they are declared IMMUTABLE or STABLE.
//
//	go run ./preview/internal/guard/genextensions [EXTENSION ...]
//
// It starts a throw-away PostgreSQL, and in a database of its own makes each
// extension that the server ships, or those that are named. Every function that is
// not VOLATILE and has a textual argument is called with a canary in all of them, in
// several disguises. Where the canary turns up in a statement that the server runs
// below the call (auto_explain tells, and the error of one that does not parse), the
// function is a finding. So is any that ends the server when its arguments are NULL or
// values of their types, and a type whose input does for a malformed literal. It prints a
// line for each extension and each finding; what is found belongs into ../extensions.
//
// Debian packages more extensions for some versions than a machine has installed:
// debian-root beside this file makes a Debian root with all of them and sweeps there.
//
// What it cannot see: text that is run only for arguments of a special form, such as
// the name of an existing table, and functions that were never reached, which it
// counts.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/dsn"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "genextensions:", err)
		os.Exit(1)
	}
}

// preloaded are the libraries of extensions that cannot be made otherwise, in an order
// in which they load.
var preloaded = []string{
	"pg_stat_statements", "pg_stat_kcache", "pg_cron", "pglogical", "pgaudit", "pgnodemx", "pg_squeeze", "pgautofailover", "timescaledb",
}

// cronDatabase is the one database in which pg_cron can be made.
const cronDatabase = "swept_cron"

func run(extensions []string, out io.Writer) (err error) {
	ctx := context.Background()
	settings := map[string]string{
		"shared_preload_libraries": "auto_explain", "auto_explain.log_min_duration": "0",
		"auto_explain.log_nested_statements": "on", "auto_explain.log_level": "notice",
		"auto_explain.log_parameter_max_length": "0", // a parameter is not run; before 16 the setting is unknown and ignored
		"timescaledb.telemetry_level":           "off",
		"pgnodemx.kdapi_enabled":                "off", "pgnodemx.cgroup_enabled": "off",
	}
	if settings["shared_preload_libraries"], err = libraries(ctx, settings); err != nil {
		return err
	}
	settings["cron.database_name"], settings["cron.use_background_workers"] = cronDatabase, "on"
	server, err := pgtest.New(ctx, pgtest.Options{Settings: settings})
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	s := &sweep{server: server, out: out}
	if err := s.version(ctx); err != nil {
		return err
	}
	if len(extensions) == 0 {
		if extensions, err = s.shipped(ctx); err != nil {
			return err
		}
	}
	for i, extension := range extensions {
		database := fmt.Sprintf("swept%d", i)
		if extension == "pg_cron" {
			database = cronDatabase
		}
		if err := s.extension(ctx, database, extension); err != nil {
			fmt.Fprintf(out, "%s: not swept: %v\n", extension, err)
		}
	}
	return nil
}

type sweep struct {
	server *pgtest.Server
	out    io.Writer
	conn   *pgconn.PgConn
	// database is the one that conn is connected to.
	database string
	// nested are the statements that ran below the last one.
	nested []string
}

func (s *sweep) connect(ctx context.Context, database string) error {
	config, err := dsn.Parse(s.server.DSN())
	if err != nil {
		return err
	}
	config.Database = database
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		s.nested = append(s.nested, n.Message, n.InternalQuery, n.Where)
	}
	s.database = database
	s.conn, err = pgconn.ConnectConfig(ctx, config)
	return err
}

func (s *sweep) rows(ctx context.Context, sql string) ([][]string, error) {
	result := s.conn.ExecParams(ctx, sql, nil, nil, nil, nil).Read()
	rows := make([][]string, len(result.Rows))
	for i, row := range result.Rows {
		for _, cell := range row {
			rows[i] = append(rows[i], string(cell))
		}
	}
	return rows, result.Err
}

func (s *sweep) exec(ctx context.Context, sql string) error {
	return s.conn.Exec(ctx, sql).Close()
}

// version prints the server's.
func (s *sweep) version(ctx context.Context) error {
	if err := s.connect(ctx, "postgres"); err != nil {
		return err
	}
	defer func() { _ = s.conn.Close(ctx) }()
	rows, err := s.rows(ctx, "show server_version")
	if err == nil {
		fmt.Fprintf(s.out, "PostgreSQL %s\n", rows[0][0])
	}
	return err
}

func (s *sweep) shipped(ctx context.Context) ([]string, error) {
	if err := s.connect(ctx, "postgres"); err != nil {
		return nil, err
	}
	defer func() { _ = s.conn.Close(ctx) }()
	rows, err := s.rows(ctx, "select name from pg_available_extensions order by name")
	names := make([]string, 0, len(rows))
	for _, row := range rows {
		names = append(names, row[0])
	}
	return names, err
}

// libraries lists what is to be preloaded: those of preloaded that the server ships.
func libraries(ctx context.Context, settings map[string]string) (list string, err error) {
	server, err := pgtest.New(ctx, pgtest.Options{Settings: settings})
	if err != nil {
		return "", fmt.Errorf("start PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	s := &sweep{server: server}
	shipped, err := s.shipped(ctx)
	list = settings["shared_preload_libraries"]
	for _, library := range preloaded {
		if slices.Contains(shipped, library) {
			list += "," + library
		}
	}
	return list, err
}

// extension sweeps one extension in a database of its own.
func (s *sweep) extension(ctx context.Context, database, name string) error {
	if err := s.connect(ctx, "postgres"); err != nil {
		return err
	}
	err := s.exec(ctx, "create database "+database)
	_ = s.conn.Close(ctx)
	if err != nil {
		return err
	}
	if err := s.connect(ctx, database); err != nil {
		return err
	}
	defer func() { _ = s.conn.Close(ctx) }()
	if err := s.exec(ctx, `create extension "`+name+`" cascade`); err != nil {
		return err
	}
	if err := s.exec(ctx, "alter database "+database+" set statement_timeout = '2s'; set statement_timeout = '2s'"); err != nil {
		return err
	}
	if err := s.exec(ctx, "checkpoint"); err != nil { // a function may crash the server
		return err
	}
	functions, err := s.functions(ctx, name)
	if err != nil {
		return err
	}
	total, reached, found := 0, 0, 0
	for _, f := range functions {
		for call, arguments := range map[string]string{f.withNulls(): "NULLs", f.statement("1"): "values"} {
			ended, err := s.ends(ctx, "begin read only; "+call)
			if err != nil {
				return err
			}
			if ended {
				fmt.Fprintf(s.out, "%s: ENDED the server: %s of %s\n", name, f.signature(), arguments)
			}
		}
		if !f.textual() {
			continue
		}
		total++
		got, err := s.call(ctx, f)
		if err != nil {
			return err
		}
		if got.ends != "" {
			fmt.Fprintf(s.out, "%s: ENDED the server: %s of %s\n", name, f.signature(), got.ends)
		}
		if got.reached {
			reached++
		}
		if got.below != "" {
			found++
			fmt.Fprintf(s.out, "%s: FOUND %s runs: %.160s\n", name, f.signature(), strings.Join(strings.Fields(got.below), " "))
		}
	}
	version, err := s.rows(ctx, "select extversion from pg_extension where extname = '"+name+"'")
	if err != nil || len(version) == 0 {
		return err
	}
	fmt.Fprintf(s.out, "%s %s: %d functions that are not VOLATILE, %d with a textual argument, %d reached, %d found\n",
		name, version[0][0], len(functions), total, reached, found)
	return nil
}

// reconnect waits for a server that a function has made end its sessions.
func (s *sweep) reconnect(ctx context.Context) error {
	_ = s.conn.Close(ctx)
	var err error
	for range 150 {
		if err = s.connect(ctx, s.database); err == nil {
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return err
}

// rollBack reports whether the session could still do that.
func (s *sweep) rollBack(ctx context.Context) bool {
	ending, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return !s.conn.IsClosed() && s.exec(ending, "rollback") == nil
}

// ends runs a statement and reports whether it ends the session, twice: the session that
// follows a first end may still belong to the server that goes down.
func (s *sweep) ends(ctx context.Context, sql string) (bool, error) {
	for range 2 {
		calling, cancel := context.WithTimeout(ctx, 10*time.Second)
		_ = s.exec(calling, sql)
		cancel()
		if s.rollBack(ctx) {
			return false, nil
		}
		if err := s.reconnect(ctx); err != nil {
			return true, err
		}
	}
	return true, nil
}

// outcome is what calls of one function showed.
type outcome struct {
	reached bool
	below   string // the statement below the call that has the canary in it
	ends    string // the canary that ended the server
}

// disguises are texts that break out of the ways in which dynamic SQL is written.
var disguises = []string{`canary(`, `canary("`, `canary(''`, `canary"`, `select canary(`}

func (s *sweep) call(ctx context.Context, f function) (outcome, error) {
	var got outcome
	for _, disguise := range disguises {
		s.nested = nil
		sql := f.statement(disguise)
		err := s.exec(ctx, "begin read only; "+sql)
		var failed *pgconn.PgError
		if errors.As(err, &failed) {
			s.nested = append(s.nested, failed.InternalQuery, failed.Where)
		}
		got.reached = got.reached || err == nil || failed != nil && !strings.HasPrefix(failed.Code, "42883")
		for _, statement := range s.nested {
			if strings.Contains(statement, "canary") && !strings.Contains(statement, sql) && runsAsSQL(statement) {
				got.below = statement
			}
		}
		if !s.rollBack(ctx) {
			if err := s.reconnect(ctx); err != nil {
				return got, err
			}
			ended, err := s.ends(ctx, "begin read only; "+sql)
			if err != nil {
				return got, err
			}
			if ended {
				got.ends = disguise
				return got, nil
			}
		}
		if got.below != "" {
			return got, nil
		}
	}
	return got, nil
}

// runsAsSQL tells a statement from a message that quotes its argument: the canary
// must stand outside the quotes of a literal or, in a dynamic statement, break them.
func runsAsSQL(statement string) bool {
	before, _, _ := strings.Cut(statement, "canary")
	return strings.Count(before, "'")%2 == 0 && strings.Contains(strings.ToLower(before), "select") || strings.HasPrefix(strings.TrimSpace(statement), "canary")
}
