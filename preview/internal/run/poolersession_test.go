package run_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// majorOf is a server's major version.
func majorOf(t *testing.T, dsn string) int {
	t.Helper()
	major, err := strconv.Atoi(admin(t, dsn, "select current_setting('server_version_num')::int / 10000"))
	if err != nil {
		t.Fatal(err)
	}
	return major
}

// TestSessionsThroughPoolers: what a target sets ends with its transaction, with
// and without a pooler in between, and no other target sees it.
func TestSessionsThroughPoolers(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	for _, sql := range []string{"create role reader", "create role writer", "create schema shop", "grant usage on schema shop to reader"} {
		admin(t, server.DSN(), sql)
	}
	const sql = `select current_user::text, current_setting('search_path'), current_setting('timezone'), coalesce(current_setting('app.tenant_id', true), '')`
	for _, way := range []struct{ name, dsn string }{
		{"direct", server.DSN()},
		{"PgBouncer, transaction", pgbouncer(t, server, "postgres", "transaction", 1)},
		{"PgBouncer, session", pgbouncer(t, server, "postgres", "session", 1)},
		{"Pgpool-II", pgpool(t, server, "postgres")},
	} {
		pools := newPools(t, run.Limits{Sessions: 1})
		plain := run.Target{ID: "x", DSN: way.dsn}
		first := mustRun(t, pools, plain, sql)
		if text(first, 0, 0) != "postgres" || text(first, 0, 3) != "" {
			t.Fatalf("%s: without a session it is %s", way.name, text(first, 0, 0))
		}
		for i := range 6 {
			own := plain
			own.Session = run.Session{Role: "reader", SearchPath: "shop, public", TimeZone: "Asia/Tokyo", Variables: map[string]string{"app.tenant_id": fmt.Sprintf(`%d\' é`, i)}}
			if i%2 == 1 {
				own.Session.Role = "writer"
			}
			result := mustRun(t, pools, own, sql)
			got := [4]string{text(result, 0, 0), text(result, 0, 1), text(result, 0, 2), text(result, 0, 3)}
			if want := [4]string{own.Session.Role, "shop, public", "Asia/Tokyo", fmt.Sprintf(`%d\' é`, i)}; got != want {
				t.Errorf("%s, %d: %q, want %q", way.name, i, got, want)
			}
			after := mustRun(t, pools, plain, sql)
			for column := range 4 {
				if got, want := text(after, 0, column), text(first, 0, column); got != want {
					t.Errorf("%s, %d: column %d is %q afterwards, was %q", way.name, i, column, got, want)
				}
			}
		}
	}
}
