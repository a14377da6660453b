package run_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// replica starts a streaming replica of a server of ours and returns the
// superuser's connection string to it. The server is stopped for a moment.
func replica(t *testing.T, server *pgtest.Server) string {
	t.Helper()
	bin := admin(t, server.DSN(), "select setting from pg_config where name = 'BINDIR'")
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(server.SocketDir())
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	dir, err := os.MkdirTemp("/tmp", "pgreplica") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) }) // a test's
	data := filepath.Join(dir, "data")
	if out, err := exec.Command("cp", "-a", filepath.Join(server.SocketDir(), "data"), data).CombinedOutput(); err != nil {
		t.Fatalf("copying the data: %v: %s", err, out)
	}
	settings := fmt.Sprintf("unix_socket_directories = '%s'\nhot_standby = on\nprimary_conninfo = 'host=%s user=postgres'\n"+
		"max_standby_streaming_delay = '50ms'\nhot_standby_feedback = off\nwal_retrieve_retry_interval = '100ms'\n", dir, server.SocketDir())
	for name, text := range map[string]string{"postgresql.auto.conf": settings, "standby.signal": ""} {
		if err := os.WriteFile(filepath.Join(data, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(filepath.Join(data, name), int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGQUIT) // a test's
		cmd.Wait()                          // a test's
		if t.Failed() {
			t.Logf("the replica's log: %s", log.String())
		}
	})
	dsn := fmt.Sprintf("host=%s user=postgres dbname=postgres sslmode=disable", dir)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgconn.Connect(t.Context(), dsn)
		if err == nil {
			conn.Close(t.Context()) // a test's
			return dsn
		}
		if time.Now().After(deadline) {
			t.Fatalf("the replica does not answer: %v", err)
		}
	}
}

// TestStreamingReplica: previews on a hot standby that follows its primary.
func TestStreamingReplica(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the copy of the data needs a POSIX system")
	}
	server := pgtest.Start(t, pgtest.Options{Own: true})
	admin(t, server.DSN(), "create table kept (a int)")
	admin(t, server.DSN(), "insert into kept select generate_series(1, 1000)")
	admin(t, server.DSN(), "create role careful login; grant select on kept to careful")
	admin(t, server.DSN(), "alter role careful set default_transaction_isolation = 'serializable'")
	dsn := replica(t, server)
	pools := newPools(t, run.Limits{})
	t.Run("rows", func(t *testing.T) {
		for range 4 {
			result := mustRun(t, pools, run.Target{ID: "rows", DSN: dsn}, "select count(*), pg_is_in_recovery() from kept")
			if text(result, 0, 0) != "1000" || text(result, 0, 1) != "t" {
				t.Errorf("got %s, in recovery %s", text(result, 0, 0), text(result, 0, 1))
			}
		}
	})
	t.Run("a role whose transactions are serializable", func(t *testing.T) {
		to := run.Target{ID: "careful", DSN: dsn + " user=careful"}
		for range 4 {
			if result := mustRun(t, pools, to, "select count(*) from kept"); text(result, 0, 0) != "1000" {
				t.Errorf("got %s", text(result, 0, 0))
			}
			_, err := pools.Run(t.Context(), to, run.Query{SQL: "select nope from kept"})
			if e := asError(t, err); e.Reason != reason.UndefinedObject {
				t.Errorf("an unknown column is answered %v", e)
			}
		}
	})
	t.Run("conflict with recovery", func(t *testing.T) {
		to := run.Target{ID: "conflict", DSN: dsn}
		for range 5 { // the replica may get to know too late, within the time limit
			w := watch(t, dsn)
			cleaned := make(chan struct{})
			go func() {
				defer close(cleaned)
				w.until(1, running)
				conn, err := pgconn.Connect(context.Background(), server.DSN())
				if err != nil {
					return // seen below
				}
				defer conn.Close(context.Background()) // a test's
				for _, sql := range []string{"delete from kept where a % 2 = 0", "vacuum kept", "insert into kept select generate_series(2, 1000, 2)"} {
					if _, err := conn.Exec(context.Background(), sql).ReadAll(); err != nil {
						return // seen below
					}
				}
			}()
			_, err := pools.Run(t.Context(), to, run.Query{SQL: "select pg_sleep(60) from kept"})
			<-cleaned
			e := asError(t, err)
			if e.Reason == reason.Conflict && e.SQLSTATE == "40001" && e.RetryAfter > 0 {
				mustRun(t, pools, to, "select 1")
				return
			}
			if e.Reason != reason.StatementTimeout {
				t.Fatalf("the answer is %s (%s) %s", e.Reason, e.SQLSTATE, e.Message)
			}
		}
		t.Error("no conflict came about")
	})
}

// TestServerThatTakesNoSessions: one that starts, or recovers and may not be
// read meanwhile, says so; the preview says that it passes.
func TestServerThatTakesNoSessions(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"hot_standby": "off"}})
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(server.SocketDir(), "data", "standby.signal"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan error, 1)
	go func() { started <- server.Start(ctx) }()
	pools := newPools(t, run.Limits{})
	to := run.Target{ID: "t", DSN: server.DSN()}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 1"})
		e := asError(t, err)
		if e.Reason != reason.DatabaseUnavailable || e.RetryAfter <= 0 {
			t.Errorf("the answer is %s (%s), retry after %v", e.Reason, e.SQLSTATE, e.RetryAfter)
		}
		if e.SQLSTATE == "57P03" || t.Failed() {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server never said 57P03")
		}
	}
	cancel()
	<-started // given up
}
