package analyze_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/analyze"
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/catalog/catalogtest"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/pgtest/corpus"
)

const allowedFolder = "../../../testdata/allowed"

// objects are what the expressions of TestTypesAreTheServers need beside the corpus'
// schema.
const objects = `
create domain code as varchar(10);
create domain codes as text[];
create type point3 as (x int, y numeric, z float8);
create type level as enum ('low', 'high');
create type span as range (subtype = int8);
create table parent (id int, tags text[], c code, p point3, l level, s span, cs codes);
create table child (extra text) inherits (parent);
create function pick(int) returns int language sql immutable as 'select 1';
create function pick(text) returns text language sql immutable as 'select ''''';
create function pick(numeric) returns numeric language sql immutable as 'select 1.0';
create function rows_of(n int, out a int, out b text) returns setof record language sql immutable as 'select 1, ''''';
create function one_out(out only_one text) language sql immutable as 'select ''''';
create function whole(parent) returns int language sql immutable as 'select 1';
create function vary(variadic numeric[]) returns int language sql immutable as 'select 1';
create function same(anyelement, anyelement) returns anyelement language sql immutable as 'select $1';
create function compat(anycompatible, anycompatible) returns anycompatiblearray language sql immutable as 'select array[$1, $2]';
create function named(a int, b text default 'x', c date default now()) returns interval language sql stable as 'select null::interval';
create operator <%> (leftarg = int, rightarg = numeric, function = numeric_of);
`

