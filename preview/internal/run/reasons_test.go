package run_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestServersReasons brings a real server to refuse for every reason that it
// can be brought to.
func TestServersReasons(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true, Settings: map[string]string{"max_stack_depth": "100kB", "temp_file_limit": "10MB"}})
	to := run.Target{ID: "r", DSN: server.DSN()}
	for _, sql := range []string{
		"create table locked (a int)", "create table hidden (a int)",
		"create role poor login", "create role limited login connection limit 0", "create role out nologin",
		"create database closed_db", "revoke connect on database closed_db from public",
		"create function conflict() returns int language plpgsql stable as $$ begin raise sqlstate '40001'; end $$",
	} {
		admin(t, to.DSN, sql)
	}
	pools := newPools(t, run.Limits{})
	lock, err := pgconn.Connect(t.Context(), to.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close(context.Background()) // a test's
	if _, err := lock.Exec(t.Context(), "begin; lock table locked in access exclusive mode").ReadAll(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		dsn, sql, state string
		want            reason.Reason
	}{
		{"", "select * from locked", "55P03", reason.LockTimeout},
		{server.DSNFor("poor", "postgres"), "select * from hidden", "42501", reason.InsufficientPrivilege},
		{server.DSNFor("poor", "closed_db"), "select 1", "42501", reason.InsufficientPrivilege},
		{server.DSNFor("limited", "postgres"), "select 1", "53300", reason.DatabaseBusy},
		{server.DSNFor("out", "postgres"), "select 1", "28000", reason.DatabaseLoginFailed},
		{server.DSNFor("nobody", "postgres"), "select 1", "28000", reason.DatabaseLoginFailed},
		{server.DSNFor("postgres", "nowhere"), "select 1", "3D000", reason.DatabaseLoginFailed},
		{server.DSNFor("poor", "postgres"), "select a, count(*) over (order by md5(a::text)) from generate_series(1, 2000000) a order by 2 desc", "53400", reason.DatabaseBusy},
		{"", "select 1" + strings.Repeat("+1", 4000), "54001", reason.QueryTooComplex},
		{"", "select conflict()", "40001", reason.Conflict},
		{"", "with w as (insert into hidden values (1) returning a) select a from w", "25006", reason.ReadOnlyViolation},
		{"", "select 1; select 2", "42601", reason.SQLSyntaxError},
		{"", "copy hidden to stdout", "", reason.DatabaseUnavailable},
		{"", "", "", reason.DatabaseUnavailable},
		{"", "listen x", "", reason.DatabaseUnavailable},
		{"", "commit", "", reason.DatabaseUnavailable},
	} {
		target := to
		if test.dsn != "" {
			target = run.Target{ID: test.dsn, DSN: test.dsn}
		}
		_, err := pools.Run(t.Context(), target, run.Query{SQL: test.sql, Timeout: 8 * time.Second})
		if err == nil {
			t.Errorf("%.60s: no error, want %s", test.sql, test.want)
			continue
		}
		if e := asError(t, err); e.Reason != test.want || e.SQLSTATE != test.state || e.Message == "" {
			t.Errorf("%.60s: the answer is %s (%s) %s, want %s (%s)", test.sql, e.Reason, e.SQLSTATE, e.Message, test.want, test.state)
		}
		if e := asError(t, err); e.Reason.Retryable() != (e.RetryAfter > 0) {
			t.Errorf("%.60s: %s, retry after %v", test.sql, e.Reason, e.RetryAfter)
		}
		mustRun(t, pools, to, "select 1")
	}
}

// TestStandby: a hot standby takes previews like a primary.
func TestStandby(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	if server.SocketDir() == "" {
		t.Skip("the server is not ours")
	}
	admin(t, server.DSN(), "create table kept (a int); insert into kept values (7)")
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(server.SocketDir(), "data", "standby.signal"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	pools := newPools(t, run.Limits{})
	to := run.Target{ID: "standby", DSN: server.DSN()}
	for range 3 {
		result := mustRun(t, pools, to, "select a, pg_is_in_recovery() from kept")
		if text(result, 0, 0) != "7" || text(result, 0, 1) != "t" {
			t.Errorf("got %s, in recovery %s", text(result, 0, 0), text(result, 0, 1))
		}
	}
}
