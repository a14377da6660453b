package run_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

const valueTypes = `
create extension if not exists hstore;
create type mood as enum ('sad', 'über');
create type pair as (a int, b text);
create domain positive as int check (value > 0);
create domain amounts as numeric(8,3)[];
`

// TestExactValues compares what comes with what psql prints. The text of a
// value is the value: nothing here may be rounded, reordered or reformatted.
func TestExactValues(t *testing.T) {
	t.Parallel()
	to := target(t, valueTypes)
	pools := newPools(t, run.Limits{})
	for _, test := range []struct{ sql, want, typ, category string }{
		{"select 'NaN'::float8", "NaN", "double precision", "N"},
		{"select '-Infinity'::float4", "-Infinity", "real", "N"},
		{"select 0.1::float8 + 0.2::float8", "0.30000000000000004", "double precision", "N"},
		{"select 1e-320::float8", "1e-320", "double precision", "N"},
		{"select 'NaN'::numeric", "NaN", "numeric", "N"},
		{"select ('1' || repeat('0', 400) || '.50')::numeric", "1" + strings.Repeat("0", 400) + ".50", "numeric", "N"},
		{"select 1.500::numeric(10,3)", "1.500", "numeric(10,3)", "N"},
		{"select 9223372036854775807", "9223372036854775807", "bigint", "N"},
		{"select (-9223372036854775808)::int8", "-9223372036854775808", "bigint", "N"},
		{"select 9007199254740993::int8", "9007199254740993", "bigint", "N"},
		{`select '{"b": 9007199254740993, "a": 1.10}'::jsonb`, `{"a": 1.10, "b": 9007199254740993}`, "jsonb", "U"},
		{`select '{"a": 1, "a":  2}'::json`, `{"a": 1, "a":  2}`, "json", "U"},
		{"select 'infinity'::date", "infinity", "date", "D"},
		{"select '-infinity'::timestamptz", "-infinity", "timestamp with time zone", "D"},
		{"select '0044-03-15 BC'::date", "0044-03-15 BC", "date", "D"},
		{"select '10000-01-01'::date", "10000-01-01", "date", "D"},
		{"select '294276-12-31 23:59:59.999999'::timestamp", "294276-12-31 23:59:59.999999", "timestamp without time zone", "D"},
		{"select '2024-02-29 12:00:00.5+05:45'::timestamptz(1) at time zone 'UTC'", "2024-02-29 06:15:00.5", "timestamp without time zone", "D"},
		{"select '24:00:00'::time", "24:00:00", "time without time zone", "D"},
		{"select '12:34:56.789+02'::timetz(2)", "12:34:56.79+02", "time(2) with time zone", "D"},
		{"select '1 year 2 mons -3 days 04:05:06.7'::interval", "1 year 2 mons -3 days +04:05:06.7", "interval", "T"},
		{`select '\x00ff10'::bytea`, `\x00ff10`, "bytea", "U"},
		{"select array[[1,null],[3,4]]", "{{1,NULL},{3,4}}", "integer[]", "A"},
		{"select '[2:3]={a,\"b,c\"}'::text[]", `[2:3]={a,"b,c"}`, "text[]", "A"},
		{"select row(1, null, 'a b', '\"')", `(1,,"a b","""")`, "record", "P"},
		{"select (1, 'x')::pair", "(1,x)", "public.pair", "C"},
		{"select int4range(1, 5), 1", "[1,5)", "int4range", "R"},
		{"select 'empty'::tstzrange", "empty", "tstzrange", "R"},
		{"select '{[1,2),[5,6)}'::int4multirange", "{[1,2),[5,6)}", "int4multirange", "R"},
		{"select '<a>ü</a>'::xml", "<a>ü</a>", "xml", "U"},
		{`select 'a=>1,b=>NULL'::hstore`, `"a"=>"1", "b"=>NULL`, "public.hstore", "U"},
		{"select 'über'::mood", "über", "public.mood", "E"},
		{"select array['sad']::mood[]", "{sad}", "public.mood[]", "A"},
		{"select 7::positive", "7", "integer", "N"}, // a row description names a domain's base type
		{"select '{1.5}'::amounts", "{1.500}", "numeric(8,3)[]", "A"},
		{`select 'a'::"char"`, "a", `"char"`, "SZ"}, // Z from PostgreSQL 15 on
		{"select 'ab'::char(4)", "ab  ", "character(4)", "S"},
		{"select 'ab'::varchar(7)", "ab", "character varying(7)", "S"},
		{"select b'0101'::bit(4)", "0101", "bit(4)", "V"},
		{"select b'01'::varbit(9)", "01", "bit varying(9)", "V"},
		{"select '{1,2}'::oidvector", "", "", ""},
		{"select 'pg_class'::regclass", "pg_class", "regclass", "N"},
		{"select '(0,7)'::tid", "(0,7)", "tid", "U"},
		{"select '192.168.0.1/24'::inet", "192.168.0.1/24", "inet", "I"},
		{"select '08:00:2b:01:02:03'::macaddr", "08:00:2b:01:02:03", "macaddr", "U"},
		{"select '((0,0),(1,1))'::box", "(1,1),(0,0)", "box", "G"},
		{"select 'fat & rat'::tsquery", "'fat' & 'rat'", "tsquery", "U"},
		{"select 'a:1 b:2'::tsvector", "'a':1 'b':2", "tsvector", "U"},
		{"select '550e8400-e29b-41d4-a716-446655440000'::uuid", "550e8400-e29b-41d4-a716-446655440000", "uuid", "U"},
		{"select true", "t", "boolean", "B"},
		{"select '12.34'::money", "$12.34", "money", "N"},
		{"select E'a\\tb\\n\\u00e9\\U0001F600'", "a\tb\né😀", "text", "S"},
		{"select ''", "", "text", "S"},
		{"select null", "NULL", "text", "S"},
		{"select '0/16B3748'::pg_lsn", "0/16B3748", "pg_lsn", "U"},
	} {
		if test.typ == "int4multirange" && majorOf(t, to.DSN) < 14 {
			continue
		}
		if test.typ == "" {
			_, err := pools.Run(t.Context(), to, run.Query{SQL: test.sql})
			if e := asError(t, err); e.Reason != reason.DataException {
				t.Errorf("%s: %v", test.sql, e)
			}
			continue
		}
		result := mustRun(t, pools, to, wrapped(test.sql))
		column := result.Columns[0]
		if got := text(result, 0, 0); got != test.want && (test.typ != "money" || !strings.HasSuffix(got, "12.34")) {
			t.Errorf("%s: got %q, want %q", test.sql, got, test.want)
		}
		if column.Type != test.typ || !strings.Contains(test.category, column.Category) {
			t.Errorf("%s: the type is %s, category %s; want %s, %s", test.sql, column.Type, column.Category, test.typ, test.category)
		}
	}
}

