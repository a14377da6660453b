package guard_test

import (
	"os"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/pgtest/corpus"
)

const attacksFolder = "../../../testdata/attacks"

// Every text is refused for the stated reasons, at the stated places.
func TestAttacks(t *testing.T) {
	t.Parallel()
	ddl, err := os.ReadFile(attacksFolder + "/target.sql")
	if err != nil {
		t.Fatal(err)
	}
	target := newDatabase(t, pgtest.Shared(t).Database(t, string(ddl)))
	cases := readCorpus(t, attacksFolder, corpus.Attacks)
	bypassed, seen := 0, make(map[string]string)
	for i := range cases {
		c := &cases[i]
		if first := seen[c.SQL]; first != "" {
			t.Errorf("%s: the same text as %s", c.Where(), first)
		}
		seen[c.SQL] = c.Where()
		st, v := guard.Check(c.SQL, nil)
		if c.Keys["target"] == "yes" {
			if st == nil {
				t.Errorf("%s: refused offline already: %+v", c.Where(), v)
				continue
			}
			v = target.judge(t, c.SQL, nil)
		}
		if len(v) == 0 {
			bypassed++
			t.Errorf("%s: BYPASS: %.200q", c.Where(), c.SQL)
			continue
		}
		compareViolations(t, c, v)
	}
	t.Logf("%d attacks, %d bypassed", len(cases), bypassed)
	if len(cases) < 400 {
		t.Errorf("only %d attacks", len(cases))
	}
}

func compareViolations(t *testing.T, c *corpusCase, got []guard.Violation) {
	t.Helper()
	if len(got) != len(c.expect) {
		t.Errorf("%s: %.200q\n  %d violations, want %d: %+v", c.Where(), c.SQL, len(got), len(c.expect), got)
		return
	}
	for i, v := range got {
		if string(v.Reason) != c.expect[i].Reason || v.Rule != c.expect[i].Rule {
			t.Errorf("%s: %.200q\n  %s %s, want %s", c.Where(), c.SQL, v.Reason, v.Rule, c.expect[i])
		}
		if c.Keys["places"] != "free" && (v.Offset != c.Marks[i][0] || v.End != c.Marks[i][1]) {
			t.Errorf("%s: %.200q\n  underlines %d to %d (%.60q), want %v", c.Where(), c.SQL, v.Offset, v.End, c.SQL[v.Offset:v.End], c.Marks[i])
		}
		if v.Message == "" || (v.Hint == "" && v.Reason != "SQL_SYNTAX_ERROR") {
			t.Errorf("%s: no message or no hint: %+v", c.Where(), v)
		}
		line, column := guard.LineColumn(c.SQL, v.Offset)
		if v.Line != line || v.Column != column {
			t.Errorf("%s: at %d:%d, want %d:%d", c.Where(), v.Line, v.Column, line, column)
		}
	}
}
