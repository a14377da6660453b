package pgtree

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// recorder keeps the calls that a visitor gets.
type recorder struct{ events []string }

func (r *recorder) add(format string, args ...any) {
	r.events = append(r.events, fmt.Sprintf(format, args...))
}

func (r *recorder) Enter(f *Frame) { r.add("+%s@%d", f.KindName, f.Near) }

func (r *recorder) Field(f *Frame, name string, n int) { r.add("%s.%s=%d", f.KindName, name, n) }

func (r *recorder) Refuse(x Refusal) {
	r.add("!%s %s.%s@%d inner=%v", x.Rule, x.Kind, x.Field, x.Near, x.Inner)
}

func (r *recorder) Leave(f *Frame) {
	parent := "-"
	if f.Parent != nil {
		parent = f.Parent.KindName
	}
	r.add("-%s<%s@%d %s", f.KindName, parent, f.Location, strings.Join(f.Names, "."))
}

func walkText(t *testing.T, sql string, v ...Visitor) Outline {
	t.Helper()
	tree, err := ParseIndented(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	o, err := Walk(tree, sql, v...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return o
}

func TestWalkTellsEveryVisitorOfEveryNode(t *testing.T) {
	t.Parallel()
	var a, b recorder
	walkText(t, "select f(x.*) from s.t as x", &a, &b)
	want := []string{
		"+SelectStmt@0",
		"+ResTarget@0", "+FuncCall@0", "+ColumnRef@0", "-ColumnRef<FuncCall@9 x." + Star, "FuncCall.args=1",
		"-FuncCall<ResTarget@7 f", "ResTarget.val=1", "-ResTarget<SelectStmt@7 ", "SelectStmt.targetList=1",
		"+RangeVar@7", "+Alias@7", "-Alias<RangeVar@0 ", "-RangeVar<SelectStmt@19 ", "SelectStmt.fromClause=1",
		"-SelectStmt<-@0 ",
	}
	if !slices.Equal(a.events, want) {
		t.Errorf("told\n%q\nwant\n%q", a.events, want)
	}
	if !slices.Equal(a.events, b.events) {
		t.Errorf("the second visitor is told %q", b.events)
	}
}

// What the allow-list forbids is reported, and what it holds is walked.
func TestWalkReportsWhatIsNotListed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ sql, refusal, walked string }{
		{"select 1 into x", "!select-into SelectStmt.intoClause@0 inner=false", ""},
		{"select 1 from t for update", "!row-lock SelectStmt.lockingClause@14 inner=false", ""},
		{"with a as (delete from t where f(1)) select 1", "! DeleteStmt.@44 inner=false", "-FuncCall<CommonTableExpr@31 f"},
		{"with a as (insert into t select $1) select 1", "! InsertStmt.@43 inner=false", "-ParamRef<ResTarget@32 "},
		{"with a as (merge into t using u on true when matched then delete) select 1", "! MergeStmt.@73 inner=false", ""},
	} {
		var r recorder
		walkText(t, tc.sql, &r)
		if !slices.Contains(r.events, tc.refusal) || tc.walked != "" && !slices.Contains(r.events, tc.walked) {
			t.Errorf("%s: told %q, want %q and %q", tc.sql, r.events, tc.refusal, tc.walked)
		}
	}
}

// frameVisitor keeps a copy of the frames of one kind.
type frameVisitor struct {
	recorder
	kind   string
	frames []Frame
}

func (v *frameVisitor) Leave(f *Frame) {
	if f.KindName == v.kind {
		v.frames = append(v.frames, *f)
	}
}

