package catalog_test

import (
	"context"
	"slices"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/catalog/catalogtest"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestTouchedTypes: operator classes of the database's own for types of PostgreSQL's
// own, which nothing names.
func TestTouchedTypes(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, `
create function circle_cmp(circle, circle) returns int language sql as 'select 1';
create operator class circle_ops default for type circle using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 circle_cmp(circle, circle);
create function text_range(text, text, text, bool, bool) returns bool language sql as 'select true';
alter operator family text_ops using btree add function 3 (text, text) text_range(text, text, text, bool, bool);
create function int_cmp(int, int) returns int language sql as 'select 1';
create operator class int_ops for type int using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 int_cmp(int, int);
create function reads(cstring[]) returns int language internal immutable strict as 'varchartypmodin';
create type sized;
create function sized_in(cstring, oid, int) returns sized language internal immutable strict as 'varcharin';
create function sized_out(sized) returns cstring language internal immutable strict as 'varcharout';
create type sized (input = sized_in, output = sized_out, typmod_in = reads, like = varchar);
create view sorted as select c from (values ('<(0,0),1>'::circle)) v (c) order by c using <;
`)
	asker := catalogtest.Connect(t, dsn)
	for i, asked := range []catalog.Names{{}, {Relations: []catalog.Name{{Name: "pg_class"}}}} {
		k := catalog.NewCache(0).Of("c", dsn)
		for range 2 { // asked, and remembered
			s, err := k.Look(context.Background(), asker, asked)
			if err != nil {
				t.Fatal(err)
			}
			named := func(oids []catalog.OID) (list []string) {
				for _, oid := range oids {
					if f := s.Function(oid); f != nil {
						list = append(list, f.Name)
					}
				}
				return list
			}
			if got := named(s.Modifiers()); i > 0 && !slices.Equal(got, []string{"reads"}) {
				t.Errorf("what reads modifiers of types: got %q", got)
			}
			const circle, text, int4, circleLess, intLess = 718, 25, 23, 1502, 97
			for _, test := range []struct {
				what string
				got  []catalog.OID
				want []string
			}{
				{"a default operator class", s.Type(circle).Compare, []string{"circle_cmp"}},
				{"a function added to a family", s.FrameSupport(text), []string{"text_range"}},
				{"a type whose frames it bounds", s.Type(text).Compare, nil},
				{"a type that has its own", s.Type(int4).Compare, nil},
				{"an operator in no family of PostgreSQL's own", s.SortSupport(circleLess), []string{"circle_cmp"}},
				{"an operator that joins nothing", s.Support(circleLess), nil},
				{"an operator in one", s.SortSupport(intLess), nil},
			} {
				if got := named(test.got); !slices.Equal(got, test.want) {
					t.Errorf("%s: got %q, want %q", test.what, got, test.want)
				}
			}
		}
	}
	s, err := catalog.NewCache(0).Of("c", dsn).Look(t.Context(), asker, names("relation:sorted"))
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := s.Relation(catalog.Name{Name: "sorted"}); !slices.Contains(r.Runs.Operators, 1502) {
		t.Errorf("a view that sorts by such an operator: got %v", r.Runs.Operators)
	}
}
