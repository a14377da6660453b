package guard_test

import (
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/pgtest/corpus"
)

// What must be refused, put into every place of every honest query where the
// grammar takes it: no position may be forgotten.
func TestNoPositionIsForgotten(t *testing.T) {
	t.Parallel()
	payloads := []struct{ text, rule string }{
		{"(pg_sleep(1))", "function-waiting"},
		{"pg_catalog.pg_sleep(x => 1)", "function-waiting"},
		{"((1.0).pg_sleep)", "function-waiting"},
		{"(select f.pg_sleep from abs(1.0) f)", "function-waiting"},
		{"(with w as (delete from t returning 1) select * from w)", "data-modifying-cte"},
		{"(select 1 into x)", "select-into"},
		{"(select 1 from t for share)", "row-lock"},
		{"(select 1 from pg_catalog.pg_authid)", "catalog-with-secrets"},
		{"$1", "parameter"},
	}
	tried := make(map[string]int)
	for _, c := range readCorpus(t, allowedFolder, corpus.Allowed) {
		if len(c.SQL) > 1500 {
			continue
		}
		for _, at := range guard.Operands(c.SQL) {
			for _, p := range payloads {
				sql := c.SQL[:at[0]] + " " + p.text + " " + c.SQL[at[1]:]
				st, violations := guard.Check(sql, nil)
				if st == nil && violations[0].Rule == "syntax" {
					continue
				}
				tried[p.text]++
				found := false
				for _, v := range violations {
					found = found || v.Rule == p.rule
				}
				if !found {
					t.Errorf("%s: %s is not found in %q: %+v", c.Where(), p.rule, sql, violations)
				}
			}
		}
	}
	for _, p := range payloads {
		if tried[p.text] < 500 {
			t.Errorf("%s: only %d places", p.text, tried[p.text])
		}
	}
	t.Logf("places by payload: %v", tried)
}
