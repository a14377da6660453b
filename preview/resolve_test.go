package preview_test

import (
	"slices"
	"testing"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

const resolvedSchema = `
create schema app;
create sequence app.numbers;
create table app.people (id int, name text);
create view app.shouting as select id, upper(name) as name from app.people;
create function app.twice(int) returns int immutable language plpgsql as 'begin return 2 * $1; end';
create function app.half(int) returns int language sql as 'select $1 / 2';
create function app.outer_half(int) returns int language sql as 'select app.half($1)';
create function app.writes(int) returns int language sql as 'select nextval(''app.numbers'')::int';
create domain app.marked as text check (nextval('app.numbers') > 0);
create function app.two(out a int, out m app.marked) language sql as 'select 1, ''x''::text';
create function app.step(app.marked, int) returns app.marked immutable language plpgsql as 'begin return $1; end';
create aggregate app.gather(int) (sfunc = app.step, stype = app.marked, initcond = 'x');
create function app.pick(int) returns int immutable language plpgsql as 'begin return 1; end';
create function app.pick(app.people) returns int volatile language plpgsql as 'begin return 1; end';
create function app.argument(people int) returns int language sql as 'select app.pick(people) from app.people';
create function app.reads_writer(int) returns int language sql as 'select app.writes($1)';
`

// TestObjects: a result says which objects of the database the statement led to, and
// which rule let each pass; a function in SQL without a label passes by its body.
func TestObjects(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, resolvedSchema)
	p := newPreviewer(t, preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	for _, tc := range []struct {
		sql  string
		want []string
	}{
		{"select 1", nil},
		{"select app.twice(id), lower(name) from app.people", []string{
			"function app twice(int4) declared", "function pg_catalog lower(text) built-in", "relation app people relation",
		}},
		{"select id from app.shouting", []string{"function pg_catalog upper(text) built-in", "relation app shouting relation"}},
		{"select app.half(4)", []string{"function app half(int4) body"}},
		{"select app.outer_half(4)", []string{"function app half(int4) body", "function app outer_half(int4) body"}},
	} {
		for range 2 { // the second time from what is kept
			var got []string
			for _, o := range run(t, p, tc.sql).Objects {
				got = append(got, o.Kind+" "+o.Schema+" "+o.Name+" "+o.Rule)
			}
			slices.Sort(got)
			if !slices.Equal(got, tc.want) {
				t.Errorf("%s: %q, want %q", tc.sql, got, tc.want)
			}
		}
	}
	for _, sql := range []string{
		"select app.writes(1)", "select app.reads_writer(1)", "select app.two()", "select (app.two()).m", "select app.gather(id) from app.people",
		"select app.argument(1)",
	} {
		if _, err := p.Preview(t.Context(), preview.Request{SQL: sql}); err == nil {
			t.Errorf("%s: accepted, although it comes to a VOLATILE function", sql)
		}
	}
}

// TestResolutionFollowsTheCatalog: what was kept of a statement holds only as long as
// the catalog says the same.
func TestResolutionFollowsTheCatalog(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, resolvedSchema)
	p := newPreviewer(t, preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	const sql = "select * from app.people"
	if got := len(run(t, p, sql).Columns); got != 2 {
		t.Fatalf("%d columns", got)
	}
	execute(t, dsn, "alter table app.people add column password text; insert into app.people values (1, 'a', 'canary')")
	result := run(t, p, sql)
	if got := result.Rows[0][2].Text; len(result.Columns) != 3 || got == "canary" {
		t.Errorf("%d columns, the new one shows %q", len(result.Columns), got)
	}
}
