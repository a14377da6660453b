package guard_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/analyze"
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/catalog/catalogtest"
	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

func connect(t testing.TB, dsn string) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// database is one that statements are judged for.
type database struct {
	asker   *catalogtest.Asker
	catalog *catalog.Catalog
}

func newDatabase(t testing.TB, dsn string) *database {
	t.Helper()
	return &database{catalogtest.Connect(t, dsn), catalog.NewCache(0).Of("test", dsn)}
}

// version is the server's server_version_num.
func (d *database) version(t testing.TB) int {
	t.Helper()
	known, err := d.catalog.Look(context.Background(), d.asker, catalog.Names{})
	if err != nil {
		t.Fatal(err)
	}
	return known.Version()
}

// judge takes a text through Check and Judge.
func (d *database) judge(t testing.TB, sql string, policy *guard.Policy) []guard.Violation {
	t.Helper()
	st, violations := guard.Check(sql, policy)
	if st == nil {
		return violations
	}
	tree, err := pgtree.ReadNode(st.Tree())
	if err != nil {
		t.Fatal(err)
	}
	known, err := d.catalog.Look(context.Background(), d.asker, analyze.NamesOf(tree))
	if err != nil {
		t.Fatal(err)
	}
	return st.Judge(analyze.Statement(tree, known), known, nil, policy).Violations
}

// A database with every way in which a SELECT can run user code.
const traps = `
create schema app;
create schema other;
create table orders (id int, total int, note text);
create table invoices (id int, total int, lower text);
create function f_volatile(int) returns int language sql as 'select 1';
create function f_stable(int) returns int language sql stable as 'select 1';
create function f_overloaded(int) returns int language sql stable as 'select 1';
create function f_overloaded(text) returns int language sql as 'select 1';
create function two(int, int) returns int language sql as 'select 1';
create function deflt(int, int default 1) returns int language sql as 'select 1';
create function vari(variadic int[]) returns int language sql as 'select 1';
create function lower(varchar) returns text language sql as 'select ''x''::text';
create function app.hidden(int) returns int language sql as 'select 1';
create function other.upper(text) returns text language sql as 'select ''x''::text';
create function total(orders) returns int language sql as 'select 1';
create function label(orders) returns text language sql stable as 'select ''x''::text';
create function anyrow(anyelement) returns int language sql as 'select 1';
create function step(int, int) returns int language sql as 'select 1';
create aggregate agg_volatile(int) (sfunc = step, stype = int);
create function eq(orders, orders) returns bool language sql as 'select true';
create operator === (leftarg = orders, rightarg = orders, function = eq);
create function fine(int, int) returns bool language sql immutable as 'select true';
create operator !== (leftarg = int, rightarg = int, function = fine);
create function valid(int) returns bool language sql as 'select true';
create domain dom as int check (valid(value));
create domain dom2 as dom;
create domain good as int check (value > 0);
create type pair as (a int, b dom2);
create table pairs (p int, q pair);
create function takes_dom(dom) returns int language sql stable as 'select 1';
create function to_orders(int) returns orders language sql as 'select null::orders';
create cast (int as orders) with function to_orders(int);
create table money_like (amount int);
create function as_text(money_like) returns text language sql as 'select ''x''::text';
create cast (money_like as text) with function as_text(money_like) as implicit;
create function with_default(a int default pg_try_advisory_lock(1)::int) returns int language sql stable as 'select $1';
create function with_random(a float8 default random()) returns float8 language sql stable as 'select $1';
create function with_body(a int) returns int stable return f_volatile(a);
create function calls_body(a int default with_body(1)) returns int language sql immutable as 'select 1';
create function honest_body(a int) returns int stable return f_stable(a) + length(pg_catalog.lower('x'));
create operator ### (leftarg = bigint, rightarg = int, function = pg_catalog.int84pl);
create function lock_like(int, int) returns void language internal as 'pg_advisory_lock_int4';
create operator @!@ (leftarg = int, rightarg = int, function = pg_catalog.pg_try_advisory_lock);
create domain locked as bigint check (pg_try_advisory_lock(value));
create domain dice as float8 check (value > random() - 2);
create function "json_value"(text, text) returns int language sql as 'select 1';
create table sloppy (id int);
create function sloppy_text(sloppy) returns text language sql as 'select ''x''::text';
create cast (sloppy as text) with function sloppy_text(sloppy);
create table jsonish (id int);
create function jsonish_json(jsonish) returns json language sql as 'select ''1''::json';
create cast (jsonish as json) with function jsonish_json(jsonish);
create function gives() returns money_like language sql stable as 'select null::money_like';
create extension pgcrypto schema app;
create extension citext;
`