// expressions are select lists and FROM clauses whose types need PostgreSQL's rules.
var expressions = []string{
	"select 1, 1.5, 10000000000, 100000000000000000000, 'x', null, true, b'101', x'1F', -1, 1e3",
	"select 1 + 1, 1 + 1.5, 1::int2 + 1, 1 / 2.0::float4, '1' + 1, 2 ^ 3, 5 % 2, |/ 4, @ -1",
	"select 'a' || 'b', 'a' || 1, array[1] || 2, 1 || array[2], array[1] || array[2], '{1}' || 2, '{\"a\":1}'::jsonb || '{}'",
	"select now() - now(), now() + interval '1 day', current_date - 1, current_date - current_date, now() at time zone 'UTC', localtime, current_user",
	"select pick(1), pick('1'), pick(1.5), pick(1::float4::numeric), public.pick(1::int8::int)",
	"select same(1, 2.5::numeric::int), same('a'::text, 'b'), compat(1, 2.5), vary(1, 2, 3), vary(variadic array[1.5])",
	"select named(1), named(1, c => '2020-01-01'), named(b => 'y', a => 2)",
	"select coalesce(null, 1), coalesce(1, 2.5), coalesce('a', 'b'), nullif(1, 2), greatest(1, 2.5), least('a', 'b'::varchar)",
	"select case when true then 1 else 2.5 end, case 1 when 1 then 'a' end, case when true then null else current_date end",
	"select array[1, 2.5], array['a', 'b'::varchar], array[array[1], array[2]], array[]::int[], (array[1, 2])[1], (array[1, 2])[1:1]",
	"select row(1, 'a'), row(1, 'a') = row(2, 'b'), (row(1, 2.5, 3)::point3).y, (p).x, (p).* from parent",
	"select p, parent, parent.c, c::text, upper(c), c || 'x', tags[1], cs[1], cs, l, s, lower(s), upper(s) - lower(s) from parent",
	"select whole(parent), parent.whole, (parent).id, parent.tableoid, c.ctid, c.extra from parent, child c",
	"select x.a, x.b, x, ordinality from rows_of(1) with ordinality x(a, b), one_out()",
	"select * from rows_of(1) r, one_out() o, generate_series(1, 2) g, unnest(array[1], array['a']) u(m, n)",
	"select f.x, g.y from (select 1 as x) f join (select 1 as x, 'b' as y) g using (x)",
	"select * from (values (1, 'a'), (2.5, 'b')) v(n, t)",
	"select * from (select 1 as a, 2 as b) l full join (select 1.5 as a, 'x' as c) r using (a)",
	"select * from (select 1 as a, 2 as b) l natural join (select 1 as a, 'x' as c) r",
	"select 1 as a union select 2.5 union select null",
	"select 'a' as a union select 'b' intersect select 'c'",
	"with recursive r(n, t) as (select 1, 'a' union all select n + 1, t || 'b' from r where n < 3) select n, t, r from r",
	"with a as (select 1 as x), b as (select x, 'y' as y from a) select * from b, a",
	"select (select 1), array(select 1), array(select array[1]), exists (select 1), 1 in (select 2), 1 = any (array[1]), 1 in (1, 2.5)",
	"select count(*), sum(1), sum(1.5), avg(1), max('a'), array_agg(1), string_agg('a', ','), bool_and(true), json_agg(1), max(tags) from parent",
	"select rank() over (), sum(id) over w, lag(id) over w, first_value(tags) over w from parent window w as (order by id)",
	"select percentile_cont(0.5) within group (order by id), mode() within group (order by l), grouping(id) from parent group by id",
	"select extract(year from now()), position('a' in 'b'), substring('abc' from 2 for 1), trim('a'), overlay('abc' placing 'x' from 1)",
	"select xmlelement(name a, 1), xmlforest(1 as b), xmlparse(content '<a/>'), xmlconcat('<a/>'::xml), '<a/>'::xml is document",
	"select * from xmltable('/a' passing ('<a/>'::xml) columns x int path '.', n for ordinality, t text default 'd')",
	"select * from json_to_recordset('[]') as t(a int, b text[]), jsonb_populate_record(null::point3, '{}') p",
	"select (jsonb_populate_record(null::point3, '{}')).*, to_jsonb(1), '{\"a\":1}'::jsonb -> 'a', '[1]'::jsonb #>> '{0}', ('{\"a\":1}'::jsonb)['a']",
	"select l.id from parent, lateral (select parent.id, parent.l) l(id, lev) order by l.lev",
	"select t.* from parent t where t.id between 1 and 2.5 and t.c like 'a%' and t.l > 'low' and t.s @> 1::int8",
	"select a.*, b.id as other from parent a left join child b on a.id = b.id and b.extra is not distinct from 'x'",
	"select id::text, id::varchar(3), c::code, '{a}'::codes, 'low'::level, array['low', 'high']::level[], '[1,2]'::span, null::point3 from parent",
	"select int4(1.5), text(1), varchar 'x', (1).text, float8 '1', date('2020-01-01'), interval '1' day",
	"select sum(x), y from (select 1 as x, 'a' as y) q group by 2 order by y desc limit 1 + 1 offset '0'",
	"select distinct on (l) l, id from parent order by l, id",
	"select not true, true and false, 1 is null, (1, 2) is null, true is not unknown, 1 < 2, 'a' ~ 'b', 'a' similar to 'b'",
	"select max(id) filter (where id > 1), count(distinct parent.*), count(distinct (id, l)) from parent",
	"select pg_typeof(1), 1::oid::regclass, 'parent'::regclass, current_setting('work_mem'), md5('x'), length('x')",
	"select from parent",
}

