package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/pgtest"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// warmQueries are what every way of BenchmarkWarm is asked.
var warmQueries = []struct{ name, sql string }{
	{"select-1", "select 1"},
	{"100-rows", "select id, name, total, at from orders order by id limit 100"},
}

// warmWay is one way to the rows of a query.
type warmWay struct {
	name string
	ask  func(ctx context.Context, sql string) error
	// cpu returns the processor time of the process that answers so far, which is this
	// one for what runs in it.
	cpu func() time.Duration
	// sequence takes the times of one query.
	times []time.Duration
	spent time.Duration
}

// BenchmarkWarm compares, in turns and so on the same machine, the ways to the rows of a
// query that was asked before: pgx in one round trip, the embedded package, and the sidecar
// as a process of its own, over JSON and gRPC. For each it prints the median in
// microseconds, the ratio to pgx, and the processor time of a call in the process that
// answers.
//
// OP_PREVIEW_BENCH_SIDECARS adds sidecars of other versions: NAME=BINARY, parted by
// commas. OP_PREVIEW_BENCH_PEERS adds other programs that take SQL over HTTP, as
// a file of JSON lines {"name", "command", "url", "headers", "body"}, in which {dsn}, {port} and, in
// body, {sql} are replaced.
func BenchmarkWarm(b *testing.B) {
	server := pgtest.Start(b, pgtest.Options{TCP: true})
	name, _, err := server.CreateDatabase(b.Context(), `create table orders as
		select i as id, 'name ' || i as name, (i * 1.5)::numeric(10,2) as total, timestamptz '2026-01-01' + i * interval '1 h' as at
		from generate_series(1, 1000) i; alter table orders add primary key (id); analyze orders`)
	if err != nil {
		b.Fatal(err)
	}
	host, tcp, password := server.TCP() // not every peer knows unix sockets
	dsn := fmt.Sprintf("postgres://postgres:%s@%s/%s?sslmode=disable", password, net.JoinHostPort(host, strconv.Itoa(tcp)), name)
	ways := []*warmWay{bareWay(b, dsn), embeddedWay(b, dsn)}
	for _, sidecar := range append([]string{"=" + sidecarBinary(b)}, listed("OP_PREVIEW_BENCH_SIDECARS")...) {
		name, binary, _ := strings.Cut(sidecar, "=")
		ways = append(ways, sidecarWays(b, dsn, strings.TrimPrefix(name+"-", "-"), binary)...)
	}
	ways = append(ways, peerWays(b, dsn)...)
	for _, query := range warmQueries {
		b.Run(query.name, func(b *testing.B) { compareWarm(b, ways, query.sql) })
	}
}

func listed(variable string) []string {
	if value := os.Getenv(variable); value != "" {
		return strings.Split(value, ",")
	}
	return nil
}

func compareWarm(b *testing.B, ways []*warmWay, sql string) {
	const turn = 20
	for _, w := range ways {
		w.times, w.spent = nil, 0
		for range 5 * turn { // to be warm
			if err := w.ask(b.Context(), sql); err != nil {
				b.Fatalf("%s: %v", w.name, err)
			}
		}
	}
	for b.Loop() {
		for _, w := range ways {
			before := w.cpu()
			for range turn {
				start := time.Now()
				if err := w.ask(b.Context(), sql); err != nil {
					b.Fatalf("%s: %v", w.name, err)
				}
				w.times = append(w.times, time.Since(start))
			}
			w.spent += w.cpu() - before
		}
	}
	bare := 0.0
	for _, w := range ways {
		slices.Sort(w.times)
		p50 := float64(w.times[len(w.times)/2].Nanoseconds()) / 1000
		if bare == 0 {
			bare = p50
		}
		b.ReportMetric(p50, w.name+"-p50-us")
		b.ReportMetric(p50/bare, w.name+"-x-pgx")
		b.ReportMetric(float64(w.spent.Microseconds())/float64(len(w.times)), w.name+"-cpu-us")
	}
	b.ReportMetric(0, "ns/op")
}

// bareWay is pgx: one round trip, every value kept as text.
func bareWay(b *testing.B, dsn string) *warmWay {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close(context.Background()) })
	return &warmWay{name: "pgx", cpu: ownCPU, ask: func(ctx context.Context, sql string) error {
		rows, err := conn.Query(ctx, sql, pgx.QueryExecModeExec)
		if err != nil {
			return err
		}
		var kept [][]byte
		for rows.Next() {
			for _, value := range rows.RawValues() {
				kept = append(kept, slices.Clone(value))
			}
		}
		if len(kept) == 0 && rows.Err() == nil {
			return errors.New("no values")
		}
		return rows.Err()
	}}
}