func TestJudge(t *testing.T) {
	t.Parallel()
	target := newDatabase(t, pgtest.Shared(t).Database(t, traps))
	for _, tc := range []struct{ sql, rule, at string }{
		{"select f_volatile(1)", "function-volatile", "f_volatile"},
		{"select public.f_volatile(1)", "function-volatile", "public.f_volatile"},
		{"select * from f_volatile(1)", "function-volatile", "f_volatile"},
		{"select f_stable(1)", "", ""},
		{"select f_overloaded(1)", "", ""},
		{"select f_overloaded('1'::text)", "function-volatile", "f_overloaded"},
		{"select f_overloaded('1')", "function-volatile", "f_overloaded"},
		{"select two(1, 2)", "function-volatile", "two"},
		{"select two(1)", "", ""},
		{"select deflt(1)", "function-volatile", "deflt"},
		{"select deflt(1, 2)", "function-volatile", "deflt"},
		{"select vari(1, 2, 3)", "function-volatile", "vari"},
		{"select vari(variadic array[1])", "function-volatile", "vari"},
		{"select lower('a')", "", ""}, // text is preferred
		{"select lower('a'::varchar)", "function-volatile", "lower"},
		{"select pg_catalog.lower('a')", "", ""},
		{"select lower from invoices", "", ""},
		{"select i.lower from invoices i", "", ""},
		{"select app.hidden(1)", "function-volatile", "app.hidden"},
		{"select hidden(1)", "", ""}, // not on the path: the server does not find it
		{"select upper('a')", "", ""},
		{"select other.upper('a')", "function-volatile", "other.upper"},
		{"select o.total from orders o", "", ""}, // the column comes first
		{"select i.total from invoices i", "", ""},
		{"select (o).total from orders o", "", ""},
		{"select o.label from orders o", "", ""},
		{"select o.anyrow from orders o", "function-volatile", "anyrow"},
		{"select x.anyrow from (select 1) x", "function-volatile", "anyrow"},
		{"select x.f_volatile from (select 1) x", "", ""},
		{"select g.f_volatile from generate_series(1, 2) g", "function-volatile", "f_volatile"},
		{"select (1).f_volatile", "function-volatile", "f_volatile"},
		{"select (1).f_stable", "", ""},
		{"select with_default()", "function-lock", "with_default"},
		{"select with_default(1)", "", ""},
		{"select with_random()", "", ""},
		{"select with_body(1)", "function-volatile", "with_body"},
		{"select calls_body()", "function-volatile", "calls_body"},
		{"select honest_body(1)", "", ""},
		{"select lock_like(1, 2)", "function-volatile", "lock_like"},
		{"select 1::bigint ### 2", "", ""},
		{"select 1 @!@ 2", "function-lock", "@!@"},
		{"select 1::locked", "function-lock", "locked"},
		{"select 1::dice", "", ""},
		{"select json_value('{}', '$')", "function-volatile", "json_value"},
		{"select json_query('{}', '$')", "", ""},
		{"select agg_volatile(id) from orders", "function-volatile", "agg_volatile"},
		{"select a === b from orders a, orders b", "operator-volatile", "==="},
		{"select a operator(public.===) b from orders a, orders b", "operator-volatile", "operator(public.===)"},
		{"select 1 !== 2", "", ""},
		{"select 1::dom", "type-volatile", "dom"},
		{"select cast(1 as public.dom2)", "type-volatile", "public.dom2"},
		{"select '{1}'::dom[]", "type-volatile", "dom"},
		{"select dom(1)", "type-volatile", "dom"},
		{"select (1).dom", "type-volatile", "1"},
		{"select 1::good", "", ""},
		{"select row(1, 2)::pair", "type-volatile", "pair"},
		{"select json_populate_record(null::pairs, '{}')", "type-volatile", "json_populate_record"},
		{"select jsonb_populate_record(x, '{}') from pairs x", "type-volatile", "jsonb_populate_record"},
		{"select json_to_record('{}') is null from (select 1) pg_input_is_valid", "", ""},
		{"select * from json_to_record('{}') as x(a dom)", "type-volatile", "dom"},
		{"select takes_dom(1)", "type-volatile", "takes_dom"},
		{"select 1::orders", "type-volatile", "orders"},
		{"select s::text from sloppy s", "type-volatile", "text"},
		{"select text(s), (s).text from sloppy s", "", ""}, // no server takes a cast by function for a call
		{"select s.id::int from sloppy s", "", ""},
		{"select id::text from orders", "", ""},
		{"select to_json(j) from jsonish j", "type-volatile", "to_json"},
		{"select '1'::json, to_json(o) from orders o", "", ""},
		{"select gives()", "", ""},
		{"select gives() || 'x'", "type-volatile", "||"},
		{"select m from money_like m", "", ""},
		{"select upper(m) from money_like m", "type-volatile", "upper"},
		{"select app.gen_random_bytes(4), app.crypt('a', 'b')", "", ""},
		{"select 'a'::citext = 'A'::citext", "", ""},
		{"select id, total, count(*) from orders group by 1, 2 order by lower(note collate \"C\")", "", ""},
		{"select id, total, count(*), sum(total) over w from orders group by 1, 2 window w as (order by id)", "", ""},
	} {
		if strings.Contains(tc.sql, "json_value") && target.version(t) >= 170000 {
			tc.rule = "" // there the word is no call
		}
		v := target.judge(t, tc.sql, nil)
		switch {
		case tc.rule == "" && len(v) > 0:
			t.Errorf("%s: refused: %+v", tc.sql, v)
		case tc.rule != "" && len(v) == 0:
			t.Errorf("%s: accepted, want %s", tc.sql, tc.rule)
		case tc.rule != "" && (v[0].Rule != tc.rule || tc.sql[v[0].Offset:v[0].End] != tc.at):
			t.Errorf("%s: %s at %q, want %s at %q", tc.sql, v[0].Rule, tc.sql[v[0].Offset:v[0].End], tc.rule, tc.at)
		}
	}
}

