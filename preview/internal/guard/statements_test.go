package guard

import (
	"os"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/reason"
)

// Every statement of PostgreSQL's reference manual but SELECT, with an example
// that the grammar accepts.
func TestEveryOtherStatementIsRefused(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/statements.sql")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(text)) {
		sql := strings.TrimSpace(line)
		if sql == "" || strings.HasPrefix(sql, "--") {
			continue
		}
		seen++
		if _, err := pgtree.Parse(sql); err != nil {
			t.Errorf("%s: the grammar does not accept it: %v", sql, err)
			continue
		}
		st, v := Check(sql, nil)
		if st != nil || len(v) != 1 || v[0].Reason != reason.NotASelect || v[0].Offset != 0 || v[0].Hint == "" {
			t.Errorf("%s: %+v, want NOT_A_SELECT at 0 with a hint", sql, v)
		}
	}
	if seen < 180 {
		t.Errorf("only %d statements", seen)
	}
}
