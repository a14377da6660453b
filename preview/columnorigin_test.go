package preview_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestColumnsHaveTheOriginThatTheServerSays compares the origins of columns, most of
// which are named without asking, with what the server prints for their tables.
func TestColumnsHaveTheOriginThatTheServerSays(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, `
		create schema "Odd Schema"; create schema "order"; create schema über;
		create table plain (gone int, a int, "B b" text); alter table plain drop column gone;
		create table "Upper" (a int); create table "select" (a int); create table "between" (a int); create table t_1$ (a int);
		create table "1st" (a int); create table "a""b" (a int); create table "Odd Schema".t (a int); create table "order".t (a int);
		create table über.größe (größe int); create view v as select a from plain`)
	p, err := preview.New(preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, relation := range []string{
		`plain`, `"Upper"`, `"select"`, `"between"`, `t_1$`, `"1st"`, `"a""b"`, `"Odd Schema".t`, `"order".t`, `über.größe`, `v`, `pg_catalog.pg_am`,
	} {
		var want []string
		row := conn.QueryRow(t.Context(), `select array_agg(format('%I.%I', n.nspname, c.relname) || ' ' || a.attname order by a.attnum)
			from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
			where c.oid = $1::text::regclass and a.attnum > 0 and not a.attisdropped`, relation)
		if err := row.Scan(&want); err != nil {
			t.Fatal(err)
		}
		described, err := p.Describe(t.Context(), preview.Request{SQL: "select *, 1 from " + relation})
		if err != nil {
			t.Fatalf("%s: %v", relation, err)
		}
		if len(described.Columns) != len(want)+1 {
			t.Fatalf("%s: %d columns", relation, len(described.Columns))
		}
		for i, c := range described.Columns[:len(want)] {
			if got := c.OriginTable + " " + c.OriginColumn; got != want[i] {
				t.Errorf("%s: the column %d comes from %s, want %s", relation, i, got, want[i])
			}
		}
		if last := described.Columns[len(want)]; last.OriginTable+last.OriginColumn != "" {
			t.Errorf("%s: a constant comes from %s.%s", relation, last.OriginTable, last.OriginColumn)
		}
	}
}
