package run_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// pgpool starts a real Pgpool-II before a server and returns the connection string
// of a database through it.
func pgpool(t *testing.T, server *pgtest.Server, database string) string {
	t.Helper()
	return startPooler(t, server, database, poolerProgram{
		name: "pgpool", install: "Debian, Ubuntu: apt-get install pgpool2",
		files: map[string]string{"pcp.conf": "", "pool_hba.conf": "local all all trust\n", "pgpool.conf": `backend_clustering_mode = 'raw'
listen_addresses = ''
port = 9999
socket_dir = 'DIR'
unix_socket_directories = 'DIR'
pcp_listen_addresses = ''
pcp_socket_dir = 'DIR'
wd_ipc_socket_dir = 'DIR'
backend_hostname0 = 'SERVER'
backend_port0 = 5432
backend_weight0 = 1
num_init_children = 4
max_pool = 1
connection_cache = on
enable_pool_hba = off
logdir = 'DIR'
work_dir = 'DIR'
pid_file_name = 'DIR/pid'
memory_cache_enabled = off
load_balance_mode = off
`},
		arguments: []string{"-n", "-f", "DIR/pgpool.conf", "-F", "DIR/pcp.conf", "-a", "DIR/pool_hba.conf"}, port: 9999, stop: syscall.SIGINT,
	})
}

// TestPgpool: previews through Pgpool-II, which reads every message and keeps
// server sessions for the next client.
func TestPgpool(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	admin(t, server.DSN(), shop)
	to := run.Target{ID: "p", DSN: pgpool(t, server, "postgres")}
	pools := newPools(t, run.Limits{Sessions: 2, Queue: 100, QueueWait: 10 * time.Second})
	var wait sync.WaitGroup
	for i := range 40 {
		wait.Go(func() {
			query, want := run.Query{SQL: wrapped("select * from orders order by id")}, reason.Reason("")
			switch i % 5 {
			case 1:
				query.SQL, want = "select nope from orders", reason.UndefinedObject
			case 2:
				query.SQL, want = "select 1 / (id - id) from orders", reason.DataException
			case 3:
				query.SQL = "select pg_advisory_lock(g) from generate_series(1, 50) g"
			case 4:
				query.SQL = "select current_setting('statement_timeout') <> '0' and current_setting('transaction_read_only') = 'on' and current_setting('standard_conforming_strings') = 'on'"
			}
			result, err := pools.Run(t.Context(), to, query)
			var e *run.Error
			switch {
			case errors.As(err, &e) != (want != "") || e != nil && e.Reason != want:
				t.Errorf("%s: %v, want %q", query.SQL, err, want)
			case err == nil && i%5 == 0 && (len(result.Rows) != 100 || text(result, 99, 0) != "100"),
				err == nil && i%5 == 4 && text(result, 0, 0) != "t":
				t.Errorf("%s: %d rows, %s", query.SQL, len(result.Rows), text(result, 0, 0))
			}
		})
	}
	wait.Wait()
	start := time.Now()
	_, err := pools.Run(t.Context(), to, run.Query{SQL: longQuery, Timeout: 300 * time.Millisecond})
	if e := asError(t, err); e.Reason != reason.StatementTimeout {
		t.Errorf("after %v the answer is %s", time.Since(start), e.Reason)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w := watch(t, server.DSN())
	done := make(chan error, 1)
	go func() {
		_, err := pools.Run(ctx, to, run.Query{SQL: longQuery})
		done <- err
	}()
	w.until(1, running)
	cancel()
	if e := asError(t, <-done); e.Reason != reason.ClientCanceled {
		t.Errorf("a cancelled query is answered %s", e.Reason)
	}
	w.until(0, running)
	mustRun(t, pools, to, "select 1")
	if got := admin(t, server.DSN(), "select count(*) from pg_locks where locktype = 'advisory'"); got != "0" {
		t.Errorf("%s advisory locks stay", got)
	}
	if !strings.Contains(to.DSN, "port=9999") {
		t.Error("the queries did not go through pgpool")
	}
}
