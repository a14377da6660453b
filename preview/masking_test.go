package preview_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/sanitize"
)

// vault has a masked column by name (password_hash), one by an operator's rule
// (notes.body), and ways around both.
const vault = `
create table users (id int, name text, password_hash text, team text);
insert into users values (1, 'Ada', 'canary-hash', 'red');
create table notes (id int, body text);
insert into notes values (1, 'canary-note');
create table plain (id int, name text, team text);
insert into plain values (1, 'Grace', 'blue');
create view renamed as select id, name, password_hash as word from users;
create view upper_renamed as select id, upper(word) as shouted from renamed;
create view harmless as select id, upper(name) as name from users;
create view counted as select team, count(*) as members from users group by team;
create view whole as select u as r from users u;
create view starred as select * from users union all select * from users;
create materialized view stored as select id, password_hash as word from users;
create schema other;
create table other.users (id int, name text);
insert into other.users values (7, 'Other');
create table measured (id int, stamp timestamptz) partition by range (id);
create table measured_1 partition of measured for values from (0) to (100);
insert into measured values (5, '2026-01-02 03:04:05+00');
create table visits (id int, origin text) partition by range (id);
create table visits_1 partition of visits for values from (0) to (100);
insert into visits values (1, 'canary-visit');
create table bare (api_key text);
insert into bare values ('canary-bare');
create table changes (id int, old users, olds users[], kept plain);
insert into changes select 1, u, array[u], p from users u, plain p;
create view changed as select id, old from changes;
create domain some_user as users;
create function domain_word(some_user) returns text language sql immutable as 'select ($1).password_hash';
create table people (id int, mail text);
create table people_eu () inherits (people);
insert into people_eu values (1, 'canary-mail');
create table people_us () inherits (people);
insert into people_us values (2, 'us');
create table derived (id int, password text, twice int generated always as (id * 2) stored,
  shout text generated always as (upper(password)) stored);
insert into derived values (1, 'canary-derived');
create sequence numbers;
create view long as select id, name as first_name, $long$LONG$long$ as filler from users;
create function describe(users) returns text language sql immutable as 'select $1.password_hash';
`

// A column that speaks of a secret and holds none is shown, by its name or its
// type; what PostgreSQL has folded is masked.
func TestMaskingKnowsWhatSpeaksOfSecrets(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, `
create table accounts (id int, AccessToken text, has_password boolean, password boolean, secret timestamptz, token bigint, pin int,
  password_changed_at timestamptz, api_key_id text, token_price numeric, "contraseña" text);
insert into accounts values (1, 'canary', true, true, '2026-01-02', 42, 1234, '2026-01-02', 'k1', 9.5, 'canary');`)
	p := newPreviewer(t, preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	for sql, want := range map[string]string{
		"select * from accounts": "-m----m---m",
		"select has_password, password, token_price, sum(token_price) as token_price from accounts group by 1, 2, 3": "----",
	} {
		result, err := p.Preview(t.Context(), preview.Request{SQL: sql})
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, cell := range result.Rows[0] {
			if cell.Changes != nil && cell.Changes.Kinds.Has(sanitize.MaskedColumn) {
				got.WriteByte('m')
			} else {
				got.WriteByte('-')
			}
		}
		if got.String() != want {
			t.Errorf("%s: masked %s, want %s", sql, got.String(), want)
		}
	}
}

