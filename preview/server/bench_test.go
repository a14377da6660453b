package server_test

import (
	"context"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// benchmarked is one core, the sidecar in front of it on a unix socket, and the
// floor: the same transport with nothing behind it.
type benchmarked struct {
	core           *preview.Previewer
	clients, empty []*client.Client
}

const (
	benchSQL = "select id, name, total, at from orders order by id"
	countSQL = "select count(*), max(total) from orders"
	// callers is how many ask at a time, sessions how many the database serves.
	callers  = 64
	sessions = 8
)

// far is a connection to a database that is some milliseconds away: a flight is
// one Write.
type far struct {
	net.Conn
	away time.Duration
}

func (f far) Write(p []byte) (int, error) {
	time.Sleep(f.away)
	return f.Conn.Write(p)
}

// benchmark makes a core and a sidecar on a database that is so far away.
func benchmark(b *testing.B, away time.Duration) *benchmarked {
	b.Helper()
	dsn := pgtest.Shared(b).Database(b, `create table orders as
		select i as id, 'name ' || i as name, (i * 1.5)::numeric(10,2) as total, timestamptz '2026-01-01' + i * interval '1 h' as at
		from generate_series(1, 1000) i; alter table orders add primary key (id); analyze orders`)
	core, err := preview.New(preview.Config{
		Resolver: preview.StaticConnections(map[string]preview.Connection{preview.DefaultConnectionID: {
			DSN: preview.NewSecret(dsn),
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				var dialer net.Dialer
				conn, err := dialer.DialContext(ctx, network, address)
				return far{conn, away}, err
			},
		}}),
		Pool: preview.Pool{Sessions: sessions, Queue: callers, QueueWait: preview.HardTimeout},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(core.Close)
	s, err := server.New(server.Config{Previewer: core})
	if err != nil {
		b.Fatal(err)
	}
	socket := filepath.Join(b.TempDir(), "s")
	listener, err := server.Listen(context.Background(), "unix:"+socket)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, listener) }()
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return &benchmarked{core: core, clients: clientsOf(b, socket), empty: clientsOf(b, serveEmpty(b, core))}
}

// clientsOf are the channels of an agent that has a few.
func clientsOf(b *testing.B, socket string) []*client.Client {
	b.Helper()
	var clients []*client.Client
	for range 4 {
		c, err := client.New(client.Config{Target: "unix:" + socket})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		clients = append(clients, c)
	}
	return clients
}

func (m *benchmarked) embedded(b *testing.B, _ int, sql string) {
	if _, err := m.core.Preview(context.Background(), preview.Request{SQL: sql}); err != nil {
		b.Error(err)
	}
}

func (m *benchmarked) sidecar(b *testing.B, caller int, sql string) { send(b, m.clients, caller, sql) }

func (m *benchmarked) floor(b *testing.B, caller int, sql string) { send(b, m.empty, caller, sql) }

func send(b *testing.B, clients []*client.Client, caller int, sql string) {
	b.Helper()
	if _, err := clients[caller%len(clients)].PreviewQuery(context.Background(), &previewv1.PreviewQueryRequest{Sql: sql}); err != nil {
		b.Error(err)
	}
}

// BenchmarkLatency compares one caller of the sidecar with one of the embedded
// package and one of the floor, in turns, so that all see the same machine.
// ours-us is what the sidecar adds to the embedded call beyond the floor.
func BenchmarkLatency(b *testing.B) {
	m := benchmark(b, 0)
	for _, q := range []struct{ name, sql string }{{"1-row", countSQL}, {"100-rows", benchSQL}} {
		b.Run(q.name, func(b *testing.B) {
			var embedded, sidecar, floor []time.Duration
			measure := func(call func(*testing.B, int, string)) time.Duration {
				start := time.Now()
				call(b, 0, q.sql)
				return time.Since(start)
			}
			for range 20 {
				measure(m.embedded)
				measure(m.sidecar)
				measure(m.floor)
			}
			for b.Loop() {
				embedded = append(embedded, measure(m.embedded))
				sidecar = append(sidecar, measure(m.sidecar))
				floor = append(floor, measure(m.floor))
			}
			p50 := func(times []time.Duration) float64 {
				slices.Sort(times)
				return float64(times[len(times)/2].Microseconds())
			}
			b.ReportMetric(p50(embedded), "embedded-p50-us")
			b.ReportMetric(p50(sidecar), "sidecar-p50-us")
			b.ReportMetric(p50(floor), "floor-p50-us")
			b.ReportMetric(p50(sidecar)-p50(embedded), "above-us")
			b.ReportMetric(p50(sidecar)-p50(embedded)-p50(floor), "ours-us")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkThroughput compares 64 callers of each, in turns of some hundred. The
// callers of the sidecar, the sidecar and the database share the machine, so
// where nothing waits for anything the ratio is that of the processors' time.
// floor-ratio is the most that the ratio can be there over this transport: that
// of embedded calls each of which makes a call to the floor as well. cpu-us is
// this process's time a request, callers included and the database not.
func BenchmarkThroughput(b *testing.B) {
	for _, c := range []struct {
		name, sql string
		away      time.Duration
	}{
		{"1-row", countSQL, 0},
		{"100-rows", benchSQL, 0},
		{"1-row-5ms-away", countSQL, 5 * time.Millisecond},
		{"100-rows-5ms-away", benchSQL, 5 * time.Millisecond},
		{"100-rows-20ms-away", benchSQL, 20 * time.Millisecond},
	} {
		b.Run(c.name, func(b *testing.B) { throughput(b, benchmark(b, c.away), c.sql) })
	}
}

func throughput(b *testing.B, m *benchmarked, sql string) {
	const turn = 512
	type way struct {
		name      string
		call      func(*testing.B, int, string)
		wall, cpu time.Duration
	}
	run := func(w *way) {
		var group sync.WaitGroup
		start, busy := time.Now(), processorTime(b)
		for caller := range callers {
			group.Go(func() {
				for range turn / callers {
					w.call(b, caller, sql)
				}
			})
		}
		group.Wait()
		w.wall, w.cpu = w.wall+time.Since(start), w.cpu+processorTime(b)-busy
	}
	ways := []*way{{name: "embedded", call: m.embedded}, {name: "sidecar", call: m.sidecar}, {name: "floor", call: m.floor}}
	for _, w := range ways {
		run(w)
		w.wall, w.cpu = 0, 0
	}
	requests := 0
	for b.Loop() {
		for _, w := range ways {
			run(w)
		}
		requests += turn
	}
	for _, w := range ways {
		b.ReportMetric(float64(requests)/w.wall.Seconds(), w.name+"/s")
		b.ReportMetric(float64(w.cpu.Microseconds())/float64(requests), w.name+"-cpu-us")
	}
	embedded, sidecar, floor := ways[0].wall.Seconds(), ways[1].wall.Seconds(), ways[2].wall.Seconds()
	b.ReportMetric(embedded/sidecar, "ratio")
	b.ReportMetric(embedded/(embedded+floor), "floor-ratio")
	b.ReportMetric(0, "ns/op")
}
