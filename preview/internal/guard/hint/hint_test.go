package hint

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/internal/pgtree/pgtreetest"
)

func explain(t testing.TB, sql string) (Finding, bool) {
	t.Helper()
	depth, err := pgtree.MaxDepth()
	if err != nil {
		t.Fatal(err)
	}
	if !utf8.ValidString(sql) || strings.Contains(sql, "\x00") || pgtree.Screen(sql, depth) != nil {
		return Finding{}, false
	}
	_, err = pgtree.ParseIndented(sql)
	syntax, ok := err.(*pgtree.SyntaxError) //nolint:errorlint // it returns no other
	if !ok {
		return Finding{}, false
	}
	f := Syntax(sql, syntax.Offset(sql))
	if f.Start < 0 || f.End < f.Start || f.End > len(sql) {
		t.Fatalf("%.200q: a finding from %d to %d", sql, f.Start, f.End)
	}
	if len(f.Message) > 400 || len(f.Hint) > 4*len(sql)+400 {
		t.Fatalf("%.200q: a finding of %d and %d bytes", sql, len(f.Message), len(f.Hint))
	}
	return f, true
}

// Every place of every token can be where the grammar stopped.
func TestFindingsLieInTheText(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		"", "select", "select 'it's', `a`, [b], {{c}}, $__d(e), :f, ?, %s from t where a = any (1, 2) limit 5, 10",
		"select (((a, b from t where case when x then 'y' order by", "$", "$$", "#", "{", "[[", "\ufeff", "select \u00a0 'a\u201d", "<%= a %>", "with", "select * except (a",
	} {
		for at := -1; at <= len(sql)+1; at++ {
			f := Syntax(sql, at)
			if f.Start < 0 || f.End < f.Start || f.End > len(sql) {
				t.Errorf("%q at %d: a finding from %d to %d", sql, at, f.Start, f.End)
			}
			for _, state := range []string{"42703", "42883", "42P01", "42704", ""} {
				Undefined(sql, at, state)
			}
		}
	}
}

// A finding costs little, whatever the text: as many corrections as maxRepairs, of
// short texts only, and a few passes over the tokens.
func TestHostileTextsAreExplained(t *testing.T) {
	t.Parallel()
	const size = 256 << 10
	texts := pgtreetest.Stalls(size, func(sql string) bool { return len(sql) < size })
	for name, unit := range map[string]string{
		"strings with fences": "'\n```',", "fences": "\n```", "quotes": "'a'b ", "openings": "(", "templates": "{{", "comments": "-- from\n", "signs": "# ", "words": "frmo ",
		"commas": ",", "cases": "case ", "keywords": "WHERE ", "limits": "limit 1,", "brackets": "[a", "question marks": "?,",
	} {
		texts[name] = "select " + strings.Repeat(unit, size/len(unit)-8)
	}
	for name, sql := range texts {
		start := time.Now()
		f := Syntax(sql, len(sql)/2)
		g := Syntax(sql, len(sql))
		if f.End > len(sql) || g.End > len(sql) {
			t.Errorf("%s: %+v, %+v", name, f, g)
		}
		t.Logf("%s: %v", name, time.Since(start))
	}
	s := newSource("select a frm t", 13)
	for range 100 {
		s.repaired(0, 0, "")
	}
	if s.repairs != 0 {
		t.Errorf("%d repairs are left of %d", s.repairs, maxRepairs)
	}
	if long := newSource("select a frm t"+strings.Repeat(" ", pgtree.ShortText), 13); long.repaired(9, 12, "from") {
		t.Error("a long text is parsed again")
	}
}

// No entry of the tables is written so that it cannot be found.
func TestTablesAreInLowerCase(t *testing.T) {
	t.Parallel()
	check := func(table, key string) {
		if key == "" || key != strings.ToLower(key) || strings.TrimSpace(key) != key {
			t.Errorf("%s: %q is never found", table, key)
		}
	}
	for _, p := range patterns {
		check("patterns", p.words)
		if p.message == "" || p.hint == "" {
			t.Errorf("patterns: %q has no message or no hint", p.words)
		}
	}
	for key := range functions {
		check("functions", key)
	}
	for key := range columns {
		check("columns", key)
	}
	for key := range firstWords {
		check("firstWords", key)
	}
	for key := range endings {
		check("endings", key)
	}
}

func FuzzSyntax(f *testing.F) {
	for _, sql := range []string{"select a frm t", "select 'it's' from t", "select `a`", "select * from {{ t }}", "selct 1", "select a, from t", "\ufeffselect (1"} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) < 2048 {
			explain(t, sql)
		}
	})
}
