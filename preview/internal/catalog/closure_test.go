package catalog_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/catalog/catalogtest"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// names reads names in the form "relation:schema.name", several with spaces between.
func names(text string) (n catalog.Names) {
	for _, word := range strings.Fields(text) {
		class, written, _ := strings.Cut(word, ":")
		name := catalog.Name{Name: written}
		if schema, bare, ok := strings.Cut(written, "."); ok && bare != "" {
			name = catalog.Name{Schema: schema, Name: bare}
		}
		switch class {
		case "relation":
			n.Relations = append(n.Relations, name)
		case "function":
			n.Functions = append(n.Functions, name)
		case "operator":
			n.Operators = append(n.Operators, name)
		case "type":
			n.Types = append(n.Types, name)
		default:
			panic("unknown class " + class)
		}
	}
	return n
}

const closureSchema = `
create schema s;
set search_path = s;
create table person (id int, name text, pw text);
create table note (id int, body text);
create function fi(int) returns int language sql immutable as 'select 1';
create function fv(int) returns int language sql volatile as 'select 1';
create function ft(text) returns bool language plpgsql volatile as 'begin return true; end';

-- views
create view v1 as select id, s.fv(id) f from person;
create view v2 as select * from v1 where exists (select from note where note.id = v1.id);
create materialized view m1 as select s.fv(id) f from person;
create operator === (leftarg = int, rightarg = int, function = int4eq);
create function eqf(int, int) returns bool language sql as 'select true';
create operator ==~ (leftarg = int, rightarg = int, function = eqf);
create view vop as select id ==~ 1 b from person;
create view vwin as select sum(s.fv(id)) over (order by id) from person;

-- row-level security
create table rls (id int, t text);
alter table rls enable row level security;
create policy p on rls for select using (s.ft(t) and exists (select from note));
create policy q on rls for update using (s.fv(id) = 1);
create table parent (id int, k int);
create table child (b text) inherits (parent);
create table grandchild () inherits (child);
create table norls (id int);
create policy p on norls for select using (s.fv(id) = 1);
create view vrls as select * from rls;

-- types
create domain dom as text check (s.ft(value));
create domain dom2 as dom;
create type pair as (a int, b dom2);
create table holds (p pair, ps pair[], d dom);
create type spread as range (subtype = dom);
create type mood as enum ('sad', 'ok');
create domain rowdom as person check (s.ft((value).name));
create view vdom as select 'x'::text::s.dom d;
create type fake;
create function fake_in(cstring) returns fake language internal strict as 'textin';
create function fake_out(fake) returns cstring language internal strict as 'textout';
create type fake (input = fake_in, output = fake_out, like = text);
create view vio as select row(null::s.fake)::text t from note;
create view vio2 as select null::text::s.fake t from note;

-- operator classes
create type num as (v int);
create function num_eq(num, num) returns bool language sql as 'select true';
create function num_lt(num, num) returns bool language sql as 'select true';
create function num_cmp(num, num) returns int language sql as 'select 1';
create function num_hash(num) returns int language sql as 'select 1';
create type own;
create function own_in(cstring) returns own language internal strict immutable as 'textin';
create function own_out(own) returns cstring language internal strict immutable as 'textout';
create type own (input = own_in, output = own_out, like = text);
create function own_eq(own, own) returns bool language internal as 'texteq';
create function own_lt(own, own) returns bool language internal as 'text_lt';
create function own_cmp(own, own) returns int language internal as 'bttextcmp';
create function own_hash(own) returns int language internal as 'hashtext';
create operator = (leftarg = own, rightarg = own, function = own_eq, hashes, merges);
create operator < (leftarg = own, rightarg = own, function = own_lt);
create operator <= (leftarg = own, rightarg = own, function = own_lt);
create operator > (leftarg = own, rightarg = own, function = own_lt);
create operator >= (leftarg = own, rightarg = own, function = own_lt);
create operator class own_ops default for type own using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 own_cmp(own, own);
create operator class own_hash_ops default for type own using hash as operator 1 =, function 1 own_hash(own);
create operator <~ (leftarg = own, rightarg = own, function = own_lt);
create operator <=~ (leftarg = own, rightarg = own, function = own_lt);
create operator =~ (leftarg = own, rightarg = own, function = own_eq);
create operator >=~ (leftarg = own, rightarg = own, function = own_lt);
create operator >~ (leftarg = own, rightarg = own, function = own_lt);
create function own_cmp2(own, own) returns int language internal as 'bttextcmp';
create operator class own_ops2 for type own using btree as
  operator 1 <~, operator 2 <=~, operator 3 =~, operator 4 >=~, operator 5 >~, function 1 own_cmp2(own, own);
create type ownrange as range (subtype = own, subtype_opclass = own_ops2);
create view vsort as select own.o from (select null::s.own o) own order by o using operator(s.<~);

-- functions
create function dflt() returns int language sql as 'select 1';
create function wdef(a int, b int default dflt()) returns int language sql as 'select 1';
create function atomic(a int) returns int language sql begin atomic select s.fv(a); end;
create function tab(a int, out x dom, out y int) language sql as 'select null::text, 1';
create function sf(int, int) returns int language sql as 'select 1';
create function ff(int) returns int language sql as 'select 1';
create aggregate agg(int) (sfunc = sf, stype = int, finalfunc = ff, initcond = '0');
create function own_first(own, own) returns own language internal as 'text_smaller';
create aggregate mn(own) (sfunc = own_first, stype = own, sortop = operator(s.<~));

-- operator classes that indexes and partition keys name
create function int_cmp(int, int) returns int language sql as 'select 1';
create operator class int_ops for type int using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 int_cmp(int, int);
create function int_hash(int) returns int language sql as 'select 1';
create operator class int_hash_ops for type int using hash as operator 1 =, function 1 int_hash(int);
create table indexed (id int);
create index on indexed ((id + 1) int_ops) where id > 0;
create table above (id int);
create table below () inherits (above);
create index on below using hash (id int_hash_ops);
create table listed (id int) partition by list (id int_ops);
create table listed1 partition of listed for values in (1, 2) partition by list (id int_ops);
create table usual (id int primary key);
create view vindexed as select id from indexed;
`