func TestJudgeWithAPolicy(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, traps+"create schema secret; create table secret.hidden (id int); "+
		"create function secret.f_hidden(int) returns int language sql stable as 'select 1';")
	target, onPath := newDatabase(t, dsn), newDatabase(t, dsn)
	onPath.asker.Exec(t, "set search_path = secret, public")
	policy, err := guard.NewPolicy(guard.Rules{AllowFunctions: []string{"public.f_volatile", "public.valid", "public.eq"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"select f_volatile(1)", "select 1::dom", "select a === b from orders a, orders b", "select (1).f_volatile"} {
		if v := target.judge(t, sql, policy); len(v) > 0 {
			t.Errorf("%s: refused although allowed: %+v", sql, v)
		}
	}
	denied, err := guard.NewPolicy(guard.Rules{DenySchemas: []string{"secret"}})
	if err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]int{
		"select id from orders": 0, "select id from public.orders": 0, "select id from hidden": 1,
		"select f_stable(1)": 0, "select f_hidden(1)": 1, "select upper('a')": 0,
	} {
		if v := onPath.judge(t, sql, denied); len(v) != want {
			t.Errorf("%s: %d violations, want %d: %+v", sql, len(v), want, v)
		}
	}
}

// A minor release of PostgreSQL may bring functions that catalog.txt does not
// know. Those that the guard refuses all the same are logged; one that it would
// allow without knowing it means that the file is out of date.
func TestCatalogKnowsThisServer(t *testing.T) {
	t.Parallel()
	unknown, functions := unknownFunctions(t, pgtest.Shared(t).Database(t, ""), "p.oid < 16384")
	if functions < 2000 {
		t.Fatalf("only %d functions", functions)
	}
	for name, fault := range unknown {
		if fault.allowedAs != "" {
			t.Errorf("%s: %s, and the guard allows %s; run gencatalog", name, fault.fault, fault.allowedAs)
		} else {
			t.Logf("%s: %s, and refused; run gencatalog at the next occasion", name, fault.fault)
		}
	}
}

// TestUnknownFunctions finds functions of a coming release and how each would be judged.
func TestUnknownFunctions(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, `
		create function pg_catalog.coming_stable(int) returns int language sql stable as 'select 1';
		create function pg_catalog.coming_volatile(int, text) returns int language sql as 'select 1';
		create function pg_catalog.coming_variadic(variadic int[]) returns int language sql as 'select 1';
		create function pg_catalog.pg_coming_stable() returns int language sql stable as 'select 1';
		create function pg_catalog.md5(point) returns text language sql as 'select null::text'`)
	unknown, _ := unknownFunctions(t, dsn, "p.oid >= 16384")
	for name, allowedAs := range map[string]string{
		"coming_stable": "select coming_stable(null)", "coming_volatile": "", "coming_variadic": "",
		"pg_coming_stable": "", "md5": "select md5(null)",
	} {
		if got, ok := unknown[name]; !ok || got.allowedAs != allowedAs {
			t.Errorf("%s: found %v, allowed as %q, want %q", name, ok, got.allowedAs, allowedAs)
		}
	}
}

