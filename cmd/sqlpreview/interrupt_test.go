package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestCtrlCExits130: an interrupted command ends as shells expect it, and says so.
func TestCtrlCExits130(t *testing.T) {
	dsn := pgtest.Shared(t).Database(t, "")
	const slow = "select count(*) from generate_series(1, 1000000000) a, generate_series(1, 1000) b"
	for name, c := range map[string]struct {
		arguments []string
		ready     func(t *testing.T)
		says      string
	}{
		"a query that runs":     {[]string{"query", slow}, func(t *testing.T) { waitForQuery(t, dsn) }, "CLIENT_CANCELED"},
		"a query that is typed": {[]string{"query"}, nil, "interrupted while reading"},
		"a check that is typed": {[]string{"check"}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			command := exec.Command("sqlpreview", c.arguments...)
			command.Env = append(os.Environ(), "OP_PREVIEW_DSN="+dsn)
			var stderr lockedBuffer
			command.Stderr = &stderr
			stdin, err := command.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			defer stdin.Close()
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = command.Process.Kill() }()
			if c.ready != nil {
				c.ready(t)
			} else if _, err := stdin.Write(make([]byte, 128<<10)); err != nil { // more than a pipe holds, so it reads
				t.Fatal(err)
			}
			if err := command.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := command.Wait(); !errors.As(err, &exit) || shellStatus(exit) != exitInterrupted {
				t.Errorf("it ended with %v", err)
			}
			if !strings.Contains(stderr.String(), c.says) {
				t.Errorf("it said %q", stderr.String())
			}
		})
	}
}

// shellStatus is the status that a shell has of a program: 128 and the signal's
// number for one that a signal ended.
func shellStatus(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

// waitForQuery waits until a preview runs in the database.
func waitForQuery(t *testing.T, dsn string) {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		results, err := conn.Exec(t.Context(), `select count(*) from pg_stat_activity where datname = current_database()
			and state = 'active' and query like '%preview_query%' and pid <> pg_backend_pid()`).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if string(results[0].Rows[0][0]) == "1" {
			return
		}
	}
	t.Fatal("no preview runs")
}

// TestDemoServes: a user's own query is answered while the demo serves, on the command
// line and on the console, and Ctrl-C ends it in good order, with nothing left behind.
func TestDemoServes(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a PostgreSQL of its own")
	}
	dir, err := os.MkdirTemp("/tmp", "demo") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil { // PostgreSQL runs as another user
		t.Fatal(err)
	}
	command := exec.Command("sqlpreview", "demo", "--serve")
	command.Env = append(os.Environ(), "TMPDIR="+dir)
	var stdout, stderr lockedBuffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Process.Kill() }()
	address := regexp.MustCompile(`query --sidecar (unix:\S+)`)
	for deadline := time.Now().Add(2 * time.Minute); !address.MatchString(stdout.String()); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not serve: %s%s", stdout.String(), stderr.String())
		}
	}
	query := exec.Command("sqlpreview", "query", "--sidecar", address.FindStringSubmatch(stdout.String())[1], "select name from shop.customers")
	query.Env = append(os.Environ(), "OP_PREVIEW_TOKEN_FILE=")
	if out, err := query.CombinedOutput(); err != nil || !strings.Contains(string(out), "Anna") {
		t.Errorf("%v: %s", err, out)
	}
	link := regexp.MustCompile(`(?m)^(http://127\.0\.0\.1:\d+)/#(\S+)$`)
	for deadline := time.Now().Add(2 * time.Minute); !link.MatchString(stdout.String()); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("there is no link: %s%s", stdout.String(), stderr.String())
		}
	}
	parts := link.FindStringSubmatch(stdout.String())
	session := exchange(t, parts[1], parts[2])
	if answer := mustAsk(t, 200, parts[1]+previewPath, session, `{"sql":"select name from shop.customers"}`); !strings.Contains(answer, "Anna") {
		t.Errorf("the console answers %s", answer)
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, stderr.String())
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %v", left)
		}
	}
}