func TestRoleSettingsDoNotShapeValues(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	role := "shaped_" + strings.ToLower(t.Name())
	dsn := server.Database(t, "create role "+role+` login;
		alter role `+role+` set datestyle = 'SQL, DMY'; alter role `+role+` set intervalstyle = 'iso_8601';
		alter role `+role+` set extra_float_digits = -5; alter role `+role+` set bytea_output = 'escape';
		alter role `+role+` set standard_conforming_strings = off; alter role `+role+` set client_encoding = 'LATIN1';
		alter role `+role+` set default_transaction_isolation = 'serializable';
		alter role `+role+` set timezone = 'Asia/Tokyo'; alter role `+role+` set search_path = nowhere;`)
	t.Cleanup(func() { admin(t, server.DSN(), "drop role "+role) })
	to := run.Target{ID: "role", DSN: dsn + " user=" + role}
	pools := newPools(t, run.Limits{})
	for range 3 { // the settings hold in every pipeline of a session
		result := mustRun(t, pools, to, `select '2024-02-01'::date, '1 day'::interval, 0.1::float8 + 0.2::float8, '\x41'::bytea, 'a\nb', '€', '01/02/2024'::date, '2024-01-01 00:00+00'::timestamptz, 1 as "größe"`)
		want := []string{"2024-02-01", "1 day", "0.30000000000000004", `\x41`, `a\nb`, "€", "2024-02-01", "2024-01-01 09:00:00+09", "1"}
		for i := range want {
			if got := text(result, 0, i); got != want[i] {
				t.Errorf("column %d is %q, want %q", i, got, want[i])
			}
		}
		if result.Columns[8].Name != "größe" {
			t.Errorf("the name is %q", result.Columns[8].Name)
		}
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ encoding, sql, want string }{
		{"LATIN1", `select chr(228) || 'ß' || convert_from('\x80ff'::bytea, 'LATIN1')`, "äß\u0080ÿ"},
		{"SQL_ASCII", `select 'ä' || convert_from('\xff80e4'::bytea, 'SQL_ASCII')`, "ä\xff\x80\xe4"},
		{"EUC_JP", `select '日本'`, "日本"},
	} {
		t.Run(test.encoding, func(t *testing.T) {
			t.Parallel()
			server := pgtest.Start(t, pgtest.Options{Encoding: test.encoding})
			pools := newPools(t, run.Limits{})
			to := run.Target{ID: "e", DSN: server.DSN()}
			result := mustRun(t, pools, to, test.sql)
			if got := text(result, 0, 0); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			// Positions are counted in characters whatever the encoding.
			_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 'ßä', nope"})
			if e := asError(t, err); e.Position != len([]rune("select 'ßä', "))+1 {
				t.Errorf("the position is %d", e.Position)
			}
		})
	}
}

