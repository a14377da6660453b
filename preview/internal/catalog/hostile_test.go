package catalog_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/catalog/catalogtest"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestHostileSearchPath: objects of the database that are named like those which the
// question uses, and come before pg_catalog in the search path, take no part in it; an
// ordinary role that owns nothing may ask.
func TestHostileSearchPath(t *testing.T) {
	t.Parallel()
	var schema strings.Builder
	schema.WriteString(closureSchema + `
create schema evil;
create function evil.boom() returns bool language plpgsql as 'begin raise exception ''user code ran''; end';
`)
	question := catalog.QuestionText()
	// Functions, whatever they are given, with what the question calls them with.
	for _, name := range unique(regexp.MustCompile(`pg_catalog\.("?[a-z_]+"?)\(`).FindAllStringSubmatch(question, -1)) {
		for _, arguments := range []string{"pg_catalog.text", "pg_catalog.name", "pg_catalog.oid", "pg_catalog.text, pg_catalog.text",
			"pg_catalog.text, pg_catalog.int4", "pg_catalog.text, pg_catalog.text, pg_catalog.text", "pg_catalog.text[]", "pg_catalog.name[]", ""} {
			fmt.Fprintf(&schema, "create function evil.%s(%s) returns pg_catalog.text language sql as 'select evil.boom()::pg_catalog.text';\n", name, arguments)
		}
	}
	for _, operator := range unique(regexp.MustCompile(`operator\(pg_catalog\.([^a-z)]+)\)`).FindAllStringSubmatch(question, -1)) {
		for _, arguments := range []string{"text", "oid", `"char"`, "name", "int4", "int8", "int2", "bool", "_text", "_oid"} {
			function := fmt.Sprintf("evil.op%x%s", operator, strings.Trim(arguments, `"`))
			fmt.Fprintf(&schema, "create function %s(pg_catalog.%s, pg_catalog.%[2]s) returns bool language sql as 'select evil.boom()';\n", function, arguments)
			fmt.Fprintf(&schema, "create operator evil.%s (leftarg = pg_catalog.%s, rightarg = pg_catalog.%[2]s, function = %s);\n", operator, arguments, function)
		}
	}
	for _, name := range unique(regexp.MustCompile(`::pg_catalog\.("?[a-z0-9]+"?)`).FindAllStringSubmatch(question, -1)) {
		fmt.Fprintf(&schema, "create domain evil.%s as pg_catalog.int4 check (evil.boom());\n", name)
	}
	for _, name := range unique(regexp.MustCompile(`pg_catalog\.(pg_[a-z]+) [a-z]\b`).FindAllStringSubmatch(question, -1)) {
		fmt.Fprintf(&schema, "create view evil.%s as select evil.boom();\n", name)
	}
	server := pgtest.Shared(t)
	dsn := server.Database(t, schema.String())
	asker := catalogtest.Connect(t, dsn)
	all := names("relation:s.v2 relation:s.rls relation:s.vsort relation:s.holds relation:s.child type:s.ownrange type:s.dom2 " +
		"function:s.agg function:s.mn function:s.atomic function:s.wdef operator:s.<~ function:lower operator:= relation:éclair")
	look := func(what string) *catalog.Snapshot {
		s, err := catalog.NewCache(0).Of("c", dsn).Look(context.Background(), asker, all)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return s
	}
	want := look("the ordinary search path").Objects()
	for _, test := range []struct {
		setup string
		// PostgreSQL prints a view by statements of its own, in which operators are
		// looked for in the search path.
		definitions bool
	}{
		{"set search_path = evil, pg_catalog", false},
		{"set search_path = evil, s, pg_catalog; set quote_all_identifiers = on", false},
		{"set search_path = s, evil", true},
		{"create temporary table t (id int)", true},
		{"create role catalog_nobody; set role catalog_nobody", true},
		{"reset role; reset search_path; drop role catalog_nobody; set row_security = off", true},
	} {
		setup := test.setup
		asker.Exec(t, setup)
		s := look(setup)
		if r, _ := s.Relation(catalog.Name{Schema: "s", Name: "v2"}); (r.Definition != "") != test.definitions {
			t.Errorf("%s: the definition of a view is %q", setup, r.Definition)
		}
		got := slices.DeleteFunc(s.Objects(), func(o string) bool { return strings.Contains(o, " evil.") }) // of unqualified names
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", setup, got, want)
		}
		if _, err := catalog.NewCache(0).Of("c", dsn).Look(context.Background(), asker, catalog.Names{}); err != nil {
			t.Errorf("%s, without names: %v", setup, err)
		}
	}
}

// unique returns the first group of each match, once.
func unique(matches [][]string) (list []string) {
	for _, m := range matches {
		list = append(list, m[1])
	}
	slices.Sort(list)
	return slices.Compact(list)
}
