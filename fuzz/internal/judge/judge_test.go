package judge_test

import (
	"context"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/fuzz/internal/judge"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

const schema = `create table t (id int, v text); insert into t select n, 'v' || n from generate_series(1, 5) n;
create function bad() returns int volatile language plpgsql as $$ begin return 1; end $$;
create view seen as select bad() as b`

func start(t *testing.T) *judge.Judge {
	t.Helper()
	dsn := pgtest.Shared(t).Database(t, schema)
	j := judge.New(dsn, map[string]bool{"pg_sleep": true, "pg_advisory_lock": true}, []string{"bad("})
	t.Cleanup(func() {
		if err := j.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return j
}

func TestClassify(t *testing.T) {
	j := start(t)
	for _, tc := range []struct{ sql, want string }{
		{"select * from t", ""},
		{"; select 1;", ""},
		{"with a as (select 1) select * from a -- x", ""},
		{"select 'pg_sleep(1)', 'for update'", ""},
		{"select nonsense from nowhere", ""},
		{"select 1; select 2", "more than one statement"},
		{"select * from t for update", "LockRows"},
		{"select * from (select * from t for share) x", "LockRows"},
		{"with d as (delete from t returning *) select * from d", "Delete on"},
		{"insert into t values (1)", "Insert on"},
		{"select 1 as a into made", "INTO"},
		{"create table made (a int)", "not a query"},
		{"begin", "not a query"},
		{"select $1::int", "arguments"},
		{"select pg_sleep(1)", "pg_sleep"},
		{"select (1::float8).pg_sleep", "pg_sleep"},
		{"select f.pg_advisory_lock from unnest(array[1::bigint]) f", "pg_advisory_lock"},
		{"select bad()", "bad("},
		{"select * from seen", "bad("},
	} {
		got, err := j.Classify(t.Context(), tc.sql, false)
		if err != nil {
			t.Fatalf("%s: %v", tc.sql, err)
		}
		if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%s: got %q, want %q", tc.sql, got, tc.want)
		}
	}
	if got, err := j.Classify(t.Context(), "select * from seen", true); err != nil || got != "" {
		t.Errorf("a view's own function: %q, %v", got, err)
	}
}

func TestRows(t *testing.T) {
	j := start(t)
	rows, refused, err := j.Rows(t.Context(), "select id, nullif(v, 'v2') from t order by 1", 3)
	if err != nil || refused || len(rows) != 3 || string(rows[2][1]) != "v3" || rows[1][1] != nil {
		t.Errorf("got %q, %t, %v", rows, refused, err)
	}
	for _, sql := range []string{"select 1/0", "select", "delete from t", "select pg_sleep(60)", "nonsense"} {
		if _, refused, err := j.Rows(t.Context(), sql, 3); err != nil || refused == (sql == "select") {
			t.Errorf("%s: refused %t, %v", sql, refused, err)
		}
	}
}
