package run_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// shop is data of a size that a preview is made on.
const shop = `
create table customers (id int primary key, name text, country text, since date);
insert into customers select g, 'customer ' || g, chr(65 + g % 26) || chr(65 + g % 7), date '2020-01-01' + g % 1500 from generate_series(1, 2000) g;
create table orders (id int primary key, customer int references customers, amount numeric(12,2), at timestamptz, note text);
insert into orders select g, 1 + g % 2000, g * 1.37, timestamptz '2024-01-01' + g * interval '7 min', repeat('note ', g % 20) from generate_series(1, 20000) g;
create index on orders (customer);
analyze`

func wrapped(sql string) string {
	return "select * from (\n" + sql + "\n) as preview_query limit 100"
}

var benchQueries = []struct{ name, sql string }{
	{"one", "select 1"},
	{"rows", "select * from orders"},
	{"join", "select c.country, count(*), sum(o.amount), max(o.at) from orders o join customers c on c.id = o.customer where o.at > '2024-02-01' group by c.country order by 3 desc"},
}

// BenchmarkFlight compares a pipeline with a bare query of the same text over
// pgx in one round trip, in turns, and prints the ratio of the medians.
func BenchmarkFlight(b *testing.B) {
	dsn := pgtest.Shared(b).Database(b, shop)
	b.Run("local", func(b *testing.B) { benchFlights(b, run.Target{ID: "b", DSN: dsn}) })
	b.Run("5ms-each-way", func(b *testing.B) {
		dial := slowDial(5 * time.Millisecond)
		benchFlights(b, run.Target{ID: "b", DSN: dsn, Dial: dial})
	})
}

func benchFlights(b *testing.B, to run.Target) {
	for _, query := range benchQueries {
		b.Run(query.name, func(b *testing.B) {
			pools := newPools(b, run.Limits{})
			config, err := pgx.ParseConfig(to.DSN)
			if err != nil {
				b.Fatal(err)
			}
			if to.Dial != nil {
				config.DialFunc = to.Dial
			}
			conn, err := pgx.ConnectConfig(b.Context(), config)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close(b.Context()) // only read from
			sql := wrapped(query.sql)
			mustRun(b, pools, to, sql)
			var ours, bare []time.Duration
			for b.Loop() {
				start := time.Now()
				mustRun(b, pools, to, sql)
				middle := time.Now()
				bareQuery(b, conn, sql)
				ours, bare = append(ours, middle.Sub(start)), append(bare, time.Since(middle))
			}
			slices.Sort(ours)
			slices.Sort(bare)
			o, p := ours[len(ours)/2], bare[len(bare)/2]
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(o.Microseconds()), "pipeline-us")
			b.ReportMetric(float64(p.Microseconds()), "bare-us")
			b.ReportMetric(float64(o)/float64(p), "ratio")
		})
	}
}

// bareQuery is what a program without our care would do: one round trip, every
// cell kept.
func bareQuery(b *testing.B, conn *pgx.Conn, sql string) {
	rows, err := conn.Query(b.Context(), sql, pgx.QueryExecModeExec)
	if err != nil {
		b.Fatal(err)
	}
	var cells [][]byte
	for rows.Next() {
		for _, raw := range rows.RawValues() {
			cells = append(cells, slices.Clone(raw))
		}
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	_ = cells
}
