package analyze_test

import (
	"os"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/analyze"
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/catalog/catalogtest"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

const benchmarked = `select c.id, c.name, count(*) as orders, sum(o.total) as total, max(o.placed_at)
	from customers c join orders o on o.customer_id = c.id left join order_items i on i.order_id = o.id
	where c.active and o.placed_at > now() - interval '30 days' and lower(c.name) like 'a%'
	group by c.id, c.name having sum(o.total) > 100 order by total desc nulls last limit 20`

// BenchmarkStatement is what the analysis costs a warm preview, in parses of the
// same text.
func BenchmarkStatement(b *testing.B) {
	ddl, err := os.ReadFile(allowedFolder + "/schema.sql")
	if err != nil {
		b.Fatal(err)
	}
	dsn := pgtest.Shared(b).Database(b, string(ddl))
	asker, known := catalogtest.Connect(b, dsn), catalog.NewCache(0).Of("c", dsn)
	tree, err := pgtree.ParseIndented(benchmarked)
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	const parses = 200
	for range parses {
		if _, err := pgtree.ParseIndented(benchmarked); err != nil {
			b.Fatal(err)
		}
	}
	parse := float64(time.Since(start)) / parses
	step := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/parse, "parses/op")
		})
	}
	root, err := pgtree.ReadNode(tree)
	if err != nil {
		b.Fatal(err)
	}
	n := root.List("stmts")[0].Node("stmt")
	names := analyze.NamesOf(n)
	snapshot, err := known.Look(b.Context(), asker, names)
	if err != nil {
		b.Fatal(err)
	}
	step("read", func() { _, _ = pgtree.ReadNode(tree) })
	step("names", func() { analyze.NamesOf(n) })
	step("look", func() { _, _ = known.Look(b.Context(), asker, names) })
	step("analyze", func() { analyze.Statement(n, snapshot) })
}
