package catalog_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/catalog/catalogtest"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

const rightsSchema = `
do $$ declare r text; begin
  foreach r in array '{catalog_group,catalog_outer,catalog_member}'::text[] loop
    if not exists (select from pg_roles where rolname = r) then execute format('create role %I', r); end if;
  end loop;
end $$;
grant catalog_outer to catalog_group;
grant catalog_group to catalog_member;
create function one() returns bool language sql as 'select true';
create function two() returns bool language sql as 'select true';
create table seen (id int);
create table looked (id int);
create policy a on seen for select to catalog_outer using (one());
create policy b on seen as restrictive for all to catalog_group, catalog_member using (two() and exists (select from looked));
create policy c on seen for select using (true);
create policy d on seen for update using (one());
alter table seen enable row level security;
create view by_member as select id from seen;
alter view by_member owner to catalog_member;
create view by_owner as select id from seen;
grant select on seen, by_member, by_owner to public;

create foreign data wrapper w;
create server f foreign data wrapper w;
create table parent (id int, "a b" text, n int);
create foreign table child (id int, "a b" text options (column_name 'p"w'), n int) inherits (parent) server f options (schema_name 'far', table_name 'Away');
create table plain_child () inherits (parent);
create table made (id int primary key, a int, g int generated always as (a + 1) stored);
create table made_child () inherits (made);

create table sliced (id int, k text, v int) partition by list (k);
create table sliced_x partition of sliced for values in ('x') partition by range ((v + 1), id);

create function defaults(a int, b bool default one(), c bool default true, d bool default one() and two()) returns int language sql as 'select 1';
create function no_calls(a int default 1, b int default 2) returns int language sql as 'select 1';
`

// TestRightsAndSources: whom policies are for, and where values of columns, partitions
// and defaults come from.
func TestRightsAndSources(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, rightsSchema)
	asker := catalogtest.Connect(t, dsn)
	look := func(role string) *catalog.Snapshot {
		asker.Exec(t, "reset role; "+role)
		s, err := catalog.NewCache(0).Of("c", dsn).Look(t.Context(), asker, names("relation:seen relation:by_member relation:by_owner"+
			" relation:parent relation:child relation:made relation:sliced relation:sliced_x function:defaults function:no_calls"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	relation := func(s *catalog.Snapshot, name string) *catalog.Relation {
		r, ok := s.Relation(catalog.Name{Name: name})
		if !ok {
			t.Fatalf("no relation %s", name)
		}
		return r
	}
	called := func(s *catalog.Snapshot, e catalog.Expression) (list []string) {
		for _, oid := range e.Functions {
			list = append(list, s.Function(oid).Name)
		}
		slices.Sort(list)
		return list
	}
	for role, want := range map[string]string{
		"select 1":                "[one] true false reads 0; [two] false false reads 1; [] true true reads 0; ",
		"set role catalog_outer":  "[one] true true reads 0; [two] false false reads 1; [] true true reads 0; ",
		"set role catalog_member": "[one] true true reads 0; [two] false true reads 1; [] true true reads 0; ",
	} {
		s, got := look(role), ""
		for _, p := range relation(s, "seen").Policies {
			applies := p.Applies
			if role == "select 1" { // a superuser has every role's rights
				applies = len(p.Roles) == 1 && p.Roles[0] == 0
			}
			got += fmt.Sprintf("%v %v %v reads %d; ", called(s, p.Runs), p.Permissive, applies, len(p.Reads))
		}
		if got != want {
			t.Errorf("%s: policies are %s, want %s", role, got, want)
		}
	}
	s := look("select 1")
	defaults := func(name string) (list [][]string) {
		for _, e := range s.Functions(catalog.Name{Name: name})[0].DefaultsRun {
			list = append(list, called(s, e))
		}
		return list
	}
	heirs := func(name string) (list []string) {
		for _, h := range relation(s, name).Heirs {
			for _, c := range h.Columns {
				list = append(list, fmt.Sprintf("%s/%s %s %q %v", h.Remote.Schema, h.Remote.Name, c.Name, c.ForeignName, c.GeneratedFrom))
			}
		}
		return list
	}
	policies := relation(s, "seen").Policies
	for _, test := range []struct {
		what      string
		got, want any
	}{
		{"the rights of a view's owner", slices.Contains(relation(s, "by_member").Roles, policies[0].Roles[0]), true},
		{"those of a superuser need no list", relation(s, "by_owner").Roles, []catalog.OID(nil)},
		{"a foreign child", heirs("parent"), []string{`far/Away id "" []`, `far/Away a b "p\"w" []`, `far/Away n "" []`}},
		{"a foreign table", relation(s, "child").Remote, catalog.Name{Schema: "far", Name: "Away"}},
		{"a child with a generated column", heirs("made"), []string{`/ id "" []`, `/ a "" []`, `/ g "" [2]`}},
		{"a partition key with those of partitions", relation(s, "sliced").Key, []string{"", "id", "k"}},
		{"a partition's key with those above it", relation(s, "sliced_x").Key, []string{"", "id", "k"}},
		{"what each default runs", defaults("defaults"), [][]string{{"one"}, nil, {"one", "two"}}},
		{"defaults that run nothing", defaults("no_calls"), [][]string(nil)},
	} {
		if !reflect.DeepEqual(test.got, test.want) {
			t.Errorf("%s: got %q, want %q", test.what, test.got, test.want)
		}
	}
}
