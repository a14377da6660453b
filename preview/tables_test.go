package preview_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/sanitize"
)

// catalog has a table of every kind, and what a role of few rights must not see.
// READER stands for that role.
const catalog = `
create role READER login;
create schema sales; create schema hidden; create schema denied;
grant usage on schema sales, denied to READER;
create table sales.customers (id int generated always as identity primary key, name text not null, mail varchar(80), password_hash text);
comment on table sales.customers is 'Who buys';
comment on column sales.customers.name is 'as they write it';
create table sales."Order Lines" (id bigint, line int, customer int references sales.customers, total numeric(12,2), vat numeric generated always as (total * 0.2) stored, primary key (id, line));
create view sales.names as select name from sales.customers;
create materialized view sales.totals as select customer, sum(total) from sales."Order Lines" group by 1;
create table sales.events (id int, at timestamptz) partition by range (id);
create table sales.events_1 partition of sales.events for values from (0) to (100);
insert into sales.events select g, now() from generate_series(1, 50) g;
create table sales.secret_plan (id int primary key);
create table sales.linked (id int, plan int references sales.secret_plan, customer int references sales.customers);
create table sales.half (id int primary key, shown text, concealed text, refers int references sales.customers);
create table sales.guarded (id int); insert into sales.guarded select generate_series(1, 10);
alter table sales.guarded enable row level security;
create policy few on sales.guarded for select to public using (id < 3);
create table sales."100%_sure" (id int); create table sales."100x_sure" (id int);
create table hidden.away (id int); grant select on hidden.away to READER;
create table denied.away (id int); grant select on denied.away to READER;
create table sales.denied_too (id int);
create sequence sales.numbers;
grant select on all tables in schema sales to READER; revoke select on sales.secret_plan, sales.half from READER;
grant select (shown, id) on sales.half to READER;
analyze sales.customers, sales.events_1, sales.guarded;
alter role READER set search_path = sales;
`

// open returns a Previewer of a role of its own on a database of its own.
func openCatalog(t *testing.T, statements, role string, config preview.Config) *preview.Previewer {
	t.Helper()
	server := pgtest.Shared(t)
	dsn := server.Database(t, strings.ReplaceAll(statements, "READER", role))
	t.Cleanup(func() { execute(t, dsn, "drop owned by "+role+"; drop role "+role) })
	config.Resolver = preview.SingleConnection(preview.NewSecret(dsn + " user=" + role))
	return newPreviewer(t, config)
}

