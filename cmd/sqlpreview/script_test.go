package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/op-data/sqlpreview/preview/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sqlpreview": main})
}

// schema is what the scripts query.
const schema = `
	create table people (id int primary key, name text, note text, total numeric(10,2));
	insert into people values
		(1, 'Anna', 'plain', 1.50),
		(2, '漢字', E'bell\x07', null),
		(3, null, repeat('x', 5000), -20);
	create sequence counter;
`

// TestScripts runs testdata/script against the real binary and PostgreSQL.
func TestScripts(t *testing.T) {
	server := pgtest.Shared(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(name string) (bool, error) {
			if name != "with_managers" {
				return false, fmt.Errorf("there is no condition %q", name)
			}
			_, err := openGCP(managers{})
			return !strings.Contains(err.Error(), "was built without"), nil
		},
		Setup: func(env *testscript.Env) error {
			name, drop, err := server.CreateDatabase(t.Context(), schema)
			if err != nil {
				return err
			}
			env.Defer(func() {
				if err := drop(); err != nil {
					t.Errorf("dropping the database: %v", err)
				}
			})
			env.Setenv("DSN", server.DSNFor("postgres", name))
			// Nothing of the machine's own configuration may reach a script.
			for _, key := range []string{"PGHOST", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSERVICE"} {
				env.Setenv(key, "")
			}
			env.Setenv("CI", os.Getenv("CI"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exits,
			"listen": listen,
			"fill":   fill,
			"active": active,
			"change": change,
		},
	})
}

// exits CODE PROGRAM ARGUMENTS... runs a program and checks its exit code.
func exits(ts *testscript.TestScript, neg bool, arguments []string) {
	if neg || len(arguments) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGUMENTS...")
	}
	want, err := strconv.Atoi(arguments[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(arguments[1], arguments[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("the exit code is %d, want %d", got, want)
	}
}

// listen PATH waits until somebody answers on a unix socket.
func listen(ts *testscript.TestScript, neg bool, arguments []string) {
	if neg || len(arguments) != 1 {
		ts.Fatalf("usage: listen PATH")
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("unix", arguments[0])
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("nobody listens: %v", err)
		}
	}
}

// change FILE OLD NEW replaces a text in a file, which must be there once.
func change(ts *testscript.TestScript, neg bool, arguments []string) {
	if neg || len(arguments) != 3 {
		ts.Fatalf("usage: change FILE OLD NEW")
	}
	content := ts.ReadFile(arguments[0])
	if strings.Count(content, arguments[1]) != 1 {
		ts.Fatalf("%s does not hold %q once", arguments[0], arguments[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(arguments[0]), []byte(strings.Replace(content, arguments[1], arguments[2], 1)), 0o600))
}

// active COUNT waits until so many previews run in the script's database.
func active(ts *testscript.TestScript, neg bool, arguments []string) {
	if neg || len(arguments) != 1 {
		ts.Fatalf("usage: active COUNT")
	}
	conn, err := pgconn.Connect(context.Background(), ts.Getenv("DSN"))
	ts.Check(err)
	defer func() { ts.Check(conn.Close(context.Background())) }()
	const count = `select count(*) from pg_stat_activity
		where datname = current_database() and state = 'active' and query like '%preview_query%' and pid <> pg_backend_pid()`
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		results, err := conn.Exec(context.Background(), count).ReadAll()
		ts.Check(err)
		now := string(results[0].Rows[0][0])
		if now == arguments[0] {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s previews run, want %s", now, arguments[0])
		}
	}
}

// fill FILE COUNT TEXT writes TEXT, a Go string literal's inside, COUNT times.
func fill(ts *testscript.TestScript, neg bool, arguments []string) {
	if neg || len(arguments) != 3 {
		ts.Fatalf("usage: fill FILE COUNT TEXT")
	}
	count, err := strconv.Atoi(arguments[1])
	ts.Check(err)
	text, err := strconv.Unquote(`"` + arguments[2] + `"`)
	ts.Check(err)
	file, err := os.OpenFile(ts.MkAbs(arguments[0]), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(err)
	defer func() { ts.Check(file.Close()) }()
	_, err = file.WriteString(strings.Repeat(text, count))
	ts.Check(err)
}
