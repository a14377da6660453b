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

// values joins n VALUES, each of the columns of the one before.
func values(n int, row, columns string) string {
	sql := "select 1 from (values (1, 1)) v0(x, y)"
	for i := range n {
		sql += fmt.Sprintf(" cross join lateral (values "+row+") v%d(%s)", i, i, i+1, columns)
	}
	return sql
}

// renamed nests subselects of two columns; the first is called x outside.
func renamed(n int, first, second string) string {
	sql := "select a as x, b as y from t"
	for i := range n {
		sql = fmt.Sprintf("select %s, %s from (%s) s%d(x, y)", first, second, sql, i)
	}
	return sql
}

func ctes(n int) string {
	sql, before := "", "a"
	for i := range n {
		sql += fmt.Sprintf(", c%d(x) as (select x + x from %s)", i, before)
		before = fmt.Sprintf("c%d", i)
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
		{"VALUES of one row", values(20, "(v%d.x + v%d.x, 1)", "x, y"), "expansion"},
		{"VALUES of one row, another column", values(20, "(v%d.x, v%d.x + 1)", "x, y"), ""},
		{"VALUES of one row, by its own name", values(20, "(1, v%d.column2 + v%d.column2)", "x"), "expansion"},
		{"VALUES of two rows", values(20, "(v%d.x + v%d.x, 1), (1, 1)", "x, y"), ""},
		{"VALUES of rows in rows", values(9, "(row(v%d.x, v%d.x), 1), (null, 1)", "x, y"), "value-growth"},
		{"renamed", "select * from (select x + x, 1 from (select a + a as x, b from t) s(x, b)) r(c, d)", ""},
		{"renamed, many", renamed(20, "x + x", "1"), "expansion"},
		{"renamed, another column", renamed(20, "1", "x + x"), ""},
		{"renamed CTEs", "with a(x) as (select 1)" + ctes(20) + " select x from c19", "expansion"},
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

func TestUninterruptible(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		sql  string
		slow bool
	}{
		{`select length(normalize(repeat(U&'\0344', 50000000), NFKD))`, true},
		{`select normalize(repeat(repeat('x', 2000), 1000))`, true},
		{`select normalize(repeat(a, 3000000)) from t`, true},
		{`select upper(repeat('x', 2000000)) is nfkd normalized`, true},
		{`select normalize(repeat('x', 600000) || repeat('y', 600000))`, true},
		{`select normalize(repeat('x', 1000))`, false},
		{`select normalize(repeat('x', n)) from t`, false},
		{`select app.normalize(repeat('x', 50000000))`, false},
		{`select length(repeat('x', 400000000))`, false},
		{`select initcap(repeat('ab ', 30000000))`, true},
		{`select initcap(repeat('ab ', 1000))`, false},
		{`select array_fill(0, array[100000000])`, true},
		{`select array_fill(0, array[10000, 10000])`, true},
		{`select array_fill(0, array[2, 2])`, false},
		{`select array_fill(0, array[n]) from t`, false},
		{`select xpath('count(//*[count(//*[count(//*)=1])=1])', x) from t`, true},
		{`select xpath('count(//*[count(//*)=1])', x) from t`, true},
		{`select xpath('//a[@id = //b/@ref]', x) from t`, true},
		{`select xpath('//a[@id and //b]', x) from t`, true},
		{`select xpath_exists('//b[following-sibling::b[following-sibling::b]]', x) from t`, true},
		{`select xmlexists('//a[b[.//c]]' passing by ref x) from t`, true},
		{`select * from xmltable('//a[count(//b) > 1]' passing x columns c text)`, true},
		{`select * from t, xmltable('/a' passing x columns c text path '//b[count(//c) > 1]')`, true},
		{`select xpath('//book[author[name = "x"]]/title[1]/text()', x) from t`, false},
		{`select xpath('//a[.//b]', x) from t`, false},
		{`select xpath('//a[b//c]', x) from t`, false},
		{`select xpath('//a[text() = "[//]"]//b', x) from t`, false},
		{`select xpath('//a[following-sibling::b]', x) from t`, false},
		{`select xpath(p, x) from t`, false},
		{`select * from t, xmltable('//row' passing x columns c text path '@c', d int path 'd[1]')`, false},
	} {
		x := modelOf(t, tc.sql).Excess()
		if (x != nil) != tc.slow || x != nil && (x.Rule != "uninterruptible" || x.Message == "" || x.Hint == "") {
			t.Errorf("%s: %+v", tc.sql, x)
		}
	}
}