func TestColumnMetadata(t *testing.T) {
	t.Parallel()
	negative, scale := "numeric(3,-2)", int32(-2)
	if major, err := strconv.Atoi(admin(t, pgtest.Shared(t).DSN(), "select current_setting('server_version_num')::int / 10000")); err != nil || major < 15 {
		negative, scale = "numeric(3,2)", 2 // PostgreSQL 14 has no negative scales
	}
	to := target(t, `create schema "Odd one"; create table "Odd one"."t.1" ("A b" numeric(12,4), gone int, "größe" varchar(30), p interval(3), d timestamptz(0), n `+negative+`, bits bit(5));
		alter table "Odd one"."t.1" drop column gone; create view v as select "A b" as x, "größe" from "Odd one"."t.1";`)
	pools := newPools(t, run.Limits{})
	const table = `"Odd one"."t.1"`
	result := mustRun(t, pools, to, wrapped(`with w as (select * from "Odd one"."t.1") select w."A b", w."A b" as renamed, w."größe", p, d, n, bits, w."A b" + 1 as computed, 1 as twice, 2 as twice, c.tableoid, x from w, v, (select tableoid from pg_class) c`))
	want := []run.Column{
		{Name: "A b", Type: "numeric(12,4)", Category: "N", Precision: 12, Scale: 4, OriginTable: table, OriginColumn: "A b"},
		{Name: "renamed", Type: "numeric(12,4)", Category: "N", Precision: 12, Scale: 4, OriginTable: table, OriginColumn: "A b"},
		{Name: "größe", Type: "character varying(30)", Category: "S", Precision: 30, Scale: -1, OriginTable: table, OriginColumn: "größe"},
		{Name: "p", Type: "interval(3)", Category: "T", Precision: 3, Scale: -1, OriginTable: table, OriginColumn: "p"},
		{Name: "d", Type: "timestamp(0) with time zone", Category: "D", Precision: 0, Scale: -1, OriginTable: table, OriginColumn: "d"},
		{Name: "n", Type: negative, Category: "N", Precision: 3, Scale: scale, OriginTable: table, OriginColumn: "n"},
		{Name: "bits", Type: "bit(5)", Category: "V", Precision: 5, Scale: -1, OriginTable: table, OriginColumn: "bits"},
		{Name: "computed", Type: "numeric", Category: "N", Precision: -1, Scale: -1},
		{Name: "twice", Type: "integer", Category: "N", Precision: -1, Scale: -1},
		{Name: "twice", Type: "integer", Category: "N", Precision: -1, Scale: -1},
		{Name: "tableoid", Type: "oid", Category: "N", Precision: -1, Scale: -1},
		{Name: "x", Type: "numeric(12,4)", Category: "N", Precision: 12, Scale: 4, OriginTable: "public.v", OriginColumn: "x"},
	}
	for i, c := range result.Columns {
		got := fmt.Sprint(c.Name, c.Type, c.Category, c.Precision, c.Scale, c.OriginTable, c.OriginColumn)
		w := want[i]
		if expected := fmt.Sprint(w.Name, w.Type, w.Category, w.Precision, w.Scale, w.OriginTable, w.OriginColumn); got != expected {
			t.Errorf("column %d is %s, want %s", i, got, expected)
		}
	}
}

