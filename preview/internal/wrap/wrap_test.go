package wrap

import (
	"errors"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

func mustCheck(t testing.TB, sql string) *guard.Statement {
	t.Helper()
	st, violations := guard.Check(sql, nil)
	if st == nil {
		t.Fatalf("%q is refused: %+v", sql, violations)
	}
	return st
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, sql string
		limit     int
		want      string
	}{
		{"plain", "select 1", 100, "select * from (\nselect 1\n) as preview_query limit 100"},
		{"semicolon", "select 1;", 7, "select * from (\nselect 1\n) as preview_query limit 7"},
		{"semicolons before and behind", "; ;select 1; ; -- x", 100, "select * from (\n   select 1\n) as preview_query limit 100"},
		{"line comment at the end", "select 1 -- ) as preview_query", 100, "select * from (\nselect 1 -- ) as preview_query\n) as preview_query limit 100"},
		{"comment before", "/* é */ select 1", 100, "select * from (\n/* é */ select 1\n) as preview_query limit 100"},
		{"byte order mark", "\ufeffselect 1", 100, "select * from (\n   select 1\n) as preview_query limit 100"},
		{"with", "with a as (select 1) select * from a", 0, "select * from (\nwith a as (select 1) select * from a\n) as preview_query limit 0"},
		{"parentheses", "((select 1))", 1, "select * from (\n((select 1))\n) as preview_query limit 1"},
		{"own limit", "select 1 order by 1 limit 5 offset 2", 100, "select * from (\nselect 1 order by 1 limit 5 offset 2\n) as preview_query limit 100"},
		{"no columns", "select", 100, "select * from (\nselect\n) as preview_query limit 100"},
		{"no columns, comment", "select--", 100, "select * from (\nselect--\n) as preview_query limit 100"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := Wrap(mustCheck(t, tc.sql), tc.limit)
			if err != nil {
				t.Fatal(err)
			}
			if got.SQL != tc.want {
				t.Errorf("wrapped:\n%s\nwant:\n%s", got.SQL, tc.want)
			}
		})
	}
}

func TestWrapRefusesANegativeLimit(t *testing.T) {
	t.Parallel()
	if _, err := Wrap(mustCheck(t, "select 1"), -1); err == nil {
		t.Error("a negative limit is accepted")
	}
}

// Texts that leave the wrapper, or read otherwise inside it, must not verify
// against the tree of what was checked.
func TestVerifyComparesTrees(t *testing.T) {
	t.Parallel()
	const checked = "select a from t"
	st := mustCheck(t, checked)
	wrapped := func(inner, tail string) string { return head + inner + tail }
	for _, tc := range []struct {
		name, sql string
		ok        bool
	}{
		{"the same", wrapped(checked, tail+"100"), true},
		{"another column", wrapped("select b from t", tail+"100"), false},
		{"another place", wrapped("select  a from t", tail+"100"), false},
		{"another limit", wrapped(checked, tail+"101"), false},
		{"longer limit", wrapped(checked, tail+"1000"), false},
		{"no limit", wrapped(checked, "\n) as preview_query"), false},
		{"limit and offset", wrapped(checked, tail+"100 offset 1"), false},
		{"with ties", wrapped(checked, "\n) as preview_query order by 1 fetch first 100 rows with ties"), false},
		{"for update", wrapped(checked, tail+"100 for update"), false},
		{"where", wrapped(checked, "\n) as preview_query where true limit 100"), false},
		{"column aliases", wrapped(checked, "\n) as preview_query(x) limit 100"), false},
		{"another alias", wrapped(checked, "\n) as preview_querx limit 100"), false},
		{"lateral", "select*from lateral(" + checked + tail + "100", false},
		{"union", wrapped(checked, tail+"100) union (select 1"), false},
		{"escaped", wrapped("select 1) as x, (select a from t", tail+"100"), false},
		{"two statements", wrapped(checked, tail+"100; select 1"), false},
		{"nothing", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tree, err := pgtree.Parse(tc.sql)
			ok := err == nil && verify(tree, st, "100", pgtree.Indent+st.End+len(tail))
			if ok != tc.ok {
				t.Errorf("verified %v, want %v:\n%s", ok, tc.ok, tree)
			}
		})
	}
}

// A statement whose extent or tree is not what was checked is never run.
func TestWrapFailsClosed(t *testing.T) {
	t.Parallel()
	st := *mustCheck(t, "select 1 union select 2")
	st.End -= len(" union select 2")
	if _, err := Wrap(&st, 100); !errors.Is(err, ErrNotWrapped) {
		t.Errorf("a cut statement gives %v, want ErrNotWrapped", err)
	}
	st = *mustCheck(t, "select 1")
	st.Source = "select 2"
	if _, err := Wrap(&st, 100); !errors.Is(err, ErrNotWrapped) {
		t.Errorf("a changed statement gives %v, want ErrNotWrapped", err)
	}
}

func TestSourceOffset(t *testing.T) {
	t.Parallel()
	const sql = ";select 'é', nope from t; "
	text, err := Wrap(mustCheck(t, sql), 100)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(text.SQL, "nope")
	position := len([]rune(before)) + 1
	offset, ok := text.SourceOffset(position)
	if want := strings.Index(sql, "nope"); !ok || offset != want {
		t.Errorf("position %d is at %d (%v), want %d", position, offset, ok, want)
	}
	for _, p := range []int{-1, 0, 1, len(head), len(head) + 1, len(text.SQL), len(text.SQL) + 50} {
		if offset, ok := text.SourceOffset(p); ok {
			t.Errorf("position %d of the wrapper is at %d", p, offset)
		}
	}
}

// A long statement's tree is not kept, and is compared all the same.
func TestLongStatement(t *testing.T) {
	t.Parallel()
	sql := "select " + strings.Repeat("a.b, f(c), ", 3000) + "1 from a"
	st := mustCheck(t, sql)
	text, err := Wrap(st, 100)
	if err != nil {
		t.Fatal(err)
	}
	if tree, err := pgtree.Parse(text.SQL); err != nil || !strings.Contains(tree, st.Tree()) || len(st.Tree()) < 500_000 {
		t.Errorf("the tree of %d bytes is not in that of the wrapped statement (%v)", len(st.Tree()), err)
	}
	changed := *st
	changed.Source = strings.Replace(sql, "f(c)", "g(c)", 1)
	if _, err := Wrap(&changed, 100); !errors.Is(err, ErrNotWrapped) {
		t.Errorf("a changed statement gives %v, want ErrNotWrapped", err)
	}
}
