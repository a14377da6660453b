package run_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestOwnerLimitsStay: of the limits that the role, the database, the connection
// string and the request have, the lowest is in force while the query runs, in
// the first pipelines of a session and in later ones.
func TestOwnerLimitsStay(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{})
	root := server.DSN()
	for _, sql := range []string{
		"create database limited_db", "alter database limited_db set statement_timeout = '4s'", "alter database limited_db set lock_timeout = '2500ms'",
		"create role strict login", "alter role strict set statement_timeout = '3s'", "alter role strict set lock_timeout = '1ms'",
		"alter role strict set idle_in_transaction_session_timeout = '2s'", "alter role strict set work_mem = '64kB'", "alter role strict set temp_file_limit = '1MB'",
		"create role lax login", "alter role lax set statement_timeout = '1d'", "alter role lax set lock_timeout = '1h'", "alter role lax set idle_in_transaction_session_timeout = '30min'",
		"create role unlimited login", "alter role unlimited set statement_timeout = 0", "alter role unlimited set lock_timeout = 0",
		"create role styled login", "alter role styled set statement_timeout = '2min'", "alter role styled set intervalstyle = 'sql_standard'", "alter role styled set lock_timeout = '999ms'",
	} {
		admin(t, root, sql)
	}
	const sql = `select current_setting('statement_timeout')::interval, current_setting('lock_timeout'),
		current_setting('idle_in_transaction_session_timeout'), current_setting('work_mem'), current_setting('temp_file_limit')`
	workMem, files := admin(t, root, "show work_mem"), admin(t, root, "show temp_file_limit")
	for _, test := range []struct {
		name, dsn string
		timeout   time.Duration
		ours      bool // the request's own limit is the lowest
		statement string
		want      string
	}{
		{"role", server.DSNFor("strict", "postgres"), 0, false, "00:00:03", "1ms 2s 64kB 1MB"},
		{"role and database", server.DSNFor("strict", "limited_db"), 0, false, "00:00:03", "1ms 2s 64kB 1MB"},
		{"database", server.DSNFor("lax", "limited_db") + " options='-c statement_timeout=4s'", 0, false, "00:00:04", "3s 5s " + workMem + " " + files},
		{"database alone", server.DSNFor("postgres", "limited_db"), 0, false, "00:00:04", "2500ms 5s " + workMem + " " + files},
		{"connection string", server.DSNFor("unlimited", "postgres") + " options='-c statement_timeout=1min -c lock_timeout=7'", 0, true, "", "7ms 5s " + workMem + " " + files},
		{"higher ones", server.DSNFor("lax", "postgres"), 0, true, "", "3s 5s " + workMem + " " + files},
		{"none", server.DSNFor("unlimited", "postgres"), 0, true, "", "3s 5s " + workMem + " " + files},
		{"units", server.DSNFor("styled", "postgres"), 0, true, "", "999ms 5s " + workMem + " " + files},
		{"request", server.DSNFor("strict", "postgres"), 2 * time.Second, true, "", "1ms 2s 64kB 1MB"},
	} {
		pools := newPools(t, run.Limits{})
		for i := range 4 {
			limit := run.HardTimeout
			if test.timeout > 0 {
				limit = test.timeout
			}
			result, err := pools.Run(t.Context(), run.Target{ID: test.name, DSN: test.dsn}, run.Query{SQL: sql, Timeout: limit})
			if err != nil {
				t.Fatalf("%s, %d: %v", test.name, i, err)
			}
			got := text(result, 0, 0)
			clock, err := time.Parse("15:04:05.999999", got)
			if err != nil {
				t.Fatal(err)
			}
			left := clock.Sub(clock.Truncate(24 * time.Hour))
			if !test.ours && got != test.statement || test.ours && (left > limit || left <= 0) {
				t.Errorf("%s, %d: statement_timeout is %s", test.name, i, got)
			}
			rest := strings.Join([]string{text(result, 0, 1), text(result, 0, 2), text(result, 0, 3), text(result, 0, 4)}, " ")
			if rest != test.want {
				t.Errorf("%s, %d: the other limits are %s, want %s", test.name, i, rest, test.want)
			}
		}
	}
}

// TestOwnerLimitStops: a query that runs into the role's own limit is told so.
func TestOwnerLimitStops(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{})
	admin(t, server.DSN(), "create role brief login; alter role brief set statement_timeout = '500ms'")
	pools := newPools(t, run.Limits{})
	to := run.Target{ID: "brief", DSN: server.DSNFor("brief", "postgres")}
	if version, err := strconv.Atoi(admin(t, server.DSN(), "show server_version_num")); err != nil || version >= 170000 {
		admin(t, server.DSN(), "create role short_transactions login; alter role short_transactions set transaction_timeout = '500ms'")
		_, err := pools.Run(t.Context(), run.Target{ID: "17", DSN: server.DSNFor("short_transactions", "postgres")}, run.Query{SQL: "select pg_sleep(9)"})
		if e := asError(t, err); e.Reason != reason.StatementTimeout || e.SQLSTATE != "25P04" {
			t.Errorf("transaction_timeout: %s (%s): %s", e.Reason, e.SQLSTATE, e.Message)
		}
		admin(t, server.DSN(), "create role long_transactions login; alter role long_transactions set transaction_timeout = '1h'")
		result := mustRun(t, pools, run.Target{ID: "1h", DSN: server.DSNFor("long_transactions", "postgres")}, "select current_setting('transaction_timeout')")
		if got := text(result, 0, 0); got != "11s" {
			t.Errorf("a role's long transaction_timeout stays at %s", got)
		}
	}
	for i := range 4 {
		_, err := pools.Run(t.Context(), to, run.Query{SQL: "select pg_sleep(9)"})
		e := asError(t, err)
		if e.Reason != reason.StatementTimeout || e.StoppedBy != run.StoppedByServer || e.SQLSTATE != "57014" || !strings.Contains(e.Hint, "statement_timeout") {
			t.Errorf("%d: %s by %q (%s): %s; %s", i, e.Reason, e.StoppedBy, e.SQLSTATE, e.Message, e.Hint)
		}
		mustRun(t, pools, to, "select 1")
	}
}