const (
	ownType = "type:own function:own_in function:own_out function:own_eq function:own_lt function:own_cmp function:own_hash" +
		" operator:< operator:<= operator:= operator:>= operator:>"
	ownFamily = " function:own_cmp2 operator:<~ operator:<=~ operator:=~ operator:>=~ operator:>~"
)

// needsAtomic skips a test where SQL functions have no parsed bodies.
func needsAtomic(t *testing.T) {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), pgtest.Shared(t).DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) // only read from
	if version := conn.ParameterStatus("server_version"); strings.HasPrefix(version, "13.") {
		t.Skip("PostgreSQL 13 has no begin atomic")
	}
}

// TestClosure: each step from an object to those that it leads to.
func TestClosure(t *testing.T) {
	t.Parallel()
	needsAtomic(t)
	dsn := pgtest.Shared(t).Database(t, closureSchema)
	asker := catalogtest.Connect(t, dsn)
	asker.Exec(t, "set search_path = s")
	tests := []struct{ what, names, want string }{
		{"a table and its row type", "relation:person", "relation:person type:person"},
		{"a view", "relation:v1", "relation:v1 type:v1 relation:person type:person function:fv"},
		{"a view over a view with a subquery", "relation:v2",
			"relation:v2 type:v2 relation:v1 type:v1 relation:person type:person relation:note type:note function:fv"},
		{"a materialized view runs nothing", "relation:m1", "relation:m1 type:m1 relation:person type:person"},
		{"an operator in a view", "relation:vop", "relation:vop type:vop relation:person type:person operator:==~ function:eqf"},
		{"a window function's argument", "relation:vwin", "relation:vwin type:vwin relation:person type:person function:fv"},
		{"policies for SELECT", "relation:rls", "relation:rls type:rls relation:note type:note function:ft"},
		{"policies of a table without row-level security", "relation:norls", "relation:norls type:norls"},
		{"policies below a view", "relation:vrls", "relation:vrls type:vrls relation:rls type:rls relation:note type:note function:ft"},
		{"a domain over a domain", "type:dom2", "type:dom2 type:dom function:ft"},
		{"a composite type", "type:pair", "type:pair type:dom2 type:dom function:ft"},
		{"columns of composite and array types", "relation:holds", "relation:holds type:holds type:pair type:_pair type:dom2 type:dom function:ft"},
		{"a range over a domain", "type:spread", "type:spread type:dom function:ft"},
		{"a multirange", "type:spread_multirange type:spread", "type:spread type:spread_multirange type:dom function:ft"},
		{"a multirange leads to its range", "type:spread_multirange", "type:spread type:spread_multirange type:dom function:ft"},
		{"an enum", "type:mood", "type:mood"},
		{"a domain over a row", "type:rowdom", "type:rowdom type:person function:ft"},
		{"a domain in a view", "relation:vdom", "relation:vdom type:vdom type:dom function:ft"},
		{"input and output functions", "type:fake", "type:fake function:fake_in function:fake_out"},
		{"values of a type in a view", "relation:vio", "relation:vio type:vio relation:note type:note type:fake function:fake_in function:fake_out"},
		{"conversion by input function in a view", "relation:vio2", "relation:vio2 type:vio2 relation:note type:note type:fake function:fake_in function:fake_out"},
		{"default operator classes", "type:own", ownType},
		{"a range's operator class", "type:ownrange", "type:ownrange " + ownType + ownFamily},
		{"an operator's family", "operator:<~", ownType + ownFamily},
		{"sorting in a view", "relation:vsort", "relation:vsort type:vsort " + ownType + ownFamily},
		{"an operator of PostgreSQL's function", "operator:===", "operator:==="},
		{"defaults of arguments", "function:wdef", "function:wdef function:dflt"},
		{"a body in the standard's form", "function:atomic", "function:atomic function:fv"},
		{"OUT columns", "function:tab", "function:tab type:dom function:ft"},
		{"the parts of an aggregate", "function:agg", "function:agg function:sf function:ff"},
		{"an aggregate's sort operator is not followed", "function:mn", "function:mn function:own_first " + ownType},
		{"an index's operator class", "relation:indexed", "relation:indexed type:indexed function:int_cmp"},
		{"an index's below a view", "relation:vindexed", "relation:vindexed type:vindexed relation:indexed type:indexed function:int_cmp"},
		{"a descendant's index", "relation:above", "relation:above type:above function:int_hash"},
		{"a partition key's operator class", "relation:listed", "relation:listed type:listed function:int_cmp"},
		{"the key that a partition is of", "relation:listed1", "relation:listed1 type:listed1 function:int_cmp"},
		{"PostgreSQL's own operator classes", "relation:usual", "relation:usual type:usual"},
		{"names that mean nothing", "relation:x function:x operator:~~~~ type:x relation:t.x", ""},
	}
	if asker.Version(t) >= 180000 {
		asker.Exec(t, "create table virt (a int, g int generated always as (abs(a)) virtual)")
		s, err := catalog.NewCache(0).Of("c", dsn).Look(context.Background(), asker, names("relation:virt"))
		if err != nil {
			t.Fatal(err)
		}
		r, _ := s.Relation(catalog.Name{Name: "virt"})
		if len(r.Runs.Functions) != 1 || s.Function(r.Runs.Functions[0]) == nil || s.Function(r.Runs.Functions[0]).Name != "abs" {
			t.Errorf("a virtual generated column runs %v", r.Runs)
		}
		if c := r.Columns[1]; c.Generated != 'v' || !slices.Equal(c.GeneratedFrom, []int16{1}) {
			t.Errorf("a virtual generated column: %+v", c)
		}
	}
	for _, test := range tests {
		s, err := catalog.NewCache(0).Of("c", dsn).Look(context.Background(), asker, names(test.names))
		if err != nil {
			t.Fatalf("%s: %v", test.what, err)
		}
		want := strings.Fields(test.want)
		for i, w := range want {
			want[i] = strings.Replace(w, ":", " s.", 1)
		}
		slices.Sort(want)
		if got := s.Objects(); !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", test.what, got, want)
		}
	}
}