func embeddedWay(b *testing.B, dsn string) *warmWay {
	b.Helper()
	p, err := preview.New(preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.Close)
	return &warmWay{name: "embedded", cpu: ownCPU, ask: func(ctx context.Context, sql string) error {
		_, err := p.Preview(ctx, preview.Request{SQL: sql})
		return err
	}}
}

func sidecarWays(b *testing.B, dsn, prefix, binary string) []*warmWay {
	b.Helper()
	socket := filepath.Join(b.TempDir(), "s")
	pid := background(b, []string{"OP_PREVIEW_DSN=" + dsn, "OP_PREVIEW_LISTEN=unix:" + socket}, binary, "serve")
	waitFor(b, socket)
	grpc, err := client.New(client.Config{Target: "unix:" + socket})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { grpc.Close() })
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	b.Cleanup(transport.CloseIdleConnections)
	url := "http://sidecar/opdata.preview.v1.PreviewService/PreviewQuery"
	return []*warmWay{
		{name: prefix + "json", cpu: cpuOf(b, pid), ask: func(ctx context.Context, sql string) error {
			body, err := json.Marshal(map[string]string{"sql": sql})
			if err != nil {
				return err
			}
			return post(ctx, &http.Client{Transport: transport}, url, nil, body)
		}},
		{name: prefix + "grpc", cpu: cpuOf(b, pid), ask: func(ctx context.Context, sql string) error {
			_, err := grpc.PreviewQuery(ctx, &previewv1.PreviewQueryRequest{Sql: sql})
			return err
		}},
	}
}

// peer is another program that takes SQL over HTTP.
type peer struct {
	Name    string
	Command []string
	Env     []string
	URL     string
	Headers map[string]string
	Body    string
}

func peerWays(b *testing.B, dsn string) (ways []*warmWay) {
	b.Helper()
	file := os.Getenv("OP_PREVIEW_BENCH_PEERS")
	if file == "" {
		return nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	for line := range bytes.Lines(content) {
		var p peer
		if err := json.Unmarshal(line, &p); err != nil {
			b.Fatal(err)
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		listener.Close()
		fill := strings.NewReplacer("{dsn}", dsn, "{port}", port).Replace
		for i := range p.Command {
			p.Command[i] = fill(p.Command[i])
		}
		for i := range p.Env {
			p.Env[i] = fill(p.Env[i])
		}
		pid := background(b, append(os.Environ(), p.Env...), p.Command...)
		way := &warmWay{name: p.Name, cpu: cpuOf(b, pid), ask: func(ctx context.Context, sql string) error {
			quoted, err := json.Marshal(sql)
			if err != nil {
				return err
			}
			body := strings.ReplaceAll(p.Body, "{sql}", string(quoted))
			return post(ctx, http.DefaultClient, fill(p.URL), p.Headers, []byte(body))
		}}
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
			if err = way.ask(b.Context(), warmQueries[0].sql); err == nil {
				break
			}
			if time.Now().After(deadline) {
				b.Fatalf("%s: %v", p.Name, err)
			}
		}
		ways = append(ways, way)
	}
	return ways
}

func post(ctx context.Context, with *http.Client, url string, headers map[string]string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := with.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %s", response.Status, answer)
	}
	return err
}

// background starts a program that ends with the benchmark.
func background(b *testing.B, env []string, command ...string) (pid int) {
	b.Helper()
	program := exec.Command(command[0], command[1:]...)
	program.Env = env
	if os.Getenv("OP_PREVIEW_TEST_VERBOSE") != "" {
		program.Stderr = os.Stderr
	}
	if err := program.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		program.Process.Kill()
		program.Wait()
	})
	return program.Process.Pid
}

func ownCPU() time.Duration {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// cpuOf reads another process's processor time from /proc, in ticks of 10 ms: only
// sums over many calls mean something. Elsewhere than on Linux it is zero.
func cpuOf(b *testing.B, pid int) func() time.Duration {
	b.Helper()
	return func() time.Duration {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0
		}
		// The name of the command, in parentheses, may hold spaces.
		var state string
		var user, system, skip int64
		fields := string(stat[bytes.LastIndexByte(stat, ')')+1:])
		fmt.Sscan(fields, &state, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &user, &system)
		return time.Duration(user+system) * 10 * time.Millisecond
	}
}
