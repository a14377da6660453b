package analyze_test

import (
	"fmt"
	"os"
	"strings"
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

// BenchmarkLongLists is how the analysis grows with lists in the text: four times the
// length must take about four times as long.
func BenchmarkLongLists(b *testing.B) {
	var wide strings.Builder
	wide.WriteString("create table wide (id int")
	for i := range 1590 {
		fmt.Fprintf(&wide, ", c%d int", i)
	}
	dsn := pgtest.Shared(b).Database(b, wide.String()+"); create table wide2 (like wide)")
	asker, known := catalogtest.Connect(b, dsn), catalog.NewCache(0).Of("c", dsn)
	names := func(n int, format string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(list, ", ")
	}
	for _, list := range []struct {
		name string
		sql  func(n int) string
	}{
		{"order", func(n int) string {
			return "select " + names(n, "c%[1]d as x%[1]d") + " from wide order by " + names(n, "x%d")
		}},
		{"order by columns", func(n int) string { return "select id from wide order by " + names(n, "c%d") }},
		{"group", func(n int) string { return "select " + names(n, "c%d") + " from wide group by " + names(n, "c%d") }},
		{"select", func(n int) string { return "select " + names(n, "w.c%d") + " from wide w" }},
		{"in", func(n int) string { return "select id from wide where id in (" + names(n, "%d") + ")" }},
		{"in texts", func(n int) string { return "select id from wide where id::text in (" + names(n, "'%d'") + ")" }},
		{"natural", func(n int) string {
			return "select 1 from (select " + names(n, "c%d") + " from wide) a natural join (select " + names(n, "c%d") + " from wide2) b"
		}},
		{"using", func(n int) string { return "select 1 from wide a join wide2 b using (" + names(n, "c%d") + ")" }},
		{"values", func(n int) string { return "values " + names(n, "(%[1]d, 'x%[1]d')") }},
	} {
		for _, n := range []int{390, 1560} {
			tree, err := pgtree.ParseIndented(list.sql(n))
			if err != nil {
				b.Fatal(err)
			}
			root, err := pgtree.ReadNode(tree)
			if err != nil {
				b.Fatal(err)
			}
			statement := root.List("stmts")[0].Node("stmt")
			snapshot, err := known.Look(b.Context(), asker, analyze.NamesOf(statement))
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%d", list.name, n), func(b *testing.B) {
				for b.Loop() {
					if analyze.Statement(statement, snapshot).TooComplex {
						b.Fatal("given up")
					}
				}
			})
		}
	}
}
