package pgtest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestMain lets the test binary play a program that starts a server and then
// ends in a way that leaves it no chance to clean up.
func TestMain(m *testing.M) {
	if os.Getenv("PGTEST_CHILD") == "" {
		os.Exit(m.Run())
	}
	server, err := pgtest.New(context.Background(), pgtest.Options{Own: true})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println(server.PID(), server.SocketDir())
	if os.Getenv("PGTEST_CHILD") == "panic" {
		panic("as asked")
	}
	time.Sleep(time.Hour)
}

func query(t *testing.T, dsn, sql string) string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	results, err := conn.Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return string(results[len(results)-1].Rows[0][0])
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func TestServerLeavesNothing(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	if got := query(t, server.DSN(), "show fsync"); got != "off" {
		t.Errorf("fsync is %s, want off", got)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if !gone(server.PID()) {
		t.Error("the server's process is still there")
	}
	if _, err := os.Stat(server.SocketDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory is still there: %v", err)
	}
}

func TestServerOutlivesNoParent(t *testing.T) {
	t.Parallel()
	pgtest.Shared(t) // skips where there is no PostgreSQL
	for _, how := range []string{"panic", "SIGKILL", "SIGINT", "SIGTERM"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "PGTEST_CHILD="+how)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			var pid int
			var dir string
			if _, err := fmt.Sscan(line, &pid, &dir); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			signals := map[string]syscall.Signal{"SIGKILL": syscall.SIGKILL, "SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM}
			if signal, ok := signals[how]; ok {
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
			}
			if err := cmd.Wait(); err == nil {
				t.Error("the program ended well, want it killed")
			}
			for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				_, err := os.Stat(dir)
				if gone(pid) && errors.Is(err, os.ErrNotExist) {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("30 s later: process gone: %v, directory: %v", gone(pid), err)
				}
			}
		})
	}
}

// A start that is given up at any moment ends, also while the server has only
// just begun and is deaf to signals.
func TestStartCanBeGivenUp(t *testing.T) {
	t.Parallel()
	pgtest.Shared(t) // skips where there is no PostgreSQL
	begin := time.Now()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	whole := time.Since(begin)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	for tenth := 0; tenth <= 10; tenth += 2 {
		ctx, cancel := context.WithTimeout(t.Context(), whole*time.Duration(tenth)/10)
		server, err := pgtest.New(ctx, pgtest.Options{Own: true})
		cancel()
		if err == nil {
			err = server.Close()
		} else if errors.Is(err, context.DeadlineExceeded) {
			err = nil
		}
		if err != nil {
			t.Errorf("given up after %d tenths of a start: %v", tenth, err)
		}
	}
}

func TestStopAndStart(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	query(t, server.DSN(), "create table kept (a int); insert into kept values (7); select 1")
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgconn.Connect(t.Context(), server.DSN()); err == nil {
		t.Fatal("a stopped server answers")
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := query(t, server.DSN(), "select a from kept"); got != "7" {
		t.Errorf("after a restart a is %s, want 7", got)
	}
}

func TestCloseThawsAFrozenServer(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	if err := syscall.Kill(server.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if !gone(server.PID()) {
		t.Error("the server's process is still there")
	}
}

func TestTCPAndEncoding(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{TCP: true, Encoding: "LATIN1", Settings: map[string]string{"work_mem": "7MB"}})
	host, port, password := server.TCP()
	dsn := fmt.Sprintf("host=%s port=%d user=postgres password=%s dbname=postgres sslmode=disable", host, port, password)
	if got := query(t, dsn, "show server_encoding"); got != "LATIN1" {
		t.Errorf("server_encoding is %s, want LATIN1", got)
	}
	if got := query(t, dsn, "show work_mem"); got != "7MB" {
		t.Errorf("work_mem is %s, want 7MB", got)
	}
	wrong := strings.Replace(dsn, password, "wrong", 1)
	if _, err := pgconn.Connect(t.Context(), wrong); err == nil {
		t.Error("a wrong password is let in over TCP")
	}
}

func TestSeveralAtOnce(t *testing.T) {
	t.Parallel()
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			server, err := pgtest.New(t.Context(), pgtest.Options{TCP: true})
			if err != nil {
				t.Error(err)
				return
			}
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestDatabasesAreSeparate(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	one := server.Database(t, "create table only_here (a int); insert into only_here values (1)")
	two := server.Database(t, "")
	if got := query(t, one, "select count(*) from only_here"); got != "1" {
		t.Errorf("count is %s, want 1", got)
	}
	if got := query(t, two, "select pg_catalog.to_regclass('only_here') is null"); got != "t" {
		t.Error("a table of one database is seen in another")
	}
}

func TestBadSettingSaysSo(t *testing.T) {
	t.Parallel()
	pgtest.Shared(t)
	_, err := pgtest.New(t.Context(), pgtest.Options{Settings: map[string]string{"no_such_setting": "1"}})
	if err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("the error is %v, want one that names the setting", err)
	}
}
