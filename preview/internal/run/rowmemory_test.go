package run_test

import (
	"fmt"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/run"
)

// TestReleasedMemory runs many queries at a time, some released and some not, some cut
// short by an error: none sees the rows of another.
func TestReleasedMemory(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := newPools(t, run.Limits{})
	for caller := range 4 {
		t.Run(fmt.Sprint(caller), func(t *testing.T) {
			t.Parallel()
			for i := range 40 {
				if i%8 == 7 { // fails when some rows have come
					_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 'failed', 1 / (20 - i) from generate_series(1, 100) i"})
					if err == nil {
						t.Fatal("a division by zero succeeded")
					}
					continue
				}
				want, rows := fmt.Sprintf("%d-%d", caller, i), 1+(i*13)%100
				result := mustRun(t, pools, to, fmt.Sprintf("select repeat('%s', 1 + i %% 40), null, i from generate_series(1, %d) i", want, rows))
				if len(result.Rows) != rows {
					t.Fatalf("%d rows, want %d", len(result.Rows), rows)
				}
				for n, row := range result.Rows {
					if text := string(row[0].Bytes); len(text) != len(want)*(1+(n+1)%40) || text[:len(want)] != want || !row[1].Null || string(row[2].Bytes) != fmt.Sprint(n+1) {
						t.Fatalf("row %d is %q, %q", n, row[0].Bytes, row[2].Bytes)
					}
				}
				if i%3 != 0 {
					if result.Release(); result.Rows != nil {
						t.Fatal("rows can be used after their release")
					}
					result.Release() // does nothing
				}
			}
		})
	}
}
