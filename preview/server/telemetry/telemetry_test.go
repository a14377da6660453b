package telemetry_test

import (
	"context"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/servetest"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/telemetry"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// observed is a sidecar on a real database with the SDK behind it in memory.
type observed struct {
	client previewv1.PreviewServiceClient
	socket string
	spans  *tracetest.InMemoryExporter
	reader *metric.ManualReader
	calls  chan server.Call
}

func observe(t *testing.T, dsn string) *observed {
	t.Helper()
	o := &observed{spans: tracetest.NewInMemoryExporter(), reader: metric.NewManualReader(), calls: make(chan server.Call, 100)}
	previewer, err := preview.New(preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(previewer.Close)
	tel, err := telemetry.New(telemetry.Config{
		TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(o.spans)),
		MeterProvider:  metric.NewMeterProvider(metric.WithReader(o.reader)),
		Pools:          previewer.PoolStates,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tel.Close() })
	s, err := server.New(server.Config{Previewer: previewer, Interceptors: tel.Interceptors(), Observe: func(ctx context.Context, call server.Call) {
		tel.Observe(ctx, call)
		o.calls <- call
	}})
	if err != nil {
		t.Fatal(err)
	}
	o.socket = filepath.Join(t.TempDir(), "s")
	listener, err := server.Listen(t.Context(), "unix:"+o.socket)
	if err != nil {
		t.Fatal(err)
	}
	servetest.Serve(t, s.Serve, listener)
	conn, err := grpc.NewClient("unix:"+o.socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	o.client = previewv1.NewPreviewServiceClient(conn)
	return o
}

// ask sends one preview and waits until it has been observed.
func (o *observed) ask(ctx context.Context, sql string) server.Call {
	o.client.PreviewQuery(ctx, &previewv1.PreviewQueryRequest{Sql: sql})
	return <-o.calls
}

func (o *observed) metrics(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := o.reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	found := map[string]metricdata.Metrics{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			found[m.Name] = m
		}
	}
	return found
}

// sums reads a counter: attribute values joined -> value.
func sums(m metricdata.Metrics) map[string]int64 {
	values := map[string]int64{}
	if sum, ok := m.Data.(metricdata.Sum[int64]); ok {
		for _, p := range sum.DataPoints {
			var parts []string
			for _, a := range p.Attributes.ToSlice() {
				parts = append(parts, a.Value.String())
			}
			values[strings.Join(parts, " ")] = p.Value
		}
	}
	return values
}

const canary = "canary-8f2e"

const shop = `create table orders (id int, note text);
insert into orders select i, '` + canary + `-value' || repeat('x', 2000) from generate_series(1, 200) i`

func TestTracesAndMetricsOfAPreview(t *testing.T) {
	o := observe(t, pgtest.Shared(t).Database(t, shop))
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	call := o.ask(metadata.AppendToOutgoingContext(t.Context(), "traceparent", parent), "select id, note from orders where note <> '"+canary+"-literal'")
	if call.Outcome != server.OutcomeOK {
		t.Fatalf("got %+v", call)
	}
	o.ask(t.Context(), "select 1; drop table orders")

	spans := o.spans.GetSpans()
	var names []string
	var rpc tracetest.SpanStub
	for _, s := range spans {
		names = append(names, s.Name)
		if s.SpanContext.TraceID().String() == "0af7651916cd43dd8448eb211c80319c" && strings.HasSuffix(s.Name, "/PreviewQuery") {
			rpc = s
		}
	}
	if !rpc.SpanContext.IsValid() || rpc.SpanContext.SpanID() != call.Span.SpanID() {
		t.Fatalf("the caller's trace does not go on: %v", names)
	}
	attributes := map[string]string{}
	for _, a := range rpc.Attributes {
		attributes[string(a.Key)] = a.Value.String()
	}
	for key, want := range map[string]string{
		"db.query.summary": "SELECT orders", "db.response.returned_rows": "100", "sqlpreview.outcome": "OK",
		"sqlpreview.sql_fingerprint": call.Receipt.SQLFingerprint, "sqlpreview.request_id": call.RequestID,
	} {
		if attributes[key] != want {
			t.Errorf("%s is %q, want %q", key, attributes[key], want)
		}
	}
	var last tracetest.SpanStub
	for _, step := range []string{"check", "catalog", "queue", "connect", "execute", "fetch", "sanitize"} {
		i := slices.IndexFunc(spans, func(s tracetest.SpanStub) bool {
			return s.Name == "preview "+step && s.Parent.SpanID() == rpc.SpanContext.SpanID()
		})
		if i < 0 {
			t.Fatalf("no span for %s in %v", step, names)
		}
		if spans[i].StartTime.Before(last.EndTime) || spans[i].EndTime.Before(spans[i].StartTime) {
			t.Errorf("the span of %s overlaps the one before", step)
		}
		last = spans[i]
	}

	metrics := o.metrics(t)
	got := sums(metrics["sqlpreview.requests"])
	for _, r := range reason.All() { // each is there from the start, so that it has a rate
		if _, begun := got["PreviewQuery FAILED "+string(r)]; !begun {
			t.Errorf("there is no series of requests for %s", r)
		}
	}
	maps.DeleteFunc(got, func(_ string, count int64) bool { return count == 0 })
	if got["PreviewQuery OK"] != 1 || got["PreviewQuery FAILED MULTIPLE_STATEMENTS"] != 1 || len(got) != 2 {
		t.Errorf("requests: %v", got)
	}
	if got := sums(metrics["sqlpreview.rows"]); got[""] != 100 {
		t.Errorf("rows: %v", got)
	}
	if got := sums(metrics["sqlpreview.cells.changed"]); got["TRUNCATED"] != 100 {
		t.Errorf("cells changed: %v", got)
	}
	if got := sums(metrics["db.client.connection.count"]); got["default idle"] != 1 || got["default used"] != 0 {
		t.Errorf("sessions: %v", got)
	}
	for _, name := range []string{"sqlpreview.phase.duration", "sqlpreview.bytes", "db.client.connection.max", "db.client.connection.pending_requests"} {
		if _, ok := metrics[name]; !ok {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestNothingSecretIsObserved looks for canaries in all that is exported:
// values, literals, what an error quotes, and credentials.
func TestNothingSecretIsObserved(t *testing.T) {
	o := observe(t, pgtest.Shared(t).Database(t, shop)+" application_name="+canary+"-dsn")
	for _, sql := range []string{
		"select note, '" + canary + "' from orders",
		"select note::int from orders",
		"select '" + canary + "'::regclass",
		"select '" + canary + "' from",
		"select $$" + canary + "$$; select 2",
		"select pg_sleep(1) /* " + canary + " */",
		"with x as (delete from orders where note = '" + canary + "' returning *) select * from x",
		"/* " + canary + " */ select 1",
	} {
		o.ask(t.Context(), sql)
	}
	var all metricdata.ResourceMetrics
	if err := o.reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	for name, what := range map[string]any{"metrics": all, "traces": o.spans.GetSpans().Snapshots()} {
		if name == "traces" {
			var lines []any
			for _, s := range o.spans.GetSpans() {
				lines = append(lines, s.Name, s.Attributes, s.Events, s.Status, s.Links)
			}
			what = lines
		}
		text, err := json.Marshal(what)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) < 1000 {
			t.Fatalf("the %s are nearly empty: %s", name, text)
		}
		if i := strings.Index(string(text), canary); i >= 0 {
			t.Errorf("the %s hold the canary: %s", name, text[max(0, i-200):i+50])
		}
	}
}

// TestSeriesAreBounded: no caller can make new series by what it chooses.
func TestSeriesAreBounded(t *testing.T) {
	o := observe(t, pgtest.Shared(t).Database(t, shop))
	web := &http.Client{Transport: &http.Transport{DialContext: dialer(o.socket)}}
	defer web.CloseIdleConnections()
	series := func() (n int) {
		for _, m := range o.metrics(t) {
			n += len(sums(m))
		}
		return n
	}
	hostile := func(name string) {
		o.client.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{Sql: "select 1", ConnectionId: name, RequestId: name})
		<-o.calls
		response, err := web.Get("http://localhost/" + name)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		<-o.calls
	}
	hostile("first")
	before := series()
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		hostile(name)
	}
	if after := series(); after != before || before == 0 {
		t.Errorf("%d series became %d", before, after)
	}
}

func dialer(socket string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}
}
