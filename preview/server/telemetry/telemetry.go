// Package telemetry turns what the server observes into OpenTelemetry traces and
// metrics, by the semantic conventions where there are some. It speaks to the
// API alone; which SDK and exporter stand behind it is the caller's choice.
//
// # What is in them
//
// The RPC itself is instrumented by otelconnect. Beneath its span each preview
// has one span a step (check, catalog, queue, connect, execute, fetch, sanitize). Of the
// query there is a summary (the verb and the relations) and the fingerprint;
// never its text, and never a value of the database.
//
// What a caller chooses freely (a path, a request id, an unknown connection id)
// never becomes the attribute of a metric, so a caller cannot grow the number of
// series.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"connectrpc.com/connect"
	"connectrpc.com/otelconnect"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// scope names the instrumentation.
const scope = "github.com/op-data/sqlpreview/preview/server/telemetry"

// Config says where traces and metrics go. Every field must be set.
type Config struct {
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
	// Pools tells the state of the sessions, when metrics are read.
	Pools func() []preview.PoolState
}

// Telemetry observes a server. Hand its Interceptors to server.Config and call
// Observe from server.Config.Observe.
type Telemetry struct {
	tracer       trace.Tracer
	interceptors []connect.Interceptor
	requests     metric.Int64Counter
	phases       metric.Float64Histogram
	// steps has the attributes of each step's phase.
	steps   [][]metric.RecordOption
	rows    metric.Int64Counter
	bytes   metric.Int64Counter
	changed metric.Int64Counter
	pools   metric.Registration
}

// New makes the instruments.
func New(config Config) (*Telemetry, error) {
	if config.TracerProvider == nil || config.MeterProvider == nil || config.Pools == nil {
		return nil, errors.New("telemetry: a field of Config is not set")
	}
	rpc, err := otelconnect.NewInterceptor(
		otelconnect.WithTracerProvider(config.TracerProvider),
		otelconnect.WithMeterProvider(config.MeterProvider),
		otelconnect.WithPropagator(boundedTraceContext{}),
		// Interceptors run for callers who were let in: their traces go on here.
		otelconnect.WithTrustRemote(),
	)
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	t := &Telemetry{tracer: config.TracerProvider.Tracer(scope)}
	t.interceptors = []connect.Interceptor{rpc, connect.UnaryInterceptorFunc(t.trace)}
	return t, t.instruments(config.MeterProvider.Meter(scope), config.Pools)
}

func (t *Telemetry) instruments(meter metric.Meter, pools func() []preview.PoolState) error {
	var faults [5]error
	t.requests, faults[0] = meter.Int64Counter("sqlpreview.requests", metric.WithUnit("{request}"),
		metric.WithDescription("Requests by procedure, outcome and reason."))
	t.phases, faults[1] = meter.Float64Histogram("sqlpreview.phase.duration", metric.WithUnit("s"),
		metric.WithDescription("Time of the steps of a preview that succeeded."),
		metric.WithExplicitBucketBoundaries(.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10))
	t.rows, faults[2] = meter.Int64Counter("sqlpreview.rows", metric.WithUnit("{row}"), metric.WithDescription("Rows that left."))
	t.bytes, faults[3] = meter.Int64Counter("sqlpreview.bytes", metric.WithUnit("By"), metric.WithDescription("Bytes of values and names that left."))
	t.changed, faults[4] = meter.Int64Counter("sqlpreview.cells.changed", metric.WithUnit("{cell}"),
		metric.WithDescription("Cells with a change or advice, by its kind."))
	if err := errors.Join(faults[:]...); err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	t.begin()
	for _, step := range steps(&preview.Stats{}) {
		set := attribute.NewSet(attribute.String("sqlpreview.phase", step.name))
		t.steps = append(t.steps, []metric.RecordOption{metric.WithAttributeSet(set)})
	}
	return t.watch(meter, pools)
}

// begin counts no request for each way in which a preview can end: a series that
// begins with its first request has no rate for it, and an alert would miss it.
func (t *Telemetry) begin() {
	call := server.Call{Path: previewv1connect.PreviewServicePreviewQueryProcedure}
	for _, call.Outcome = range []server.Outcome{server.OutcomeOK, server.OutcomeDenied, server.OutcomePanicked, server.OutcomeRejected} {
		t.requests.Add(context.Background(), 0, metric.WithAttributes(requestOf(call)...))
	}
	call.Outcome = server.OutcomeFailed
	for _, call.Reason = range reason.All() {
		t.requests.Add(context.Background(), 0, metric.WithAttributes(requestOf(call)...))
	}
}

