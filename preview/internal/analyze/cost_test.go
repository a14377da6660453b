package analyze_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/catalog/catalogtest"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestHostileTextsAreGivenUp: statements that multiply columns by joins, or rows by
// rows, are given up, and honest wide ones are not.
func TestHostileTextsAreGivenUp(t *testing.T) {
	t.Parallel()
	var wide strings.Builder
	wide.WriteString("create table wide (id int")
	for i := range 1500 {
		wide.WriteString(", c" + strconv.Itoa(i) + " int")
	}
	dsn := pgtest.Shared(t).Database(t, wide.String()+")")
	known := &lookups{asker: catalogtest.Connect(t, dsn), catalog: catalog.NewCache(0).Of("c", dsn)}
	nested, doubled := "select 1 as a", "select 1 as a"
	for range 40 {
		nested = "select (a, a) as a from (" + nested + ") x"
		doubled = "select x.*, x.* from (" + doubled + ") x"
	}
	for _, tc := range []struct {
		name, sql string
		gaveUp    bool
	}{
		{"a wide table", "select * from wide", false},
		{"twenty joins of a wide table", "select w0.c1 from wide w0" + joins(20), false},
		{"joins of a wide table", "select w0.c1 from wide w0" + joins(600), true},
		{"two thousand stars", "select " + strings.Repeat("w.*, ", 2000) + "1 from wide w", true},
		{"columns that double", doubled, true},
		{"rows that double", "select * from (" + nested + ") y order by a", true},
	} {
		found := known.analyze(t, tc.sql)
		if found == nil {
			t.Errorf("%s: the parser refuses it", tc.name)
		} else if found.TooComplex != tc.gaveUp {
			t.Errorf("%s: given up %v, want %v", tc.name, found.TooComplex, tc.gaveUp)
		}
	}
}

// joins joins the table wide n times.
func joins(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" join wide w" + strconv.Itoa(i+1) + " using (id)")
	}
	return b.String()
}