// list returns the names of all tables, a page at a time.
func list(t *testing.T, p *preview.Previewer, request preview.TablesRequest) []string {
	t.Helper()
	names := []string{}
	for {
		page, err := p.ListTables(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if size := request.PageSize; size > 0 && len(page.Tables) > size {
			t.Fatalf("a page of %d has %d tables", size, len(page.Tables))
		}
		for _, table := range page.Tables {
			names = append(names, table.SQLName)
		}
		if page.NextPageToken == "" {
			return names
		}
		request.PageToken = page.NextPageToken
	}
}

var readable = []string{
	`sales."100%_sure"`, `sales."100x_sure"`, `sales."Order Lines"`, `sales.customers`, `sales.events`, `sales.guarded`,
	`sales.half`, `sales.linked`, `sales.names`, `sales.totals`,
}

func TestListTables(t *testing.T) {
	p := openCatalog(t, catalog, "lists", preview.Config{
		Policy: preview.Policy{DenySchemas: []string{"denied"}, DenyRelations: []string{"denied_too"}},
	})
	tests := []struct {
		name    string
		request preview.TablesRequest
		want    []string
	}{
		{"all", preview.TablesRequest{}, readable},
		{"a schema", preview.TablesRequest{Schema: "sales"}, readable},
		{"a schema that is denied", preview.TablesRequest{Schema: "denied"}, nil},
		{"a schema that the role may not use", preview.TablesRequest{Schema: "hidden"}, nil},
		{"a schema is spelled as it is", preview.TablesRequest{Schema: "SALES"}, nil},
		{"a part of a name, in any case", preview.TablesRequest{Pattern: "ORDER"}, []string{`sales."Order Lines"`}},
		{"a percent sign is a percent sign", preview.TablesRequest{Pattern: "0%"}, []string{`sales."100%_sure"`}},
		{"an underscore is an underscore", preview.TablesRequest{Pattern: "0_"}, nil},
		{"a quote ends nothing", preview.TablesRequest{Pattern: `'; select '`}, nil},
		{"nothing outside of Unicode", preview.TablesRequest{Pattern: "é漢"}, nil},
		{"partitions are not listed", preview.TablesRequest{Pattern: "events_"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{0, 1, 2, 3} {
				tt.request.PageSize = size
				if got := list(t, p, tt.request); !slices.Equal(got, tt.want) && len(got)+len(tt.want) > 0 {
					t.Errorf("pages of %d: got %q, want %q", size, got, tt.want)
				}
			}
		})
	}
	t.Run("the system on request", func(t *testing.T) {
		got := list(t, p, preview.TablesRequest{System: true})
		for _, want := range []string{"pg_catalog.pg_class", "information_schema.columns", "sales.customers"} {
			if !slices.Contains(got, want) {
				t.Errorf("%s is not listed", want)
			}
		}
		for _, never := range []string{"pg_catalog.pg_stats", "pg_catalog.pg_authid", "pg_catalog.pg_user_mappings"} {
			if slices.Contains(got, never) {
				t.Errorf("%s is listed, and a preview refuses it", never)
			}
		}
	})
}

func TestListTablesAsReaderOfAll(t *testing.T) {
	statements := strings.ReplaceAll(catalog, "alter role READER set", `do $$ begin
		if exists (select from pg_roles where rolname = 'pg_read_all_data') then grant pg_read_all_data to READER; else alter role READER superuser; end if;
	end $$; alter role READER set`)
	p := openCatalog(t, statements, "reads_all", preview.Config{})
	want := []string{"denied.away", "hidden.away"}
	want = append(append(want, readable...), "sales.denied_too", "sales.secret_plan")
	got := list(t, p, preview.TablesRequest{})
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func describe(t *testing.T, p *preview.Previewer, name string) preview.Table {
	t.Helper()
	description, err := p.DescribeTable(t.Context(), preview.TableRequest{Table: name})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return description.Table
}

func TestDescribeTable(t *testing.T) {
	p := openCatalog(t, catalog, "describes", preview.Config{
		Policy: preview.Policy{DenySchemas: []string{"denied"}, DenyRelations: []string{"denied_too"}},
	})
	customers := describe(t, p, "customers")
	want := preview.Table{
		Schema: "sales", Name: "customers", SQLName: "sales.customers", Kind: preview.KindTable, Comment: "Who buys",
		PrimaryKey: []string{"id"},
		Columns: []preview.TableColumn{
			{Name: "id", SQLName: "id", Type: "integer", NotNull: true, Identity: true},
			{Name: "name", SQLName: "name", Type: "text", NotNull: true, Comment: "as they write it"},
			{Name: "mail", SQLName: "mail", Type: "character varying(80)"},
			{Name: "password_hash", SQLName: "password_hash", Type: "text", Masked: true},
		},
	}
	if got, want := fmt.Sprintf("%+v", customers), fmt.Sprintf("%+v", want); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	lines := describe(t, p, `sales."Order Lines"`)
	if got := strings.Join(lines.PrimaryKey, ","); got != "id,line" {
		t.Errorf("primary key %s", got)
	}
	if got := fmt.Sprint(lines.ForeignKeys); got != "[{[customer] sales customers sales.customers [id]}]" {
		t.Errorf("foreign keys %s", got)
	}
	if !lines.Columns[4].Generated {
		t.Error("a generated column is not said to be one")
	}
	if got := describe(t, p, "linked").ForeignKeys; len(got) != 1 || got[0].ForeignTable != "customers" {
		t.Errorf("foreign keys %v; one leads to a table that is not listed", got)
	}
	half := describe(t, p, "half")
	if len(half.Columns) != 2 || half.Columns[1].Name != "shown" || len(half.ForeignKeys) != 0 {
		t.Errorf("a role with rights on two columns sees %v and %v", half.Columns, half.ForeignKeys)
	}
	for name, rows := range map[string]int64{"guarded": -1, "events": 50, "names": -1, "events_1": 50} {
		if got := describe(t, p, name).RowEstimate; got != rows && (name != "events" || got != 0) { // 13 counts nothing for a partitioned table
			t.Errorf("%s: estimate %d, want %d", name, got, rows)
		}
	}
	if got := describe(t, p, "sales.events_1"); got.PartitionOf != "sales.events" || got.Kind != preview.KindTable {
		t.Errorf("got %+v", got)
	}
	kinds := map[string]preview.TableKind{
		"names": preview.KindView, "totals": preview.KindMaterializedView, "events": preview.KindPartitionedTable,
		"pg_class": preview.KindTable, "information_schema.columns": preview.KindView,
	}
	for name, kind := range kinds {
		if got := describe(t, p, name).Kind; got != kind {
			t.Errorf("%s is %s, want %s", name, got, kind)
		}
	}
	refused := map[string]reason.Reason{
		"secret_plan": reason.UndefinedObject, "hidden.away": reason.UndefinedObject, "denied.away": reason.UndefinedObject,
		"denied_too": reason.UndefinedObject, "nosuch": reason.UndefinedObject, "numbers": reason.UndefinedObject,
		"Customers\x00": reason.SQLSyntaxError, "": reason.SQLSyntaxError, "a.b.c": reason.SQLSyntaxError,
		"customers; drop": reason.SQLSyntaxError, `"Customers"`: reason.UndefinedObject, "pg_stats": reason.UndefinedObject,
		strings.Repeat("x", 5000): reason.SQLSyntaxError,
	}
	var texts []string
	for name, want := range refused {
		_, err := p.DescribeTable(t.Context(), preview.TableRequest{Table: name})
		if got := preview.ReasonOf(err); got != want {
			t.Errorf("%.40q: %v, want %s", name, err, want)
		}
		if want == reason.UndefinedObject {
			texts = append(texts, err.Error())
		}
	}
	if slices.Sort(texts); texts[0] != texts[len(texts)-1] {
		t.Errorf("a table that is there and one that is not are told apart: %q", texts)
	}
}

// What is said to be masked is what a preview masks, column by column.
func TestMaskedColumnsAreThoseOfAPreview(t *testing.T) {
	dsn := pgtest.Shared(t).Database(t, strings.Replace(vault, "LONG", "x", 1))
	p := newPreviewer(t, preview.Config{
		Resolver: preview.SingleConnection(preview.NewSecret(dsn)),
		Sanitize: sanitize.Config{Columns: sanitize.ColumnRules{
			Mask: []string{"public.notes.body", "public.visits.origin", "public.people_eu.mail"},
		}},
	})
	system := []string{"pg_catalog.pg_settings", "pg_catalog.pg_stat_activity", "pg_catalog.pg_roles", "pg_catalog.pg_user"}
	compared, masked := 0, 0
	for _, name := range append(list(t, p, preview.TablesRequest{}), system...) {
		for _, column := range describe(t, p, name).Columns {
			result := run(t, p, "select "+column.SQLName+" from "+name)
			got, values := false, false
			for _, row := range result.Rows {
				values = values || !row[0].Null
				got = got || row[0].Changes != nil && row[0].Changes.Kinds.Has(sanitize.MaskedColumn)
			}
			if !values {
				continue
			}
			compared++
			if got {
				masked++
			}
			if got != column.Masked {
				t.Errorf("%s.%s: masked %v, in a preview %v", name, column.Name, column.Masked, got)
			}
		}
	}
	if compared < 60 || masked < 12 {
		t.Errorf("only %d columns compared, %d of them masked", compared, masked)
	}
	page, err := p.ListTables(t.Context(), preview.TablesRequest{Columns: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range page.Tables {
		if got, want := fmt.Sprintf("%+v", table), fmt.Sprintf("%+v", describe(t, p, table.SQLName)); got != want {
			t.Errorf("listed    %s\ndescribed %s", got, want)
		}
	}
}

func TestNamesAndCommentsOfTablesAreSanitized(t *testing.T) {
	p := openCatalog(t, `create role READER login;
create table "a`+"\u202e"+`b" ("c`+"\x1b"+`d" int); comment on table "a`+"\u202e"+`b" is E'x\x07`+strings.Repeat("é", 5000)+`';
comment on column "a`+"\u202e"+`b"."c`+"\x1b"+`d" is 'key AKIAIOSFODNN7EXAMPLE aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
grant select on all tables in schema public to READER`, "cleans", preview.Config{})
	page, err := p.ListTables(t.Context(), preview.TablesRequest{Columns: true})
	if err != nil {
		t.Fatal(err)
	}
	table := page.Tables[0]
	column := table.Columns[0]
	for what, text := range map[string]string{"name": table.Name, "comment": table.Comment, "column": column.Name, "receipt": page.Receipt.Tables[0]} {
		if strings.ContainsAny(text, "\u202e\x1b\x07") {
			t.Errorf("%s: %q", what, text)
		}
	}
	if table.Changes == nil || column.Changes == nil || !table.CommentChanges.Kinds.Has(sanitize.Truncated) || len([]rune(table.Comment)) > 1024 {
		t.Errorf("what was changed is not said: %+v", table)
	}
	if table.SQLName != "" || column.SQLName != "" {
		t.Errorf("a name that cannot be shown is offered: %q %q", table.SQLName, column.SQLName)
	}
	if strings.Contains(column.Comment, "wJalrXUtn") {
		t.Errorf("a secret in a comment is shown: %q", column.Comment)
	}
	if table.CommentChanges.OriginalBytes != 10002 {
		t.Errorf("the comment is said to have %d bytes", table.CommentChanges.OriginalBytes)
	}
}

func TestPagesAreBoundedInBytes(t *testing.T) {
	var statements strings.Builder
	statements.WriteString("create role READER login;")
	for i := range 3 {
		fmt.Fprintf(&statements, "create table wide_%d (", i)
		for c := range 1200 {
			fmt.Fprintf(&statements, "column_with_a_long_name_%d int,", c)
		}
		statements.WriteString("id int);")
	}
	statements.WriteString(`do $$ declare c record; begin
for c in select attrelid::regclass r, attname n from pg_attribute where attrelid::regclass::text like 'wide%' and attnum > 0 loop
execute format('comment on column %s.%I is %L', c.r, c.n, repeat('x', 1500)); end loop; end $$;
grant select on all tables in schema public to READER`)
	p := openCatalog(t, statements.String(), "bounded", preview.Config{})
	page, err := p.ListTables(t.Context(), preview.TablesRequest{Columns: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Tables) != 1 || page.NextPageToken == "" {
		t.Fatalf("%d tables of more than 1 MiB in a page", len(page.Tables))
	}
	table := page.Tables[0]
	if got := len(table.Columns) + table.ColumnsOmitted; got != 1201 || table.ColumnsOmitted == 0 {
		t.Errorf("%d columns and %d omitted", len(table.Columns), table.ColumnsOmitted)
	}
	size := 0
	for _, c := range table.Columns {
		size += len(c.Name) + len(c.SQLName) + len(c.Type) + len(c.Comment)
	}
	if size > 1<<20 {
		t.Errorf("%d bytes", size)
	}
	if got := list(t, p, preview.TablesRequest{Columns: true}); len(got) != 3 {
		t.Errorf("got %q", got)
	}
}

func TestPageTokens(t *testing.T) {
	p := openCatalog(t, catalog, "turns", preview.Config{})
	page, err := p.ListTables(t.Context(), preview.TablesRequest{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	token := page.NextPageToken
	for name, request := range map[string]preview.TablesRequest{
		"of another listing": {Pattern: "x", PageToken: token},
		"no token":           {PageToken: "x"},
		"cut":                {PageToken: token[:len(token)-2]},
		"of no place":        {PageToken: strings.Repeat("A", len(token))},
	} {
		if _, err := p.ListTables(t.Context(), request); preview.ReasonOf(err) != reason.SQLInvalidText {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, request := range map[string]preview.TablesRequest{
		"NUL": {Pattern: "a\x00"}, "invalid": {Schema: "a\xff"}, "long": {Pattern: strings.Repeat("x", 2000)},
	} {
		if _, err := p.ListTables(t.Context(), request); preview.ReasonOf(err) != reason.SQLInvalidText {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.ListTables(t.Context(), preview.TablesRequest{Timeout: -time.Second}); preview.ReasonOf(err) != reason.StatementTimeout {
		t.Errorf("no time left: %v", err)
	}
	if _, err := p.ListTables(t.Context(), preview.TablesRequest{ConnectionID: "other"}); preview.ReasonOf(err) != reason.ConnectionNotFound {
		t.Errorf("another's connection: %v", err)
	}
}

func TestListConnections(t *testing.T) {
	p := newPreviewer(t, preview.Config{Resolver: preview.StaticConnections(map[string]preview.Connection{
		"b": {}, "a\u202e": {}, "c": {},
	})})
	var got []string
	request := preview.ConnectionsRequest{PageSize: 1}
	for {
		page, err := p.ListConnections(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Connections {
			got = append(got, c.ID+"="+c.Label)
		}
		if request.PageToken = page.NextPageToken; request.PageToken == "" {
			break
		}
	}
	if want := "a\u202e=a\ufffd b=b c=c"; strings.Join(got, " ") != want {
		t.Errorf("got %q", got)
	}
	if _, err := p.ListConnections(t.Context(), preview.ConnectionsRequest{PageToken: "!"}); preview.ReasonOf(err) != reason.SQLInvalidText {
		t.Errorf("no token: %v", err)
	}
}