func TestManyColumns(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := newPools(t, run.Limits{})
	columns := make([]string, 1600)
	for i := range columns {
		columns[i] = fmt.Sprintf("%d as c", i)
	}
	result, err := pools.Run(t.Context(), to, run.Query{SQL: wrapped("select " + strings.Join(columns, ",")), MaxColumns: 1500})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Columns) != 1500 || result.TotalColumns != 1600 || len(result.Rows[0]) != 1500 || text(result, 0, 1499) != "1499" {
		t.Errorf("%d of %d columns, %d cells", len(result.Columns), result.TotalColumns, len(result.Rows[0]))
	}
	_, err = pools.Run(t.Context(), to, run.Query{SQL: wrapped("select " + strings.Join(append(columns, columns[:100]...), ","))})
	if e := asError(t, err); e.Reason != reason.QueryTooComplex {
		t.Errorf("1,700 columns: %v", e)
	}
}

func TestSchemaFingerprint(t *testing.T) {
	t.Parallel()
	one, two := target(t, "create table pad (a int); create type mood as enum ('a'); create table s (a int, m mood, n numeric(10,2))"), target(t, "create type mood as enum ('a', 'b'); create table s (a int, m mood, n numeric(10,2)); alter role current_user reset all")
	two.ID = "two"
	pools := newPools(t, run.Limits{})
	fingerprint := func(to run.Target, sql string) string {
		return mustRun(t, pools, to, wrapped(sql)).SchemaFingerprint
	}
	base := fingerprint(one, "select a, m, n from s")
	if other := fingerprint(two, "select a, m, n from s where a > 1"); other != base {
		t.Error("the same columns have another fingerprint on another database, where the OIDs differ")
	}
	two.DSN += " options='-c search_path=nowhere'"
	if other := fingerprint(two, "select a, m, n from public.s"); other != base {
		t.Error("the same columns have another fingerprint with another search path")
	}
	for _, sql := range []string{"select a, m from s", "select a, n, m from s", "select a, m, n as o from s", "select a, m::text, n from s", "select a, m, n::numeric(10,3) from s", "select a, m, n, null as x from s"} {
		if fingerprint(one, sql) == base {
			t.Errorf("%s has the same fingerprint", sql)
		}
	}
}

func TestNamesOfNewObjects(t *testing.T) {
	t.Parallel()
	to := target(t, "create table a (b int)")
	pools := newPools(t, run.Limits{})
	if got := mustRun(t, pools, to, "select b from a").Columns[0].OriginColumn; got != "b" {
		t.Errorf("the origin is %q", got)
	}
	admin(t, to.DSN, "drop table a; create table c (d int); select 1")
	result := mustRun(t, pools, to, "select d from c")
	if got := result.Columns[0].OriginTable + "." + result.Columns[0].OriginColumn; got != "public.c.d" {
		t.Errorf("the origin is %q", got)
	}
}
