package pgtree

import (
	"strings"
	"testing"
)

// Each bound lets a text pass and stops one that has more of the same.
func TestScreenStopsAtEachBound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		head, unit string
		fits, over int // how many units
		limit      Limit
	}{
		"tokens":            {"select a", ",a", maxWeight / 8, maxWeight, LimitTokens},
		"runs of operators": {"select 1 ", "-+", 100, 8000, LimitRescan},
		"open comments":     {"select 1 ", "/*", 100, 8000, LimitRescan},
		"warnings":          {"select 1", ";create global temp table t()", maxGlobal, maxGlobal + 1, LimitWarnings},
		"depth":             {"select ", "(", maxDepth / 8, maxDepth, LimitDepth},
	} {
		if excess := Screen(c.head+strings.Repeat(c.unit, c.fits), maxDepth); excess != nil {
			t.Errorf("%s: %d are refused: %+v", name, c.fits, excess)
		}
		excess := Screen(c.head+strings.Repeat(c.unit, c.over), maxDepth)
		if excess == nil || excess.Limit != c.limit || excess.Found <= excess.Max {
			t.Errorf("%s: %d: %+v", name, c.over, excess)
		}
	}
}
