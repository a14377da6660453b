package guard_test

import (
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/wrap"
	"github.com/op-data/sqlpreview/preview/pgtest/corpus"
)

// Whatever the text: one verdict, places that lie in the text, and a wrapper
// around everything that is accepted.
func FuzzCheck(f *testing.F) {
	for _, c := range readCorpus(f, attacksFolder, corpus.Attacks) {
		if len(c.SQL) < 1000 {
			f.Add(c.SQL)
		}
	}
	for _, c := range readCorpus(f, allowedFolder, corpus.Allowed) {
		if len(c.SQL) < 1000 {
			f.Add(c.SQL)
		}
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) > 16<<10 {
			return
		}
		st, violations := guard.Check(sql, nil)
		if (st == nil) == (len(violations) == 0) {
			t.Fatalf("statement %v and %d violations", st, len(violations))
		}
		last := 0
		for _, v := range violations {
			line, column := guard.LineColumn(sql, v.Offset)
			if v.Offset < last || v.End < v.Offset || v.End > len(sql) || v.Line != line || v.Column != column || v.Reason == "" || v.Rule == "" || v.Message == "" {
				t.Fatalf("a violation out of place: %+v", v)
			}
			last = v.Offset
		}
		if st == nil {
			return
		}
		text, err := wrap.Wrap(st, 100)
		if err != nil {
			t.Fatalf("an accepted statement cannot be wrapped: %v", err)
		}
		// What is wrapped is accepted, with the same tables and functions.
		again, violations := guard.Check(text.SQL, nil)
		if again == nil {
			t.Fatalf("the wrapped statement is refused: %+v", violations)
		}
		if len(again.Tables) != len(st.Tables) || len(again.Functions) != len(st.Functions) {
			t.Fatalf("wrapped it names %v and %v, alone %v and %v", again.Tables, again.Functions, st.Tables, st.Functions)
		}
	})
}