// TestTypesAreTheServers: the names and types of output columns are those that the
// server gives, for every query of the honest corpus and for expressions that need
// its rules. A type that is not determined is allowed; how many are is bounded.
func TestTypesAreTheServers(t *testing.T) {
	t.Parallel()
	ddl, err := os.ReadFile(allowedFolder + "/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	setup := string(ddl) + "create function numeric_of(int, numeric) returns numeric language sql immutable as 'select 1.0';" + objects
	dsn := pgtest.Shared(t).Database(t, setup)
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	known := &lookups{asker: catalogtest.Connect(t, dsn), catalog: catalog.NewCache(0).Of("c", dsn)}
	cases, err := corpus.Read(allowedFolder, corpus.Allowed)
	if err != nil {
		t.Fatal(err)
	}
	texts := slices.Clone(expressions)
	for _, c := range cases {
		texts = append(texts, c.SQL)
	}
	bases := domains(t, conn)
	columns, undetermined, opaque := 0, 0, 0
	for i, sql := range texts {
		described, err := conn.Prepare(t.Context(), "", sql, nil)
		if err != nil {
			if i < len(expressions) {
				t.Errorf("%s: the server refuses it: %v", sql, err)
			}
			continue // of another version, or with an extension
		}
		found := known.analyze(t, sql)
		if found == nil {
			continue
		}
		if len(found.Opaque) > 0 {
			opaque++
			t.Errorf("%.200s: opaque: %v", sql, found.Opaque)
			continue
		}
		if len(found.Outputs) != len(described.Fields) {
			t.Errorf("%.200s: %d columns, the server has %d", sql, len(found.Outputs), len(described.Fields))
			continue
		}
		for k, o := range found.Outputs {
			want := described.Fields[k]
			columns++
			switch {
			case o.Name != want.Name:
				t.Errorf("%.200s: column %d is called %q, the server calls it %q", sql, k+1, o.Name, want.Name)
			case o.Type == 0:
				undetermined++
				t.Logf("%.200s: the type of column %d is not determined", sql, k+1)
			case bases[o.Type] != want.DataTypeOID && uint32(o.Type) != want.DataTypeOID:
				t.Errorf("%.200s: column %d has the type %d, the server says %d", sql, k+1, o.Type, want.DataTypeOID)
			}
			if origin, computed := o.Flow.Columns(); want.TableOID != 0 && want.TableAttributeNumber > 0 && want.TableAttributeNumber < 1<<15 &&
				(computed || len(origin) != 1 || uint32(origin[0].Relation) != want.TableOID || uint16(origin[0].Number) != want.TableAttributeNumber) {
				t.Errorf("%.200s: column %d comes from %v, the server says %d.%d", sql, k+1, origin, want.TableOID, want.TableAttributeNumber)
			}
		}
	}
	t.Logf("%d columns, %d of no determined type, %d statements opaque", columns, undetermined, opaque)
	if columns < 1000 || undetermined > columns/100 {
		t.Errorf("of %d columns %d have no determined type", columns, undetermined)
	}
}

// domains has what the server shows for each domain: the type below it.
func domains(t *testing.T, conn *pgconn.PgConn) map[catalog.OID]uint32 {
	t.Helper()
	result := conn.ExecParams(t.Context(), `with recursive below (domain, base) as (
		select oid, typbasetype from pg_type where typtype = 'd'
		union select b.domain, t.typbasetype from below b join pg_type t on t.oid = b.base where t.typtype = 'd'
	) select b.domain, b.base from below b join pg_type t on t.oid = b.base where t.typtype <> 'd'`, nil, nil, nil, nil).Read()
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	bases := make(map[catalog.OID]uint32)
	for _, row := range result.Rows {
		domain, err1 := strconv.ParseUint(string(row[0]), 10, 32)
		base, err2 := strconv.ParseUint(string(row[1]), 10, 32)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		bases[catalog.OID(domain)] = uint32(base)
	}
	return bases
}

// lookups asks a database's catalog for what statements need.
type lookups struct {
	asker   *catalogtest.Asker
	catalog *catalog.Catalog
}

// analyze returns nil for a text that is not one SELECT.
func (l *lookups) analyze(t *testing.T, sql string) *analyze.Result {
	t.Helper()
	n := selectNode(t, sql)
	if !n.Exists() {
		return nil
	}
	known, err := l.catalog.Look(t.Context(), l.asker, analyze.NamesOf(n))
	if err != nil {
		t.Fatal(err)
	}
	return analyze.Statement(n, known)
}

// selectNode returns the node of the one SELECT in a text.
func selectNode(t *testing.T, sql string) pgtree.Node {
	t.Helper()
	tree, err := pgtree.ParseIndented(sql)
	if err != nil {
		return pgtree.Node{}
	}
	root, err := pgtree.ReadNode(tree)
	if err != nil {
		t.Fatal(err)
	}
	statements := root.List("stmts")
	if len(statements) != 1 || statements[0].Node("stmt").Kind() != "SelectStmt" {
		return pgtree.Node{}
	}
	return statements[0].Node("stmt")
}
