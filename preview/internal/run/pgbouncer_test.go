package run_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// pgbouncer starts a real PgBouncer before a server and returns the connection
// string of a database through it. The mode is "transaction" or "session".
func pgbouncer(t *testing.T, server *pgtest.Server, database, mode string, poolSize int) string {
	t.Helper()
	return startPooler(t, server, database, poolerProgram{
		name: "pgbouncer", install: "Debian, Ubuntu: apt-get install pgbouncer; macOS: brew install pgbouncer",
		files: map[string]string{"pgbouncer.ini": fmt.Sprintf(`[databases]
%s = host=SERVER port=5432 user=postgres
[pgbouncer]
listen_port = 6432
listen_addr =
unix_socket_dir = DIR
auth_type = any
pool_mode = %s
default_pool_size = %d
server_login_retry = 1
`, database, mode, poolSize)},
		arguments: []string{"DIR/pgbouncer.ini"}, port: 6432, stop: syscall.SIGTERM,
	})
}

func TestPgBouncer(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	database, drop, err := server.CreateDatabase(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Error(err)
		}
	})
	direct := server.DSNFor("postgres", database)
	dsn := pgbouncer(t, server, database, "transaction", 2)
	to := run.Target{ID: "b", DSN: dsn}
	pools := newPools(t, run.Limits{Queue: 1000, QueueWait: 10 * time.Second})

	// Another client of the same pooler, whose session state is its own.
	other, err := pgconn.Connect(t.Context(), dsn+" application_name=other")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(t.Context()) // a test's
	ask := func(sql string) string {
		t.Helper()
		results, err := other.Exec(t.Context(), sql).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return string(results[0].Rows[0][0])
	}
	const settingsSQL = "select concat_ws(',', current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('client_min_messages'), current_setting('datestyle'), current_setting('intervalstyle'), current_setting('extra_float_digits'), current_setting('bytea_output'), current_setting('client_encoding'), current_setting('standard_conforming_strings'), current_setting('transaction_read_only'), current_setting('search_path'), current_setting('idle_in_transaction_session_timeout'), current_setting('client_connection_check_interval', true))"
	clean := ask(settingsSQL)

	const n = 200
	var wait sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[reason.Reason]int{}
	for i := range n {
		wait.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			query := run.Query{SQL: wrapped("select * from orders order by id"), Timeout: 9 * time.Second}
			switch i % 8 {
			case 1:
				query.SQL = "select nope from orders"
			case 2:
				query.SQL = "select 1 / (id - id) from orders"
			case 3:
				query.SQL, query.Timeout = longQuery, 300*time.Millisecond
			case 4:
				query.SQL = longQuery
				time.AfterFunc(time.Duration(rand.IntN(300))*time.Millisecond, cancel)
			case 5:
				query.SQL = "select pg_advisory_lock(g) from generate_series(1, 50) g"
			case 6:
				query.SQL = "select current_setting('statement_timeout') <> '0' and current_setting('transaction_read_only') = 'on' and current_setting('standard_conforming_strings') = 'on'"
			}
			result, err := pools.Run(ctx, to, query)
			mu.Lock()
			defer mu.Unlock()
			var e *run.Error
			switch {
			case errors.As(err, &e):
				outcomes[e.Reason]++
			case i%8 == 6 && text(result, 0, 0) != "t":
				t.Error("a pipeline ran without its settings")
			case i%8 == 0 && (len(result.Rows) != 100 || text(result, 99, 0) != "100"):
				t.Error("a pipeline has another one's rows")
			default:
				outcomes["rows"]++
			}
		})
	}
	wait.Wait()
	t.Logf("%d previews through PgBouncer: %v", n, outcomes)
	for r := range outcomes {
		switch r {
		case "rows", reason.UndefinedObject, reason.DataException, reason.StatementTimeout, reason.ClientCanceled, reason.ConcurrencyLimit:
		default:
			t.Errorf("a preview was answered %s", r)
		}
	}
	// Nothing of ours runs, is locked or is set on the pooler's own sessions.
	for deadline := time.Now().Add(20 * time.Second); ; {
		if admin(t, direct, "select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()") == "0" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("20 s later a query of ours runs")
		}
	}
	if got := admin(t, direct, "select count(*) from pg_locks where locktype = 'advisory'"); got != "0" {
		t.Errorf("%s advisory locks stay", got)
	}
	for range 20 {
		if got := ask(settingsSQL); got != clean {
			t.Fatalf("another client's settings changed:\n%s\n%s", clean, got)
		}
	}
}

// TestPgBouncerInSessionMode: a server process belongs to one of our sessions
// until that is closed, and its number is not the one that the login gave.
func TestPgBouncerInSessionMode(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	admin(t, server.DSN(), shop)
	to := run.Target{ID: "s", DSN: pgbouncer(t, server, "postgres", "session", 2)}
	pools := newPools(t, run.Limits{Sessions: 2, Queue: 100, QueueWait: 10 * time.Second})
	var wait sync.WaitGroup
	for i := range 40 {
		wait.Go(func() {
			query, want := run.Query{SQL: wrapped("select * from orders order by id")}, reason.Reason("")
			switch i % 4 {
			case 1:
				query.SQL, want = "select nope from orders", reason.UndefinedObject
			case 2:
				query.SQL, want = "select 1 / (id - id) from orders", reason.DataException
			case 3:
				query.SQL = "select pg_advisory_lock(g) from generate_series(1, 50) g"
			}
			_, err := pools.Run(t.Context(), to, query)
			var e *run.Error
			if errors.As(err, &e) != (want != "") || e != nil && e.Reason != want {
				t.Errorf("%s: %v, want %q", query.SQL, err, want)
			}
		})
	}
	wait.Wait()
	_, err := pools.Run(t.Context(), to, run.Query{SQL: longQuery, Timeout: 300 * time.Millisecond})
	if e := asError(t, err); e.Reason != reason.StatementTimeout {
		t.Errorf("the answer is %s", e.Reason)
	}
	mustRun(t, pools, to, "select 1")
	if got := admin(t, server.DSN(), "select count(*) from pg_locks where locktype = 'advisory'"); got != "0" {
		t.Errorf("%s advisory locks stay", got)
	}
}