func TestMaskingFollowsTheOrigin(t *testing.T) {
	dsn := pgtest.Shared(t).Database(t, strings.Replace(vault, "LONG", strings.Repeat("0123456789", 2000), 1))
	p := newPreviewer(t, preview.Config{
		Resolver: preview.SingleConnection(preview.NewSecret(dsn)),
		Sanitize: sanitize.Config{Columns: sanitize.ColumnRules{
			Mask: []string{"public.notes.body", "public.visits.origin", "public.people_eu.mail"},
		}},
	})
	tests := []struct {
		name, sql string
		// masked says for each column whether it is masked.
		masked string
	}{
		{"the column itself", "select id, password_hash from users", "-m"},
		{"an alias does not pass", "select id as password, password_hash as id from users", "-m"},
		{"star", "select * from users", "--m-"},
		{"star through a subselect", "select * from (select * from users) x", "--m-"},
		{"alias through a CTE", "with c as (select password_hash as h, id from users) select h, id from c", "m-"},
		{"columns renamed by a list", "select a, c from users as u(a, b, c)", "-m"},
		{"an expression", "select upper(password_hash), id from users", "m-"},
		{"an expression elsewhere in the list counts too", "select upper(password_hash), upper(name) from users", "mm"},
		{"an aggregate", "select string_agg(password_hash, ',') from users", "m"},
		{"a scalar subselect", "select (select password_hash from users limit 1)", "m"},
		{"union", "select name from users union all select password_hash from users", "m"},
		{"union of stars, by position", "select * from starred", "--m-"},
		{"a star in an arm, by position", "select b from (select 1, 'x' as b, 'y', 'z' union all select * from users) x", "-"},
		{"a star in an arm, the masked one", "select c from (select 1, 'x' as b, 'y' as c, 'z' union all select * from users) x", "m"},
		{"whole row", "select u from users u", "m"},
		{"whole row as JSON", "select to_jsonb(u) from users u", "m"},
		{"whole row as JSON by attribute notation", "select u.to_jsonb from users u", "m"},
		{"whole row through a function of one's own", "select describe(u) from users u", "m"},
		{"the same by attribute notation", "select u.describe from users u", "m"},
		{"row of a star", "select row(u.*) from users u", "m"},
		{"array of a subselect's star", "select (select x from (select password_hash) x) from users", "m"},
		{"NATURAL FULL JOIN", "select * from users natural full join (select 1 as id) y", "--m-"},
		{"USING", "select password_hash from users full join (select 'x' as password_hash) y using (password_hash)", "m"},
		{"an operator's rule", "select id, body from notes", "-m"},
		{"an operator's rule, whole row", "select n::text from notes n", "m"},
		{"an operator's rule, NATURAL FULL JOIN", "select * from notes natural full join (select 'x' as body) y", "m-"},
		{"a partition of a table with a rule", "select id, origin from visits_1", "-m"},
		{"an expression on such a partition", "select upper(origin) from visits_1", "m"},
		{"a child with a rule, through its parent", "select id, mail from people", "-m"},
		{"an expression on such a parent", "select upper(mail) from people", "m"},
		{"a sibling of a child with a rule", "select id, upper(mail) from people_us", "--"},
		{"a column of rows", "select id, old from changes", "-m"},
		{"a column of arrays of rows", "select olds from changes", "m"},
		{"a field of a column of rows", "select (old).password_hash as x from changes", "m"},
		{"a row in an array", "select (olds[1]).password_hash as x from changes", "m"},
		{"a view's column of rows", "select id, old from changed", "-m"},
		{"a function of a domain over rows", "select u.domain_word from users u", "m"},
		{"a generated column", "select id, twice, shout from derived", "--m"},
		{"an expression on a generated column", "select lower(shout) from derived", "m"},
		{"an expression on another generated column", "select twice + 1 from derived", "-"},
		{"a star in an array", "select array(select * from bare)", "m"},
		{"a table in a scalar", "select (table bare)", "m"},
		{"recursion", "with recursive r as (select password_hash as x from users union all select x from r where false) select x from r", "m"},
		{"VALUES around a scalar", "select * from (values ((select password_hash from users))) v", "m"},
		{"a lateral rename", "select l.z from users u, lateral (select u.password_hash as z) l", "m"},
		{"a name of a system column, further out", "select (select xmin from (select 1) q) from (select password_hash as xmin from users) o", "m"},
		{"a field of a row that either arm makes", "select (r).f1 from (select row('x'::text) r union all select row(password_hash) from users) q", "m"},
		{"the same through recursion", "with recursive q(r) as (select row('x'::text) union all (select row(password_hash) from users, q)) select (r).f1 from q limit 2", "m"},
		{"a row under other column names, further out", "select (r).password_hash from (select u as r from users u(password_hash, id)) q", "m"},
		{"its star", "select (r).* from (select u as r from users u(password_hash, id)) q", "mmmm"},

		{"a view's renamed column", "select id, name, word from renamed", "--m"},
		{"a view's star", "select * from renamed", "--m"},
		{"a view on a view", "select id, shouted from upper_renamed", "-m"},
		{"a view's whole row", "select * from whole", "m"},
		{"a view on a union of stars", "select name from starred", "-"},
		{"a materialized view", "select * from stored", "-m"},
		{"an expression on a view", "select upper(word) from renamed", "m"},

		{"a column of rows without it", "select id, kept, (kept).name as x from changes where id = 1", "---"},
		{"a view of a long definition", "select id, first_name, upper(first_name) from long", "---"},
		{"one of PostgreSQL's own views", "select usename, usesuper, passwd from pg_user", "--m"},
		{"an expression on such a view", "select upper(usename), upper(rolname) from pg_user, pg_roles", "--"},
		{"its password in an expression", "select upper(passwd) from pg_user", "m"},
		{"a sequence", "select last_value, last_value + 1 from numbers", "--"},
		{"a view that leaves the column out", "select * from harmless", "--"},
		{"a view that counts", "select * from counted", "--"},
		{"counting", "select count(*) from users", "-"},
		{"grouping", "select team, count(*), max(id) from users group by team", "---"},
		{"an expression on another column", "select upper(name), id + 1 from users", "--"},
		{"modelling in CTEs", "with src as (select * from users), named as (select id, lower(name) as n from src) select n, count(*) from named group by 1", "--"},
		{"EXISTS looks at no column", "select upper(name) from users where exists (select * from users)", "-"},
		{"counting in a view with the column", "select count(*) from renamed", "-"},
		{"another table", "select to_jsonb(p), p.* from plain p", "----"},
		{"another table of the name, by its schema", "select upper(name) from other.users", "-"},
		{"no table", "select 1, 'a', now()", "---"},
		{"partitions", "select stamp::date, id from measured", "--"},
		{"a system column", "select ctid, tableoid, id from plain", "---"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result := run(t, p, tt.sql)
			if len(result.Rows) == 0 {
				t.Fatal("no row came, so nothing is shown")
			}
			var got strings.Builder
			for i := range result.Columns {
				mark := "-"
				for _, row := range result.Rows {
					if c := row[i].Changes; c != nil && c.Kinds.Has(sanitize.MaskedColumn) {
						mark = "m"
					}
					if strings.Contains(row[i].Text, "canary") || strings.Contains(row[i].Text, "CANARY") {
						t.Errorf("a masked value came through: %q", row[i].Text)
					}
				}
				got.WriteString(mark)
			}
			if got.String() != tt.masked {
				t.Errorf("%s\nmasked columns are %s, want %s", tt.sql, got.String(), tt.masked)
			}
		})
	}
}

