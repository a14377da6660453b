package guard_test

import (
	"os"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

const attacksFolder = "../../../testdata/attacks"

var attackKeys = map[string][]string{
	"technique": nil, "why": nil,
	"escape": {"none", "go"}, "repeat": {"none", "on"}, "target": {"no", "yes"}, "places": {"exact", "free"},
}

// Every text is refused for the stated reasons, at the stated places.
func TestAttacks(t *testing.T) {
	t.Parallel()
	ddl, err := os.ReadFile(attacksFolder + "/target.sql")
	if err != nil {
		t.Fatal(err)
	}
	target := readTarget(t, connect(t, pgtest.Shared(t).Database(t, string(ddl))))
	cases := readCorpus(t, attacksFolder, attackKeys, true)
	bypassed, seen := 0, make(map[string]string)
	for i := range cases {
		c := &cases[i]
		if first := seen[c.sql]; first != "" {
			t.Errorf("%s: the same text as %s", c.where(), first)
		}
		seen[c.sql] = c.where()
		st, v := guard.Check(c.sql, nil)
		if c.keys["target"] == "yes" {
			if st == nil {
				t.Errorf("%s: refused offline already: %+v", c.where(), v)
				continue
			}
			v = st.Resolve(target, nil)
		}
		if len(v) == 0 {
			bypassed++
			t.Errorf("%s: BYPASS: %.200q", c.where(), c.sql)
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
		t.Errorf("%s: %.200q\n  %d violations, want %d: %+v", c.where(), c.sql, len(got), len(c.expect), got)
		return
	}
	for i, v := range got {
		if string(v.Reason) != c.expect[i][0] || v.Rule != c.expect[i][1] {
			t.Errorf("%s: %.200q\n  %s %s, want %s", c.where(), c.sql, v.Reason, v.Rule, c.expect[i])
		}
		if c.keys["places"] != "free" && (v.Offset != c.marks[i][0] || v.End != c.marks[i][1]) {
			t.Errorf("%s: %.200q\n  underlines %d to %d (%.60q), want %v", c.where(), c.sql, v.Offset, v.End, c.sql[v.Offset:v.End], c.marks[i])
		}
		if v.Message == "" || (v.Hint == "" && v.Reason != "SQL_SYNTAX_ERROR") {
			t.Errorf("%s: no message or no hint: %+v", c.where(), v)
		}
		line, column := guard.LineColumn(c.sql, v.Offset)
		if v.Line != line || v.Column != column {
			t.Errorf("%s: at %d:%d, want %d:%d", c.where(), v.Line, v.Column, line, column)
		}
	}
}
