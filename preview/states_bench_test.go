package preview_test

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// catalogSizes are the numbers of tables of the databases that BenchmarkCatalogStates
// compares. The first is the baseline. The databases are made once for a run.
func catalogSizes() []int {
	sizes := []int{50, 20_000}
	if os.Getenv("OP_PREVIEW_BENCH_LARGE") != "" { // takes some minutes to make
		sizes = append(sizes, 100_000)
	}
	return sizes
}

// BenchmarkCatalogStates measures what an author waits for, by what is known already and by
// the number of tables in the database: milliseconds, the median, and the ratio to the
// smallest database in the same run.
//
//   - first: the first preview of a Previewer, which logs in and knows nothing;
//   - idle31, idle61: a preview that was made before, after so many seconds without one;
//   - pair: two tables that no preview has named before, otherwise warm;
//   - warm: a preview that was made just before.
func BenchmarkCatalogStates(b *testing.B) {
	for _, state := range []string{"first", "pair", "warm", "idle31", "idle61"} {
		for _, size := range catalogSizes() {
			b.Run(fmt.Sprintf("%s/tables=%d", state, size), func(b *testing.B) {
				all := catalogStates(b)
				median := all[size][state]
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(median.Microseconds())/1000, "ms")
				b.ReportMetric(float64(median)/float64(all[50][state]), "x-of-50-tables")
			})
		}
	}
}

var (
	catalogStatesOnce   sync.Once
	catalogStatesResult map[int]map[string]time.Duration
)

// catalogStates measures once for all benchmarks, however often they are repeated.
func catalogStates(b *testing.B) map[int]map[string]time.Duration {
	b.Helper()
	catalogStatesOnce.Do(func() {
		server := pgtest.Start(b, pgtest.Options{Settings: map[string]string{"max_locks_per_transaction": "1024", "autovacuum": "off"}})
		databases := make(map[int]string)
		for _, size := range catalogSizes() {
			databases[size] = databaseOfSize(b, server, size)
		}
		states := make(map[int]map[string]time.Duration)
		var idle sync.WaitGroup
		defer idle.Wait()
		for i, size := range catalogSizes() {
			states[size] = make(map[string]time.Duration)
			measureAwake(b, databases[size], size, states[size])
			previewer := benchPreviewer(b, databases[size])
			sql := "select * from t1 join t2 using (id)"
			timed(b, previewer, sql)
			idle.Go(func() {
				time.Sleep(time.Duration(i) * 500 * time.Millisecond) // one after the other
				for _, seconds := range []int{31, 61} {
					time.Sleep(time.Duration(seconds) * time.Second)
					states[size][fmt.Sprint("idle", seconds)] = timed(b, previewer, sql)
				}
			})
		}
		idle.Wait()
		catalogStatesResult = states
	})
	return catalogStatesResult
}

// measureAwake measures the states that need no waiting.
func measureAwake(b *testing.B, dsn string, size int, states map[string]time.Duration) {
	b.Helper()
	const samples = 15
	var first, pair, warm []time.Duration
	for range samples {
		first = append(first, timed(b, benchPreviewer(b, dsn), "select 1"))
	}
	previewer := benchPreviewer(b, dsn)
	timed(b, previewer, "select 1")
	for i := range samples {
		// Spread over the database, each table once.
		one := 1 + i*(size/(2*samples+1))
		other := one + size/2
		sql := fmt.Sprintf("select * from t%d join t%d using (id)", one, other)
		pair = append(pair, timed(b, previewer, sql))
		warm = append(warm, timed(b, previewer, sql))
	}
	for state, list := range map[string][]time.Duration{"first": first, "pair": pair, "warm": warm} {
		slices.Sort(list)
		states[state] = list[len(list)/2]
	}
}

func benchPreviewer(b *testing.B, dsn string) *preview.Previewer {
	b.Helper()
	p, err := preview.New(preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.Close)
	return p
}

// timed returns how long a preview takes.
func timed(b *testing.B, p *preview.Previewer, sql string) time.Duration {
	b.Helper()
	start := time.Now()
	if _, err := p.Preview(b.Context(), preview.Request{SQL: sql}); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// databaseOfSize makes a database of so many tables, and a tenth as many functions.
func databaseOfSize(b *testing.B, server *pgtest.Server, size int) string {
	b.Helper()
	name, _, err := server.CreateDatabase(b.Context(), "") // it goes with the server
	if err != nil {
		b.Fatal(err)
	}
	dsn := server.DSNFor("postgres", name)
	conn, err := pgconn.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(b.Context())
	const batch = 500 // a transaction has room for the locks of these
	for from := 1; from <= size; from += batch {
		to := min(from+batch-1, size)
		if _, err := conn.Exec(b.Context(), fmt.Sprintf(`do $$ begin
for i in %d..%d loop
  execute format('create table t%%s (id int, name text, price numeric, day date, at timestamptz)', i);
end loop;
for i in %[1]d..%[2]d by 10 loop
  execute format('create function f%%s(int) returns int language sql stable as ''select %%s''', i, i);
end loop;
end $$`, from, to)).ReadAll(); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := conn.Exec(b.Context(), "vacuum analyze").ReadAll(); err != nil {
		b.Fatal(err)
	}
	return dsn
}
