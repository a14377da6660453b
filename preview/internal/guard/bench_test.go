package guard_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	pg_query "github.com/pganalyze/pg_query_go/v6"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/wrap"
)

const benchSmall = `select c.name, count(*) as orders, sum(o.total) from customers c join orders o on o.customer_id = c.id
where o.created_at >= now() - interval '30 days' and c.country in ('DE', 'FR') group by 1 order by 3 desc`

const benchCTE = `, daily_%[1]d as (
  select date_trunc('day', e.happened_at) as day, e.kind, count(*) filter (where e.payload ->> 'status' = 'ok') as fine,
    coalesce(sum((e.payload ->> 'amount')::numeric), 0) as amount, row_number() over (partition by e.kind order by e.happened_at desc) as n
  from shop.events e left join shop.customers c using (customer_id)
  where e.happened_at between date '2026-01-01' and now() and (c.country is null or c.country <> 'XX') and lower(e.kind) like 'order.%%'
  group by 1, 2, e.happened_at having count(*) > %[1]d
)`

// benchQueries are queries of about 200 bytes, 2 KB and 20 KB as an analyst's
// tool would write them.
func benchQueries() map[string]string {
	build := func(ctes int) string {
		var b strings.Builder
		b.WriteString("with base as (select 1 as one)")
		for i := range ctes {
			fmt.Fprintf(&b, benchCTE, i)
		}
		b.WriteString("\nselect * from daily_0 order by day")
		return b.String()
	}
	return map[string]string{"200B": benchSmall, "2KB": build(3), "20KB": build(34)}
}

// BenchmarkCheck measures the whole offline check: screen, parse, rules, wrap
// and the verification of the wrapped text, which is a second parse. The metric
// "x-parse" is its time over that of pg_query.Parse alone, alternating in the
// same run.
func BenchmarkCheck(b *testing.B) {
	for _, name := range []string{"200B", "2KB", "20KB"} {
		sql := benchQueries()[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(sql)))
			var check, parse time.Duration
			for b.Loop() {
				start := time.Now()
				st, v := guard.Check(sql, nil)
				if st == nil {
					b.Fatal(v)
				}
				if _, err := wrap.Wrap(st, 100); err != nil {
					b.Fatal(err)
				}
				check += time.Since(start)
				b.StopTimer()
				start = time.Now()
				if _, err := pg_query.Parse(sql); err != nil {
					b.Fatal(err)
				}
				parse += time.Since(start)
				b.StartTimer()
			}
			b.ReportMetric(float64(check)/float64(parse), "x-parse")
		})
	}
}
