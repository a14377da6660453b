package guard

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/internal/pgtree/pgtreetest"
)

// stalls are texts of the largest size that cost most. BenchmarkStall shows the time.
func stalls(t testing.TB) map[string]string {
	depth, err := pgtree.MaxDepth()
	if err != nil {
		t.Fatal(err)
	}
	return pgtreetest.Stalls(DefaultMaxBytes, func(sql string) bool { return pgtree.Screen(sql, depth) == nil })
}

// Whatever it costs, each gets an answer.
func TestStallsAreAnswered(t *testing.T) {
	t.Parallel()
	for name, sql := range stalls(t) {
		if len(sql) > DefaultMaxBytes {
			t.Errorf("%s: %d bytes", name, len(sql))
		}
		st, v := Check(sql, nil)
		if (st == nil) == (len(v) == 0) {
			t.Errorf("%s: neither a statement nor a violation, or both", name)
		}
	}
}

func BenchmarkStall(b *testing.B) {
	for name, sql := range stalls(b) {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			start := cpuTime()
			for b.Loop() {
				st, _ := Check(sql, nil)
				if st != nil {
					// As wrapping does: the second parse and the comparison.
					if _, err := pgtree.ParseIndented(st.SQL()); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64((cpuTime()-start).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// cpuTime is what this process has used: on a shared machine the clock says less.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