// watch reads the pools' state when the metrics are read.
func (t *Telemetry) watch(meter metric.Meter, pools func() []preview.PoolState) error {
	var faults [3]error
	var count, most, pending metric.Int64ObservableUpDownCounter
	count, faults[0] = meter.Int64ObservableUpDownCounter("db.client.connection.count", metric.WithUnit("{connection}"),
		metric.WithDescription("Sessions with the databases, by state."))
	most, faults[1] = meter.Int64ObservableUpDownCounter("db.client.connection.max", metric.WithUnit("{connection}"),
		metric.WithDescription("Sessions that one connection id may use."))
	pending, faults[2] = meter.Int64ObservableUpDownCounter("db.client.connection.pending_requests", metric.WithUnit("{request}"),
		metric.WithDescription("Previews that wait for a session."))
	if err := errors.Join(faults[:]...); err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	var err error
	t.pools, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, p := range pools() {
			name := attribute.String("db.client.connection.pool.name", p.ConnectionID)
			o.ObserveInt64(count, int64(p.Busy), metric.WithAttributes(name, attribute.String("db.client.connection.state", "used")))
			o.ObserveInt64(count, int64(p.Idle), metric.WithAttributes(name, attribute.String("db.client.connection.state", "idle")))
			o.ObserveInt64(most, int64(p.Max), metric.WithAttributes(name))
			o.ObserveInt64(pending, int64(p.Waiting), metric.WithAttributes(name))
		}
		return nil
	}, count, most, pending)
	if err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	return nil
}

// Close ends the reading of the pools.
func (t *Telemetry) Close() error { return t.pools.Unregister() }

// Interceptors are for server.Config.Interceptors.
func (t *Telemetry) Interceptors() []connect.Interceptor { return t.interceptors }

// procedures are the paths that may become attributes, those of the Model Context
// Protocol as the command mounts it too.
var procedures = map[string]string{
	previewv1connect.PreviewServicePreviewQueryProcedure:    "PreviewQuery",
	previewv1connect.PreviewServiceValidateQueryProcedure:   "ValidateQuery",
	previewv1connect.PreviewServiceDescribeQueryProcedure:   "DescribeQuery",
	previewv1connect.PreviewServiceListTablesProcedure:      "ListTables",
	previewv1connect.PreviewServiceDescribeTableProcedure:   "DescribeTable",
	previewv1connect.PreviewServiceListConnectionsProcedure: "ListConnections",
	"/mcp": "mcp", "/mcp/PreviewQuery": "mcp/PreviewQuery", "/mcp/ValidateQuery": "mcp/ValidateQuery", "/mcp/DescribeQuery": "mcp/DescribeQuery",
	"/mcp/ListTables": "mcp/ListTables", "/mcp/DescribeTable": "mcp/DescribeTable", "/mcp/ListConnections": "mcp/ListConnections",
}

// Observe counts a request; it is for server.Config.Observe. Instruments without a
// reader cost nothing.
func (t *Telemetry) Observe(ctx context.Context, call server.Call) {
	if t.requests.Enabled(ctx) {
		t.requests.Add(ctx, 1, metric.WithAttributes(requestOf(call)...))
	}
	if call.Stats == nil || call.Sanitization == nil {
		return
	}
	t.rows.Add(ctx, int64(call.Stats.Rows))
	t.bytes.Add(ctx, call.Stats.Bytes)
	if t.phases.Enabled(ctx) {
		for i, step := range steps(call.Stats) {
			t.phases.Record(ctx, step.duration.Seconds(), t.steps[i]...)
		}
	}
	if t.changed.Enabled(ctx) {
		for kind, cells := range call.Sanitization.Counts {
			t.changed.Add(ctx, int64(cells), metric.WithAttributes(attribute.String("sqlpreview.change", strings.Join(kind.Names(), "+"))))
		}
	}
}

func requestOf(call server.Call) []attribute.KeyValue {
	procedure, ok := procedures[call.Path]
	if !ok {
		procedure = "_OTHER"
	}
	attributes := []attribute.KeyValue{
		attribute.String("rpc.method", procedure), attribute.String("sqlpreview.outcome", string(call.Outcome)),
	}
	if call.Reason != "" {
		attributes = append(attributes, attribute.String("sqlpreview.reason", string(call.Reason)))
	}
	return attributes
}
