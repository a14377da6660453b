package run_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// pgpool starts a real Pgpool-II before a server and returns the connection string
// of a database through it.
func pgpool(t *testing.T, server *pgtest.Server, database string) string {
	t.Helper()
	binary, err := exec.LookPath("pgpool")
	if err != nil {
		binary, err = exec.LookPath("/usr/sbin/pgpool")
	}
	if err != nil {
		const message = "pgpool is not installed (Debian, Ubuntu: apt-get install pgpool2)"
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	dir, err := os.MkdirTemp("/tmp", "pgptest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) }) // a test's
	config := fmt.Sprintf(`backend_clustering_mode = 'raw'
listen_addresses = ''
port = 9999
socket_dir = '%[1]s'
unix_socket_directories = '%[1]s'
pcp_listen_addresses = ''
pcp_socket_dir = '%[1]s'
wd_ipc_socket_dir = '%[1]s'
backend_hostname0 = '%[2]s'
backend_port0 = 5432
backend_weight0 = 1
num_init_children = 4
max_pool = 1
connection_cache = on
enable_pool_hba = off
logdir = '%[1]s'
work_dir = '%[1]s'
pid_file_name = '%[1]s/pid'
memory_cache_enabled = off
load_balance_mode = off
`, dir, server.SocketDir())
	file := filepath.Join(dir, "pgpool.conf")
	for path, content := range map[string]string{file: config, filepath.Join(dir, "pcp.conf"): "", filepath.Join(dir, "pool_hba.conf"): "local all all trust\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() // the process has its own
	cmd := exec.Command(binary, "-n", "-f", file, "-F", filepath.Join(dir, "pcp.conf"), "-a", filepath.Join(dir, "pool_hba.conf"))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if os.Geteuid() == 0 { // the server's socket belongs to the server's user
		info, err := os.Stat(server.SocketDir())
		if err != nil {
			t.Fatal(err)
		}
		owner := info.Sys().(*syscall.Stat_t)
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}
		if err := exec.Command("chown", "-R", fmt.Sprintf("%d:%d", owner.Uid, owner.Gid), dir).Run(); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGINT) // fast; a test's
		cmd.Wait()                         // a test's
	})
	dsn := fmt.Sprintf("host=%s port=9999 user=postgres dbname=%s sslmode=disable", dir, database)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgconn.Connect(t.Context(), dsn)
		if err == nil {
			conn.Close(t.Context()) // a test's
			return dsn
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("pgpool does not answer: %v: %s", err, text)
		}
	}
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