// TestDetails: what is known of an object.
func TestDetails(t *testing.T) {
	t.Parallel()
	needsAtomic(t)
	dsn := pgtest.Shared(t).Database(t, closureSchema+`
create table gen (a int, b int, g int generated always as (a + b) stored);
create foreign data wrapper w;
create server f foreign data wrapper w;
create foreign table far (a int options (column_name 'Pass "word", {x}\'), b int) server f;
create schema "Odd ""Schema";
create function "Odd ""Schema"."f, {x}"("a b" int, out "c\" int, variadic d int[] default '{}') language sql set work_mem = '1MB' as 'select 1';
create function dyn(text) returns int language plpgsql as 'begin execute $1; return 1; end';
create function still(text) returns int language plpgsql as 'begin return executed($1); end';
create aggregate perc(order by int) (sfunc = sf, stype = int);
create function ra(a int) returns table (x bigint, y bigint, z int) language sql begin atomic
  select 1; select a, t.b::bigint, (select min(g) from gen) from gen t order by t.a; end;
create aggregate moving(int) (sfunc = sf, stype = int, msfunc = int84pl, minvfunc = int84mi, mstype = bigint, minitcond = '1', mfinalfunc = int4);
`)
	asker := catalogtest.Connect(t, dsn)
	asker.Exec(t, "create temporary table person (x int); set search_path = s")
	s, err := catalog.NewCache(0).Of("c", dsn).Look(context.Background(), asker, catalog.Names{
		Relations: []catalog.Name{{Name: "gen"}, {Name: "far"}, {Name: "child"}, {Name: "person"}, {Schema: "pg_temp", Name: "person"}, {Schema: "s", Name: "person"}, {Name: "rls"}, {Name: "vdom"}, {Name: "indexed"}, {Name: "above"}},
		Functions: []catalog.Name{{Schema: `Odd "Schema`, Name: "f, {x}"}, {Name: "dyn"}, {Name: "still"}, {Name: "perc"}, {Name: "ra"}, {Name: "moving"}, {Name: "agg"}, {Name: "wdef"}, {Name: "lower"}, {Name: "percentile_cont"}},
		Operators: []catalog.Name{{Name: "<~"}, {Name: "="}},
		Types:     []catalog.Name{{Name: "ownrange"}, {Name: "ownmultirange"}, {Name: "dom2"}, {Name: "_pair"}, {Name: "int4"}, {Name: "pair"}, {Name: "_int4"}, {Name: "point"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	relation := func(schema, name string) *catalog.Relation {
		r, ok := s.Relation(catalog.Name{Schema: schema, Name: name})
		if !ok {
			t.Fatalf("no relation %s", name)
		}
		return r
	}
	typ := func(name string) *catalog.Type {
		r, ok := s.NamedType(catalog.Name{Name: name})
		if !ok {
			t.Fatalf("no type %s", name)
		}
		return r
	}
	function := func(schema, name string) *catalog.Function {
		list := s.Functions(catalog.Name{Schema: schema, Name: name})
		if len(list) == 0 {
			t.Fatalf("no function %s", name)
		}
		return list[0]
	}
	called := func(oids []catalog.OID) (list []string) {
		for _, oid := range oids {
			if f := s.Function(oid); f != nil {
				list = append(list, f.Name)
			} else if typ := s.Type(oid); typ != nil {
				list = append(list, typ.Name)
			}
		}
		slices.Sort(list)
		return list
	}
	odd := function(`Odd "Schema`, "f, {x}")
	column := func(c catalog.Column) string {
		return fmt.Sprintf("%d %s %v %q %v", c.Number, c.Name, called([]catalog.OID{c.Type}), c.ForeignName, c.GeneratedFrom)
	}
	tests := []struct {
		what      string
		got, want any
	}{
		{"a generated column", column(relation("", "gen").Columns[2]), `3 g [int4] "" [1 2]`},
		{"a generated column's kind", relation("", "gen").Columns[2].Generated, byte('s')},
		{"a foreign table's column", column(relation("", "far").Columns[0]), `1 a [int4] "Pass \"word\", {x}\\" []`},
		{"a foreign table's kind", relation("", "far").Kind, byte('f')},
		{"the kin of a table", relation("", "child").Kin, []catalog.Name{{Schema: "s", Name: "parent"}, {Schema: "s", Name: "grandchild"}}},
		{"a temporary table comes first", relation("", "person").Columns[0].Name, "x"},
		{"a temporary table by name", relation("pg_temp", "person").Columns[0].Name, "x"},
		{"a table by its schema", relation("s", "person").Columns[0].Name, "id"},
		{"row-level security of a superuser", relation("", "rls").RowSecurity, false},
		{"policies", called(relation("", "rls").Policies[0].Runs.Functions), []string{"ft"}},
		{"what a view runs", called(relation("", "vdom").Runs.Types), []string{"dom"}},
		{"an odd function's schema", odd.Schema, `Odd "Schema`},
		{"an odd function's name", odd.Name, "f, {x}"},
		{"its arguments", fmt.Sprint(called(odd.Args), odd.ArgNames, called([]catalog.OID{odd.Variadic}), odd.Defaults), "[_int4 int4] [a b d] [int4] 1"},
		{"its columns", column(odd.Outputs[0]), `1 c\ [int4] "" []`},
		{"its settings", odd.Settings, []string{"work_mem=1MB"}},
		{"its language and volatility", odd.Language + string(odd.Volatility) + string(odd.Kind), "sqlvf"},
		{"its body", odd.Body, "select 1"},
		{"the columns of a stored body", called(function("", "ra").Columns), []string{"int4", "int4", "int8"}},
		{"a stored body", function("", "ra").Body, ""},
		{"an aggregate's state", called(function("", "moving").States), []string{"int4", "int8"}},
		{"dynamic SQL", function("", "dyn").Dynamic, true},
		{"no dynamic SQL", function("", "still").Dynamic, false},
		{"an ordered-set aggregate", string(function("", "perc").AggregateKind), "o"},
		{"PostgreSQL's own", fmt.Sprint(string(function("", "percentile_cont").AggregateKind), function("", "percentile_cont").DirectArgs, function("", "percentile_cont").Parts), "o1 []"},
		{"the parts of an aggregate", called(function("", "agg").Parts), []string{"ff", "sf"}},
		{"what defaults run", called(function("", "wdef").DefaultsRun[0].Functions), []string{"dflt"}},
		{"an operator's support", called(s.Operators(catalog.Name{Name: "<~"})[0].Support), []string{"own_cmp2", "own_eq", "own_lt"}},
		{"what an index's operator class runs", called(relation("", "indexed").Support), []string{"int_cmp"}},
		{"what a descendant's runs", called(relation("", "above").Support), []string{"int_hash"}},
		{"a range's comparison", called(typ("ownrange").Compare), []string{"own_cmp2", "own_eq", "own_lt"}},
		{"a range's bounds", called([]catalog.OID{typ("ownrange").Subtype, typ("ownmultirange").Range}), []string{"own", "ownrange"}},
		{"a domain's base", called([]catalog.OID{typ("dom2").Base}), []string{"dom"}},
		{"an array", fmt.Sprint(typ("_pair").IsArray, called([]catalog.OID{typ("_pair").Element})), "true [pair]"},
		{"PostgreSQL's own array", fmt.Sprint(typ("_int4").IsArray, called([]catalog.OID{typ("_int4").Element})), "true [int4]"},
		{"a type with parts that is no array", typ("point").IsArray, false},
		{"a composite type's columns", column(typ("pair").Columns[1]), `2 b [dom2] "" []`},
		{"the search path", s.Path()[1:], []string{"pg_catalog", "s"}},
	}
	for _, test := range tests {
		if !reflect.DeepEqual(test.got, test.want) {
			t.Errorf("%s: got %v, want %v", test.what, test.got, test.want)
		}
	}
	if got := len(s.Operators(catalog.Name{Name: "="})); got < 60 {
		t.Errorf("%d operators =, want all overloads", got)
	}
	if _, ok := s.Cast(23, 20); !ok {
		t.Error("no cast from integer to bigint")
	}
	if c := s.CastsFrom(typ("ownrange").OID); len(c) != 1 || s.Function(c[0].Function) == nil {
		t.Errorf("casts from a range: %v", c)
	}
}
