package rewritten

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/pgtest"
)

const originSchema = `
create table account (id int, name text, password text, tags text[]);
create table visit (id int, account int, note text);
create table child_account (extra text) inherits (account);
create table derived (id int, password text, copy text generated always as (password || '!') stored);
create view renamed as select id, password as p, name from account;
create view renamed_twice as select p as q, id from renamed;
create materialized view stored as select id, p as kept, name from renamed;
`

// ask returns the catalog of a database with the schema, and a way to ask for trees.
func ask(t *testing.T, schema string) (*Catalog, func(sql string) *Answer) {
	t.Helper()
	dsn := pgtest.Shared(t).Database(t, schema)
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	session := NewSession(dsn)
	t.Cleanup(func() {
		for _, close := range []func(context.Context) error{conn.Close, session.Close} {
			if err := close(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	catalog, err := ReadCatalog(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return catalog, func(sql string) *Answer {
		a, err := session.Ask(t.Context(), sql)
		if err != nil {
			t.Fatalf("%q: %v", sql, err)
		}
		if a.Refused != nil || a.Unreadable != nil || len(a.Queries) != 1 {
			t.Fatalf("%q: %v %v, %d queries", sql, a.Refused, a.Unreadable, len(a.Queries))
		}
		return a
	}
}

// spell writes origins as relation.column, in order; a whole row without a column.
func spell(c *Catalog, origins map[Origin]bool) string {
	var names []string
	for origin := range origins {
		relation, column, _ := c.ColumnName(origin)
		names = append(names, strings.TrimSuffix(relation.Name+"."+column, "."))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestOriginsOfOutputColumns(t *testing.T) {
	t.Parallel()
	catalog, ask := ask(t, originSchema)
	for _, c := range []struct {
		sql      string
		columns  []string // = before a column that is shown unchanged
		mentions string
	}{
		{"select password p, 1 from account", []string{"=account.password", ""}, ""},
		{"select p || 'x', id from (select password p, id from account) q", []string{"account.password", "=account.id"}, "account.password"},
		{"with c as (select password x, name from account) select name, x from c", []string{"=account.name", "=account.password"}, ""},
		{"select id, name from account union all select id, password from account", []string{"account.id", "account.name account.password"}, ""},
		{"with recursive r(i, v) as (select id, password from account union all select i + 1, note from r join visit on account = i) select v from r", []string{"account.password visit.note"}, "account.id visit.account"},
		{"select q, id from renamed_twice", []string{"=account.password", "=account.id"}, ""},
		{"select kept from stored", []string{"account.password renamed.p stored.kept"}, ""},
		{"select copy, id from derived", []string{"derived.copy derived.password", "=derived.id"}, ""},
		{"select a from account a", []string{"account"}, ""},
		{"select row_to_json(a), a.id from account a", []string{"account", "=account.id"}, "account"},
		{"select (a).password from account a", []string{"=account.password"}, ""},
		{"select u from account, unnest(tags) u", []string{"account.tags"}, "account.tags"},
		{"select v.x from account, lateral (values (name), (password)) v(x)", []string{"account.name account.password"}, "account.name account.password"},
		{"select x.v from account a, xmltable('/a' passing xmlelement(name a, a.password) columns v text path '.') x", []string{"account.password"}, "account.password"},
		{"select array(select password from account), (select max(note) from visit)", []string{"account.password", "visit.note"}, "account.password visit.note"},
		{"select account.id, count(password) from account join visit using (id) group by 1", []string{"=account.id", ""}, "account.id visit.id"},
		{"select password is null, count(*) from account group by 1", []string{"", ""}, ""},
		{"select note from visit where exists (select from account where password = note)", []string{"=visit.note"}, "account.password visit.note"},
		{"select max(name) from account group by password having min(tags) is null", []string{"account.name"}, "account.name account.password account.tags"},
		{"select first_value(password) over (order by id) from account", []string{"account.password"}, "account.id account.password"},
		{"select coalesce(name, password), case when id = 1 then name end from account", []string{"account.name account.password", "account.id account.name"}, "account.id account.name account.password"},
		{"select q.* from (account a join visit v on a.id = v.account) q(a, b, c, d, e, f, g)", []string{"=account.id", "=account.name", "=account.password", "=account.tags", "=visit.id", "=visit.account", "=visit.note"}, "account.id visit.account"},
		{"select name || 'x' k, grouping(name) from account group by grouping sets ((name), ())", []string{"account.name", "account.name"}, "account.name"},
	} {
		a := ask(c.sql)
		var got []string
		for _, column := range catalog.Columns(a.Queries[0]) {
			text := spell(catalog, column.Origins)
			if column.Plain {
				text = "=" + text
			}
			got = append(got, text)
		}
		if !slices.Equal(got, c.columns) {
			t.Errorf("%s\n got %q\nwant %q", c.sql, got, c.columns)
		}
		if got := spell(catalog, catalog.Mentions(a.Queries[0])); got != c.mentions {
			t.Errorf("%s\n mentions %q\n want %q", c.sql, got, c.mentions)
		}
	}
}

// TestALookAlikeIsNotATree raises a notice with the tree's title.
func TestALookAlikeIsNotATree(t *testing.T) {
	t.Parallel()
	catalog, ask := ask(t, `
		create function check_loudly(text) returns bool language plpgsql as $$
		begin raise log 'rewritten parse tree:' using detail = '({QUERY :commandType 1 :targetList <>})'; return true; end $$;
		create domain loud as text check (check_loudly(value));`)
	a := ask("select '{x}'::loud[]")
	if len(catalog.Columns(a.Queries[0])) != 1 {
		t.Error("the notice was taken for the tree")
	}
	if a.Trees < 2 {
		t.Errorf("%d trees: the check's own queries are not counted", a.Trees)
	}
	var names []string
	for _, use := range catalog.Functions(a.Queries, a.Outputs) {
		if !use.Function.Builtin() {
			names = append(names, use.Function.Name)
		}
	}
	if !slices.Equal(names, []string{"check_loudly"}) {
		t.Errorf("functions %v", names)
	}
}

// TestHostileNames gives names that look like the tree's own syntax.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	catalog, ask := ask(t, originSchema)
	for _, name := range []string{":funcid", "<>", "{A :b 1}", "(o 1)", `a"b`, `\`, "a b", "-1", "}", "\t", "naïve"} {
		quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		a := ask("select upper(" + quoted + ".password) as " + quoted + " from account as " + quoted)
		columns := catalog.Columns(a.Queries[0])
		if len(columns) != 1 || spell(catalog, columns[0].Origins) != "account.password" {
			t.Errorf("%q: %v", name, columns)
		}
	}
}

// TestADeepTreeIsRead asks for a sum of many terms.
func TestADeepTreeIsRead(t *testing.T) {
	t.Parallel()
	catalog, ask := ask(t, originSchema)
	a := ask("select id" + strings.Repeat(" + 1", 1500) + " from account")
	if got := spell(catalog, catalog.Columns(a.Queries[0])[0].Origins); got != "account.id" {
		t.Errorf("origins %q", got)
	}
	if len(catalog.Functions(a.Queries, a.Outputs)) == 0 {
		t.Error("no function was found")
	}
}