func TestFrames(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		sql, kind string
		ok        func(f Frame) bool
	}{
		{"select 1 from a.b.c as d(e)", "RangeVar", func(f Frame) bool {
			return f.Catalog == "a" && f.Schema == "b" && f.Name == "c" && f.Alias == "d" && f.Renamed
		}},
		{"select 1 from f() as x(a int, b text)", "RangeFunction", func(f Frame) bool { return slices.Equal(f.Columns, []string{"a", "b"}) && f.Alias == "x" }},
		{"select 1 from f() with ordinality as x(a, b)", "RangeFunction", func(f Frame) bool { return slices.Equal(f.Columns, []string{"a", "b"}) }},
		{"select 1 from xmltable('/a' passing b columns c int, d for ordinality) as x", "RangeTableFunc", func(f Frame) bool { return slices.Equal(f.Columns, []string{"c", "d"}) }},
		{"select 1 from json_table(b, '$' columns (c int, nested '$' columns (d int))) as x", "JsonTable", func(f Frame) bool {
			return slices.Contains(f.Columns, "c") && slices.Contains(f.Columns, "d")
		}},
		{"select (a).b", "String", func(f Frame) bool { return f.Name == "b" && f.Inside(KindIndirection) }},
		{"select 1 from a natural join b", "JoinExpr", func(f Frame) bool { return f.Natural && f.Compares() }},
		{"select 1 from a join b using (c, d)", "JoinExpr", func(f Frame) bool { return len(f.Names) == 2 && f.Compares() }},
		{"select 1 from a join b on true", "JoinExpr", func(f Frame) bool { return !f.Compares() }},
		{"select f(1, 2)", "FuncCall", func(f Frame) bool { return f.Args == 2 && f.PlainArgs }},
		{"select f(a => 1)", "FuncCall", func(f Frame) bool { return !f.PlainArgs }},
		{"select f(variadic a)", "FuncCall", func(f Frame) bool { return !f.PlainArgs }},
		{"select count(*)", "FuncCall", func(f Frame) bool { return !f.PlainArgs }},
		{"select 1 where a in (1, 2)", "A_Expr", func(f Frame) bool { return f.Variant == "AEXPR_IN" }},
		{"with recursive a as (select 1) select 1", "WithClause", func(f Frame) bool { return f.Recursive }},
		{"with a as not materialized (select 1) select 1", "CommonTableExpr", func(f Frame) bool {
			return f.Variant == "CTEMaterializeNever" && f.Name == "a"
		}},
		{"select 1 as b", "ResTarget", func(f Frame) bool { return f.Name == "b" && f.Inside(KindSelect) }},
	} {
		v := &frameVisitor{kind: tc.kind}
		walkText(t, tc.sql, v)
		if len(v.frames) != 1 || !tc.ok(v.frames[0]) {
			t.Errorf("%s: %+v", tc.sql, v.frames)
		}
	}
}

func TestOutline(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		sql           string
		statements    int
		kind          string
		first, second string
	}{
		{"", 0, "", "", ""},
		{" ;; -- nothing", 0, "", "", ""},
		{"select 1", 1, "SelectStmt", "select 1", ""},
		{";; select 1 ; -- end", 1, "SelectStmt", " select 1 ", ""},
		{"select 'é' ; select 2;select 3", 2, "SelectStmt", "select 'é' ", " select 2"},
		{"drop table t", 1, "DropStmt", "drop table t", ""},
	} {
		o := walkText(t, tc.sql)
		first, second := tc.sql[o.First.Start:o.First.End], tc.sql[o.Second.Start:o.Second.End]
		if o.Statements != tc.statements || o.Kind != tc.kind || strings.TrimSpace(first) != strings.TrimSpace(tc.first) || second != tc.second {
			t.Errorf("%q: %+v, %q and %q", tc.sql, o, first, second)
		}
	}
}

// A tree that the parser does not write is an error, and no reason to panic.
func TestWalkRefusesOtherJSON(t *testing.T) {
	t.Parallel()
	const sql = "with a as (select x.y from t) select f(1, 'b', (c).d) from a join b using (e) where g in (1, 2)"
	tree, err := ParseIndented(sql)
	if err != nil {
		t.Fatal(err)
	}
	for i := range tree {
		if _, err := Walk(tree[:i], sql, &recorder{}); !errors.Is(err, ErrShape) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	for _, js := range []string{"", "{}", "null", `{"version":1,"stmts":[]} `, `{"version":1,"stmts":[{"stmt":{"SelectStmt":{}},"stmt_len":9999}]}`} {
		if _, err := Walk(js, "select 1", &recorder{}); !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v", js, err)
		}
	}
}

func TestSubtree(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{"select 1", "select a" + strings.Repeat(", a", 10_000)} {
		tree, err := ParseIndented(sql)
		if err != nil {
			t.Fatal(err)
		}
		o, err := Walk(tree, sql)
		if err != nil {
			t.Fatal(err)
		}
		node := tree[o.Node.Start:o.Node.End]
		s := KeepSubtree(tree, o.Node)
		if s.Whole() != (len(sql) < 100) || s.Text(sql) != node {
			t.Errorf("%.20s: whole %v; the text differs: %v", sql, s.Whole(), s.Text(sql) != node)
		}
		for _, tc := range []struct {
			js string
			ok bool
		}{{node, true}, {node + "}", false}, {node[:len(node)-1], false}, {strings.Replace(node, "S", "s", 1), false}} {
			c := NewCursor(tc.js)
			c.Subtree(&s)
			if c.AtEnd() != tc.ok {
				t.Errorf("%.20s: %.60s is read: %v", sql, tc.js, !tc.ok)
			}
		}
	}
}

func TestConstantText(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"'a'": "a", "'a', true": "a", `'a"b\c'`: `a"b\c`, "'a'::text": "a", "cast('a' as pg_catalog.text)": "a",
		"x": "-", "1": "-", "'a' || 'b'": "-", "'a'::name": "-", "'a'::text[]": "-", "'a'::x.text": "-", "'a'::text::name": "-", "null": "-", "(select 'a')": "-",
	} {
		v := &frameVisitor{kind: "FuncCall"}
		walkText(t, "select f("+args+")", v)
		got, ok := ConstantText(v.frames[0].ArgsJSON)
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("f(%s): %q, want %q", args, got, want)
		}
	}
}
