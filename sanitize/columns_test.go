package sanitize

import (
	"slices"
	"testing"
)

func TestMaskingRules(t *testing.T) {
	t.Parallel()
	users := Relation{Schema: "public", Name: "users", Columns: []string{"id", "name", "password", "api_key", "Tax ID"}}
	orders := Relation{Schema: "public", Name: "orders", Columns: []string{"id", "user_id", "total"}}
	part := Relation{Schema: "parts", Name: "orders_1", Columns: orders.Columns, Parents: []TableID{{"public", "orders"}}}
	column := func(table, column string) ColumnID { return ColumnID{Schema: "public", Table: table, Column: column} }
	for _, test := range []struct {
		name    string
		rules   ColumnRules
		outputs []OutputColumn
		sources Sources
		want    []string
	}{
		{
			"origins decide, aliases do not", ColumnRules{},
			[]OutputColumn{{Name: "harmless", Origin: column("users", "password")}, {Name: "password", Origin: column("users", "name")}, {Name: "id", Origin: column("users", "id")}},
			Sources{[]Relation{users}, true},
			[]string{RuleColumnName, "", ""},
		},
		{
			"an expression over a relation with a masked column", ColumnRules{},
			[]OutputColumn{{Name: "lower"}, {Name: "id", Origin: column("users", "id")}},
			Sources{[]Relation{orders, users}, true},
			[]string{RuleColumnOrigin, ""},
		},
		{
			"an expression over harmless relations", ColumnRules{},
			[]OutputColumn{{Name: "sum"}, {Name: "password"}},
			Sources{[]Relation{orders}, true},
			[]string{"", RuleColumnName},
		},
		{
			"no relations at all", ColumnRules{},
			[]OutputColumn{{Name: "?column?"}}, Sources{Complete: true}, []string{""},
		},
		{
			"unknown sources fail closed", ColumnRules{},
			[]OutputColumn{{Name: "sum"}, {Name: "id", Origin: column("users", "id")}},
			Sources{Relations: []Relation{users}},
			[]string{RuleColumnOrigin, ""},
		},
		{
			"the origin is a view's, so not known", ColumnRules{},
			[]OutputColumn{{Name: "id", Origin: column("user_view", "id")}},
			Sources{[]Relation{users}, true},
			[]string{RuleColumnOrigin},
		},
		{
			"a masked column of a relation that is not listed", ColumnRules{},
			[]OutputColumn{{Name: "x", Origin: column("users", "password")}},
			Sources{[]Relation{orders}, true},
			[]string{RuleColumnOrigin},
		},
		{
			"the operator's rules", ColumnRules{Mask: []string{`PUBLIC.users."Tax ID"`, "*.orders.total"}, Keep: []string{"public.*.password", "public.orders.total"}},
			[]OutputColumn{{Name: "a", Origin: column("users", "Tax ID")}, {Name: "b", Origin: column("users", "password")}, {Name: "c", Origin: column("orders", "total")}, {Name: "d", Origin: column("users", "api_key")}},
			Sources{[]Relation{users, orders}, true},
			[]string{RuleColumn, "", RuleColumn, RuleColumnName},
		},
		{
			"a partition is what its parent is", ColumnRules{Mask: []string{"public.orders.total"}},
			[]OutputColumn{{Name: "a", Origin: ColumnID{Schema: "parts", Table: "orders_1", Column: "total"}}, {Name: "b", Origin: ColumnID{Schema: "parts", Table: "orders_1", Column: "id"}}, {Name: "sum"}},
			Sources{[]Relation{part}, true}, []string{RuleColumn, "", RuleColumnOrigin},
		},
		{
			"names off", ColumnRules{IgnoreNames: true},
			[]OutputColumn{{Name: "a", Origin: column("users", "password")}, {Name: "password"}},
			Sources{}, []string{"", ""},
		},
		{
			"names of one's own", ColumnRules{IgnoreNames: true, Names: []string{"taxId"}},
			[]OutputColumn{{Name: "a", Origin: column("users", "Tax ID")}, {Name: "b", Origin: column("users", "password")}},
			Sources{[]Relation{users}, true}, []string{RuleColumnName, ""},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, err := New(Config{Columns: test.rules})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.MaskingRules(test.outputs, test.sources); !slices.Equal(got, test.want) {
				t.Errorf("MaskingRules = %q, want %q", got, test.want)
			}
		})
	}
}

func TestParseColumn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][3]string{
		"a.b.c":         {"a", "b", "c"},
		"A.B.ÄB":        {"a", "b", "Äb"},
		`"A"."b.""c".*`: {"A", `b."c`, "*"},
		`*.*.password`:  {"*", "*", "password"},
		`"*".t.c`:       {`"*"`, "t", "c"},
		"a.b":           {},
		"a.b.c.d":       {},
		"a..c":          {},
		`"a.b.c`:        {},
		`"".b.c`:        {},
		"":              {},
		"a.b.c\t":       {},
		"a.b*.c":        {},
		`a"b".c.d`:      {},
	} {
		pattern, err := parseColumn(text)
		if (err == nil) != (want != [3]string{}) {
			t.Errorf("parseColumn(%q): error %v", text, err)
			continue
		}
		for i, part := range pattern {
			got := "*"
			if part != nil {
				got = *part
				if got == "*" {
					got = `"*"`
				}
			}
			if err == nil && got != want[i] {
				t.Errorf("parseColumn(%q)[%d] = %q, want %q", text, i, got, want[i])
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]Config{
		"negative limit": {MaxCharacters: -1},
		"huge limit":     {MaxCharacters: 1<<20 + 1},
		"column syntax":  {Columns: ColumnRules{Mask: []string{"users.password"}}},
		"keep syntax":    {Columns: ColumnRules{Keep: []string{"password"}}},
		"empty name":     {Columns: ColumnRules{Names: []string{" "}}},
	} {
		if s, err := New(config); err == nil || s != nil {
			t.Errorf("%s: taken", name)
		}
	}
}