// A symbol of the language internal counts as the function of pg_catalog that is
// called like it. Whichever functions a server makes of such a symbol must be harmless.
func TestSymbolsAreTheFunctionsOfTheirName(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.Shared(t).Database(t, ""))
	result := conn.ExecParams(context.Background(),
		"select p.proname, p.prosrc from pg_proc p join pg_language l on l.oid = p.prolang where p.oid < 16384 and l.lanname = 'internal'",
		nil, nil, nil, nil).Read()
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	harmless := 0
	for _, row := range result.Rows {
		name, symbol := string(row[0]), string(row[1])
		if !guard.HarmlessSymbol(symbol) {
			continue
		}
		harmless++
		if !guard.AllowedBuiltIn(name) {
			t.Errorf("the symbol %s counts as harmless, and the server makes %s of it", symbol, name)
		}
	}
	if harmless < 500 {
		t.Errorf("only %d symbols are known as harmless", harmless)
	}
}

type catalogFault struct{ fault, allowedAs string }

// unknownFunctions returns what catalog.txt has wrong about the functions of
// the server's own schemas, with a call of each that the guard allows, if any,
// and the number of functions it looked at.
func unknownFunctions(t *testing.T, dsn, which string) (map[string]catalogFault, int) {
	t.Helper()
	target, conn := newDatabase(t, dsn), connect(t, dsn)
	result := conn.ExecParams(context.Background(),
		`select n.nspname, p.proname, p.provolatile, p.pronargs from pg_proc p join pg_namespace n on n.oid = p.pronamespace
		where n.nspname in ('pg_catalog', 'information_schema') and p.prokind <> 'p' and `+which, nil, nil, nil, nil).Read()
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	unknown := make(map[string]catalogFault)
	for _, row := range result.Rows {
		schema, name := string(row[0]), string(row[1])
		qualified := schema + "." + name
		key := strings.TrimPrefix(qualified, "pg_catalog.")
		fault := guard.CatalogFault(key, row[2][0])
		if fault == "" || unknown[key].allowedAs != "" {
			continue
		}
		arguments, err := strconv.Atoi(string(row[3]))
		if err != nil {
			t.Fatal(err)
		}
		call := "(" + strings.TrimSuffix(strings.Repeat("null, ", arguments), ", ") + ")"
		found := catalogFault{fault: fault}
		for _, sql := range []string{"select " + name + call, "select " + qualified + call} {
			if len(target.judge(t, sql, nil)) == 0 {
				found.allowedAs = sql
				break
			}
		}
		unknown[key] = found
	}
	return unknown, len(result.Rows)
}

// An extension that has not been vetted: its functions that could run a text
// pass only where the operator vouches for it.
func TestJudgeExtensions(t *testing.T) {
	t.Parallel()
	target := newDatabase(t, pgtest.Shared(t).Database(t, `
		create function canary(text) returns text immutable language plpgsql as $$ begin execute $1; return ''; end $$;
		create function step(int, int) returns int language plpgsql as 'begin return 1; end';
		create aggregate total(int) (sfunc = step, stype = int);
		create extension pg_stat_statements;
		alter extension pg_stat_statements add function canary(text);
		alter extension pg_stat_statements add function step(int, int);
		alter extension pg_stat_statements add aggregate total(int)`))
	vouching, err := guard.NewPolicy(guard.Rules{AllowExtensions: []string{"pg_stat_statements"}})
	if err != nil {
		t.Fatal(err)
	}
	const sql = "select canary('select 1')"
	if v := target.judge(t, sql, nil); len(v) != 1 || v[0].Rule != "function-unvetted" {
		t.Errorf("%s: %+v, want function-unvetted", sql, v)
	}
	if v := target.judge(t, sql, vouching); len(v) > 0 {
		t.Errorf("%s: refused although the operator vouches: %+v", sql, v)
	}
	for _, policy := range []*guard.Policy{nil, vouching} {
		// The extension has a file, so that its aggregates are vetted; VOLATILE functions
		// stay refused.
		if v := target.judge(t, "select total(1)", policy); len(v) > 0 {
			t.Errorf("an aggregate of it: %+v", v)
		}
		if v := target.judge(t, "select step(1, 2)", policy); len(v) != 1 || v[0].Rule != "function-volatile" {
			t.Errorf("a VOLATILE function of it: %+v", v)
		}
	}
}
