package cost

import (
	"fmt"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

func modelOf(t *testing.T, sql string) *Model {
	t.Helper()
	tree, err := pgtree.ParseIndented(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	m := NewModel()
	if _, err := pgtree.Walk(tree, sql, m); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return m
}

// nested puts a subselect of one column x around another, n times.
func nested(n int, column, tail string) string {
	sql := "select a as x from t"
	for i := range n {
		sql = fmt.Sprintf("select %s as x from (%s) s%d%s", column, sql, i, tail)
	}
	return sql
}

func TestExcess(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, sql, rule string }{
		{"no FROM", "select 1", ""},
		{"additions, few", nested(10, "x + x", ""), ""},
		{"additions, many", nested(20, "x + x", ""), "expansion"},
		{"computed first", nested(20, "x + x", " offset 0"), ""},
		{"between", nested(20, "x between 1 and 2", ""), "expansion"},
		{"in", nested(20, "x in (a, b)", ""), "expansion"},
		{"in constants", nested(20, "x in (1, 2)", ""), ""},
		{"rows in rows", nested(9, "row(x)", ""), "value-growth"},
		{"a few rows in rows", nested(7, "row(x)", ""), ""},
		{"arrays", nested(9, "array[x]", ""), "value-growth"},
		{"one array of more dimensions", "select " + strings.Repeat("array[", 9) + "1" + strings.Repeat("]", 9), ""},
		{"JSON in JSON", "select " + strings.Repeat("to_jsonb(", 20) + "1" + strings.Repeat(")", 20), ""},
		{"quotes", nested(9, "quote_literal(x)", ""), "value-growth"},
	} {
		got := ""
		if x := modelOf(t, tc.sql).Excess(); x != nil {
			got = x.Rule
			if x.Offset < -1 || x.Offset >= len(tc.sql) || x.Message == "" || x.Hint == "" {
				t.Errorf("%s: %+v", tc.name, x)
			}
		}
		if got != tc.rule {
			t.Errorf("%s: rule %q, want %q\n%.200s", tc.name, got, tc.rule, tc.sql)
		}
	}
}

// How often parse analysis copies the operands of an expression.
func TestCopiesOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		variant     string
		node        node
		left, right float64
	}{
		{"AEXPR_OP", node{listed: 3}, 0, 0},
		{"AEXPR_BETWEEN", node{}, 2, 1},
		{"AEXPR_NOT_BETWEEN", node{}, 2, 1},
		{"AEXPR_BETWEEN_SYM", node{}, 4, 2},
		{"AEXPR_NOT_BETWEEN_SYM", node{}, 4, 2},
		{"AEXPR_IN", node{listed: 3, args: 5}, 3, 1},
		{"AEXPR_IN", node{listed: 3, args: 5, row: true}, 5, 1},
	} {
		if left, right := copiesOf(tc.variant, &tc.node); left != tc.left || right != tc.right {
			t.Errorf("%s %+v: %v and %v, want %v and %v", tc.variant, tc.node, left, right, tc.left, tc.right)
		}
	}
}

// What leaving a node adds to the SELECT around it.
func TestShape(t *testing.T) {
	t.Parallel()
	const sql = `with c as materialized (select 1) select a, b + a as d, t.* from c, s.t as u join lateral (select 2) v using (k), f(a) w where x in (select 3) limit 1`
	m := modelOf(t, sql)
	if len(m.selects) != 4 || len(m.open) != 0 || m.current != -1 {
		t.Fatalf("%d SELECTs, %d open nodes, current %d", len(m.selects), len(m.open), m.current)
	}
	top := m.selects[0]
	if len(top.ctes) != 1 || top.ctes[0].name != "c" || !top.ctes[0].always || top.ctes[0].sub == 0 {
		t.Errorf("CTEs %+v", top.ctes)
	}
	if !top.barrier || m.selects[1].barrier {
		t.Error("LIMIT keeps the outer SELECT apart, and no other")
	}
	var names []string
	for _, o := range top.outputs {
		names = append(names, fmt.Sprintf("%s %v %v %d", o.name, o.bare, o.star, o.to-o.from))
	}
	if got, want := strings.Join(names, "; "), "a true false 1; d false false 2; "+pgtree.Star+" true true 1"; got != want {
		t.Errorf("outputs %q, want %q", got, want)
	}
	kinds := map[string]itemKind{"c": itemTable, "u": itemTable, "v": itemSelect, "w": itemFunction}
	if len(top.items) != len(kinds) {
		t.Errorf("items %+v", top.items)
	}
	for _, item := range top.items {
		if item.kind != kinds[item.alias] || (item.name != "") != (item.alias == "c") {
			t.Errorf("item %+v", item)
		}
	}
}
