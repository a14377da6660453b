package server_test

import (
	"context"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// benchmarked is one core, and the sidecar in front of it on a unix socket.
type benchmarked struct {
	core    *preview.Previewer
	clients []previewv1.PreviewServiceClient
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
	m := &benchmarked{core: core}
	for range 4 { // as an agent with a few channels has it
		conn, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { conn.Close() })
		m.clients = append(m.clients, previewv1.NewPreviewServiceClient(conn))
	}
	return m
}

func (m *benchmarked) embedded(b *testing.B, _ int, sql string) {
	if _, err := m.core.Preview(context.Background(), preview.Request{SQL: sql}); err != nil {
		b.Error(err)
	}
}

func (m *benchmarked) sidecar(b *testing.B, caller int, sql string) {
	client := m.clients[caller%len(m.clients)]
	if _, err := client.PreviewQuery(context.Background(), &previewv1.PreviewQueryRequest{Sql: sql}); err != nil {
		b.Error(err)
	}
}

// BenchmarkLatency compares one caller of the sidecar with one of the embedded
// package, in turns, so that both see the same machine.
func BenchmarkLatency(b *testing.B) {
	m := benchmark(b, 0)
	for name, sql := range map[string]string{"1-row": countSQL, "100-rows": benchSQL} {
		b.Run(name, func(b *testing.B) {
			var embedded, sidecar []time.Duration
			measure := func(call func(*testing.B, int, string)) time.Duration {
				start := time.Now()
				call(b, 0, sql)
				return time.Since(start)
			}
			for range 20 {
				measure(m.embedded)
				measure(m.sidecar)
			}
			for b.Loop() {
				embedded = append(embedded, measure(m.embedded))
				sidecar = append(sidecar, measure(m.sidecar))
			}
			slices.Sort(embedded)
			slices.Sort(sidecar)
			p50 := func(times []time.Duration) float64 { return float64(times[len(times)/2].Microseconds()) }
			b.ReportMetric(p50(embedded), "embedded-p50-us")
			b.ReportMetric(p50(sidecar), "sidecar-p50-us")
			b.ReportMetric(p50(sidecar)-p50(embedded), "above-us")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkThroughput compares 64 callers of each, in turns of some hundred. The
// callers of the sidecar, the sidecar and the database share the machine, so
// where nothing waits for anything the ratio is that of the processors' time.
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
	run := func(call func(*testing.B, int, string)) time.Duration {
		var group sync.WaitGroup
		start := time.Now()
		for caller := range callers {
			group.Go(func() {
				for range turn / callers {
					call(b, caller, sql)
				}
			})
		}
		group.Wait()
		return time.Since(start)
	}
	run(m.embedded)
	run(m.sidecar)
	var embedded, sidecar time.Duration
	turns := 0
	for b.Loop() {
		embedded += run(m.embedded)
		sidecar += run(m.sidecar)
		turns++
	}
	b.ReportMetric(float64(turns*turn)/embedded.Seconds(), "embedded/s")
	b.ReportMetric(float64(turns*turn)/sidecar.Seconds(), "sidecar/s")
	b.ReportMetric(embedded.Seconds()/sidecar.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}