func TestMaskingInAQueryOfJSON(t *testing.T) {
	dsn := pgtest.Shared(t).Database(t, vault)
	p := newPreviewer(t, preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	version := run(t, p, "select current_setting('server_version_num')::int / 10000").Rows[0][0].Text
	queries := []string{"select json_array(select * from bare)", "select json_array(table bare)"}
	switch {
	case version < "16":
		t.Skip("JSON_ARRAY(SELECT ...) is of PostgreSQL 16")
	case version >= "17":
		queries = append(queries, "select x from (select json_serialize(json_array(select * from bare))) as s (x)")
	}
	for _, sql := range queries {
		if got := run(t, p, sql).Rows[0][0].Text; strings.Contains(got, "canary") {
			t.Errorf("%s: a masked value came through: %q", sql, got)
		}
	}
}

func TestMaskingWhereTheServerReadsNamesOtherwise(t *testing.T) {
	server, err := pgtest.New(t.Context(), pgtest.Options{Encoding: "LATIN1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	// In LATIN1 these names are shorter than 63 bytes, in UTF-8 longer.
	long := strings.Repeat("\u00e9", 40)
	execute(t, server.DSN()+" client_encoding=UTF8",
		`create table short (id int, "`+long+`_password" text); insert into short values (1, 'canary-column'); `+
			`create table "`+long+`_people" (id int, password text); insert into "`+long+`_people" values (1, 'canary-table')`)
	p := newPreviewer(t, preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(server.DSN()))})
	got := run(t, p, `select upper("`+long+`_password") from short`).Rows[0][0].Text
	if strings.Contains(strings.ToLower(got), "canary") {
		t.Errorf("a masked value came through: %q", got)
	}
	// Which relation such a name means is not sure, and a view could run anything.
	for _, sql := range []string{
		`select upper(password) from "` + long + `_people"`,
		`select to_jsonb(t) from "` + long + `_people" t`,
	} {
		_, err := p.Preview(t.Context(), preview.Request{SQL: sql})
		var refused *preview.Error
		if !errors.As(err, &refused) || refused.Rule != "name-ambiguous" {
			t.Errorf("%s: %v, want a refusal by name-ambiguous", sql, err)
		}
	}
}

func TestMaskingNoticesANewColumn(t *testing.T) {
	server := pgtest.Shared(t)
	dsn := server.Database(t, "create table accounts (id int); insert into accounts values (1)")
	p := newPreviewer(t, preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	run(t, p, "select * from accounts")
	execute(t, dsn, "alter table accounts add column api_key text default 'canary-key'")
	row := run(t, p, "select * from accounts").Rows[0]
	if strings.Contains(row[1].Text, "canary") {
		t.Errorf("a column made after the catalog was asked is not masked: %q", row[1].Text)
	}
}

func TestNoMaskingWhereTheOperatorWantsNone(t *testing.T) {
	dsn := pgtest.Shared(t).Database(t, vault)
	p := newPreviewer(t, preview.Config{
		Resolver: preview.SingleConnection(preview.NewSecret(dsn)),
		Sanitize: sanitize.Config{Columns: sanitize.ColumnRules{IgnoreNames: true}},
	})
	if got := run(t, p, "select upper(password_hash) from users").Rows[0][0].Text; got != "CANARY-HASH" {
		t.Errorf("got %q", got)
	}
}

// execute runs statements as the superuser.
func execute(t *testing.T, dsn, statements string) {
	t.Helper()
	ctx := context.Background()
	connection, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close(ctx) }()
	if _, err := connection.Exec(ctx, statements).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

// TestStrictMasking: a masked column may be shown, masked, and used for nothing.
func TestStrictMasking(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, vault)
	p := newPreviewer(t, preview.Config{
		Resolver: preview.SingleConnection(preview.NewSecret(dsn)), Policy: preview.Policy{Masking: "strict"},
	})
	for _, sql := range []string{
		"select id, password_hash from users", "select * from users", "select word from renamed", "select id, upper(name) from users where team = 'red'",
		"select * from (select * from users union all select * from users) u",
	} {
		for _, cell := range run(t, p, sql).Rows[0] {
			if strings.Contains(cell.Text, "canary") {
				t.Errorf("%s: shows %q", sql, cell.Text)
			}
		}
	}
	for sql, at := range map[string]string{
		"select id from users where password_hash like 'a%'":                         "like",
		"select id from users order by password_hash":                                "password_hash",
		"select count(password_hash) from users":                                     "count",
		"select id from users where password_hash is null":                           "is",
		"select upper(word) from renamed":                                            "upper",
		"select a.id from users a join users b on a.password_hash = b.password_hash": "=",
	} {
		_, err := p.Preview(t.Context(), preview.Request{SQL: sql})
		var refused *preview.Error
		if !errors.As(err, &refused) || refused.Rule != "masked-column" || sql[refused.Position.Offset:refused.Position.End] != at {
			t.Errorf("%s: %+v, want masked-column at %q", sql, err, at)
		}
	}
	if _, err := preview.ParsePolicy([]byte(`{"masking": "lax"}`)); err == nil {
		t.Error("masking lax is accepted")
	}
}

// Every masked column says which rule masks it, which column of the database that rule
// is about, and what shows the values.
func TestMaskedColumnsAreExplained(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, vault+`create table "Odd" ("Api Key" text, id int); insert into "Odd" values ('canary-odd', 1);`)
	p := newPreviewer(t, preview.Config{
		Resolver: preview.SingleConnection(preview.NewSecret(dsn)),
		Sanitize: sanitize.Config{Columns: sanitize.ColumnRules{Mask: []string{"public.notes.body"}}},
	})
	for _, test := range []struct{ sql, rule, source, hint string }{
		{"select password_hash from users", "column_name", "public.users.password_hash", "keep_columns"},
		{"select password_hash as word from users", "column_name", "public.users.password_hash", "keep_columns"},
		{`select "Api Key" from "Odd"`, "column_name", `public."Odd"."Api Key"`, "keep_columns"},
		{"select body from notes", "column_rule", "public.notes.body", "mask_columns"},
		{"select upper(body) from notes", "column_origin", "public.notes.body", "IS NULL"},
		{"select word from renamed", "column_origin", "public.users.password_hash", "IS NULL"},
		{"select shouted from upper_renamed", "column_origin", "public.users.password_hash", "IS NULL"},
		{"select shout from derived", "column_origin", "public.derived.password", "IS NULL"},
		{"select id + 1 from users where password_hash like 'c%'", "column_origin", "public.users.password_hash", "IS NULL"},
		{"select upper(name) as password from users", "column_name", "", "another name"},
		{"select query from pg_stat_activity", "system_column", "pg_catalog.pg_stat_activity.query", "allow_relations"},
	} {
		result, err := p.Preview(t.Context(), preview.Request{SQL: test.sql})
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
			continue
		}
		m := result.Columns[0].Masking
		if m == nil || m.Rule != test.rule || m.Source != test.source || !strings.Contains(m.Hint, test.hint) {
			t.Errorf("%s: got %+v, want %s of %q with %q in the hint", test.sql, m, test.rule, test.source, test.hint)
		}
		described, err := p.Describe(t.Context(), preview.Request{SQL: test.sql})
		if err != nil || described.Columns[0].Masking == nil || *described.Columns[0].Masking != *m {
			t.Errorf("%s: described as %+v, %v, want %+v", test.sql, described, err, m)
		}
	}
	result, err := p.Preview(t.Context(), preview.Request{SQL: "select id, name from users"})
	if err != nil || result.Columns[0].Masking != nil || result.Columns[1].Masking != nil {
		t.Errorf("columns that are shown have a mask: %+v, %v", result, err)
	}
}
