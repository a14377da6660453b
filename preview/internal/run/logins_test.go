package run_test

import (
	"errors"
	"fmt"
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

// hba are the rules of a server that lets each of these roles in differently.
const hba = `
local all postgres trust
host all weak 127.0.0.1/32 md5
host all strong 127.0.0.1/32 scram-sha-256
hostssl all encrypted 127.0.0.1/32 scram-sha-256
host all rejected 127.0.0.1/32 reject
`

// TestLogins: each way in that a server's rules can have, with the right
// password and with others. What is told of a refusal holds no secret.
func TestLogins(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{TCP: true})
	root := serveTLS(t, server)
	host, port, _ := server.TCP()
	const password = "right-canary4711"
	admin(t, server.DSN(), "set password_encryption = 'md5'; create role weak login password '"+password+"'")
	for _, role := range []string{"strong", "encrypted", "rejected", "unlisted"} {
		admin(t, server.DSN(), "create role "+role+" login password '"+password+"'")
	}
	if err := os.WriteFile(filepath.Join(server.SocketDir(), "data", "pg_hba.conf"), []byte(hba), 0o600); err != nil {
		t.Fatal(err)
	}
	rules := "select count(*) from pg_hba_file_rules where error is null"
	if got, want := admin(t, server.DSN(), rules), fmt.Sprint(strings.Count(hba, "\n")-1); got != want {
		t.Fatalf("%s rules are understood, want %s", got, want)
	}
	// The new rules hold when the server has read them: then this role is refused.
	admin(t, server.DSN(), "select pg_reload_conf()")
	dsn := func(role, password, mode string) string {
		return fmt.Sprintf("host=%s port=%d user=%s password='%s' dbname=postgres sslmode=%s", host, port, role, password, mode)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		conn, err := pgconn.Connect(t.Context(), dsn("unlisted", password, "disable"))
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == "28000" {
			break
		}
		if err == nil {
			conn.Close(t.Context()) // a test's
		}
		if time.Now().After(deadline) {
			t.Fatalf("the rules do not hold: %v", err)
		}
	}
	pools := newPools(t, run.Limits{})
	for _, test := range []struct {
		role, password, mode string
		want                 reason.Reason // "": let in
		state                string
	}{
		{"weak", password, "disable", "", ""},
		{"weak", "wrong-canary4711", "disable", reason.DatabaseLoginFailed, "28P01"},
		{"weak", "", "disable", reason.DatabaseLoginFailed, "28P01"},
		{"strong", password, "disable", "", ""},
		{"strong", "wrong-canary4711", "disable", reason.DatabaseLoginFailed, "28P01"},
		{"strong", "", "disable", reason.DatabaseLoginFailed, "28P01"},
		{"strong", password, "verify-full sslrootcert=" + root, "", ""},
		{"encrypted", password, "require", "", ""},
		{"encrypted", password, "disable", reason.DatabaseLoginFailed, "28000"},
		{"encrypted", "wrong-canary4711", "require", reason.DatabaseLoginFailed, "28P01"},
		{"rejected", password, "disable", reason.DatabaseLoginFailed, "28000"},
		{"unlisted", password, "disable", reason.DatabaseLoginFailed, "28000"},
		{"unlisted", password, "require", reason.DatabaseLoginFailed, "28000"},
	} {
		name := test.role + " " + test.password + " " + test.mode
		_, err := pools.Run(t.Context(), run.Target{ID: name, DSN: dsn(test.role, test.password, test.mode)}, run.Query{SQL: "select 1"})
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s: let in", name)
			continue
		}
		e := asError(t, err)
		if e.Reason != test.want || e.SQLSTATE != test.state || e.Hint == "" {
			t.Errorf("%s: %s (%s) %s: %s, want %s (%s)", name, e.Reason, e.SQLSTATE, e.Message, e.Hint, test.want, test.state)
		}
		for _, secret := range []string{"canary", host, test.role} {
			if out := outputs(t, nil, err); strings.Contains(out, secret) {
				t.Errorf("%s: %q is told: %s", name, secret, out)
			}
		}
	}
}

// TestReservedConnections: the last connections of a server are not for
// previews; as soon as there is one again, they go on.
func TestReservedConnections(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"max_connections": "5", "superuser_reserved_connections": "3", "max_wal_senders": "0"}})
	admin(t, server.DSN(), "create role plain login")
	dsn := server.DSNFor("plain", "postgres")
	var others []*pgconn.PgConn
	// A server process is gone a little later than its connection.
	for deadline := time.Now().Add(time.Minute); len(others) < 2; time.Sleep(10 * time.Millisecond) {
		conn, err := pgconn.Connect(t.Context(), dsn)
		if err == nil {
			defer conn.Close(t.Context()) // a test's
			others = append(others, conn)
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	pools := newPools(t, run.Limits{})
	to := run.Target{ID: "r", DSN: dsn}
	_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 1"})
	if e := asError(t, err); e.Reason != reason.DatabaseBusy || e.SQLSTATE != "53300" || e.RetryAfter <= 0 {
		t.Errorf("the answer is %s (%s), retry after %v", e.Reason, e.SQLSTATE, e.RetryAfter)
	}
	others[0].Close(t.Context()) // a test's
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 1"})
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("a minute after a connection became free: %v", err)
		}
	}
}
