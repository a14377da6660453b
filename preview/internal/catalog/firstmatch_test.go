package catalog_test

import (
	"slices"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/catalog/catalogtest"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestOnlyTheFirstOfThePathIsLookedAt: a relation or a type that a schema before it
// hides is not asked for, however many schemas have one of its name. Functions and
// operators of all schemas take part.
func TestOnlyTheFirstOfThePathIsLookedAt(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, `
		create schema one; create schema two; create schema three;
		create table two.t (a int); create table three.t (b text); create domain two.d as int; create domain three.d as text;
		create function two.f(int) returns int language sql as 'select 1'; create function three.f(text) returns int language sql as 'select 1';`)
	asker := catalogtest.Connect(t, dsn)
	for path, want := range map[string][]string{
		"one, two, three": {"function three.f", "function two.f", "relation two.t", "type two.d", "type two.t"},
		"three, two, one": {"function three.f", "function two.f", "relation three.t", "type three.d", "type three.t"},
		"one":             nil,
	} {
		asker.Exec(t, "set search_path = "+path)
		snapshot, err := catalog.NewCache(0).Of("c", dsn).Look(t.Context(), asker, catalog.Names{
			Relations: []catalog.Name{{Name: "t"}, {Name: "absent"}}, Types: []catalog.Name{{Name: "d"}}, Functions: []catalog.Name{{Name: "f"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := snapshot.Objects(); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	// A name of a temporary table comes first, and one with a schema is of that schema.
	asker.Exec(t, "set search_path = three, two; create temp table t (c int)")
	snapshot, err := catalog.NewCache(0).Of("c", dsn).Look(t.Context(), asker, catalog.Names{
		Relations: []catalog.Name{{Name: "t"}, {Schema: "two", Name: "t"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := snapshot.Objects(); len(got) != 4 || got[1] != "relation two.t" {
		t.Errorf("got %q", got)
	}
}
