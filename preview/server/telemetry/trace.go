package telemetry

import (
	"context"
	"strings"
	"time"

	"connectrpc.com/connect"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/jsonline"
)

// maxSummary bounds db.query.summary, as its convention asks.
const maxSummary = 255

// step is one phase of a preview.
type step struct {
	name     string
	duration time.Duration
}

// steps lists the phases in the order in which they happen.
func steps(s *preview.Stats) [7]step {
	return [...]step{
		{"check", s.Check}, {"catalog", s.Catalog}, {"queue", s.Queue}, {"connect", s.Connect},
		{"execute", s.Execute}, {"fetch", s.Fetch}, {"sanitize", s.Sanitize},
	}
}

// trace adds to the RPC's span what the core says, and one span a step. The
// core hands out durations, so the steps' spans are made afterwards.
func (t *Telemetry) trace(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		span := trace.SpanFromContext(ctx)
		server.NoteSpan(ctx, span.SpanContext())
		start := time.Now()
		response, err := next(ctx, request)
		if call, ok := server.CallOf(ctx); ok && span.IsRecording() {
			t.describe(ctx, span, call, start)
		}
		return response, err
	}
}

func (t *Telemetry) describe(ctx context.Context, span trace.Span, call server.Call, start time.Time) {
	span.SetAttributes(
		attribute.String("sqlpreview.outcome", string(call.Outcome)),
		attribute.String("sqlpreview.request_id", jsonline.Bounded(call.RequestID)),
		attribute.String("sqlpreview.connection_id", jsonline.Bounded(call.ConnectionID)),
	)
	if call.Reason != "" {
		span.SetAttributes(attribute.String("sqlpreview.reason", string(call.Reason)))
	}
	if call.Receipt == nil {
		return
	}
	query := []attribute.KeyValue{
		attribute.String("db.system.name", "postgresql"),
		attribute.String("db.query.summary", summary(call.Receipt.Tables)),
		attribute.String("sqlpreview.sql_fingerprint", call.Receipt.SQLFingerprint),
	}
	span.SetAttributes(query...)
	if call.Stats == nil {
		return
	}
	span.SetAttributes(
		attribute.Int("db.response.returned_rows", call.Stats.Rows),
		attribute.Int64("sqlpreview.bytes", call.Stats.Bytes),
	)
	for _, s := range steps(call.Stats) {
		options := []trace.SpanStartOption{trace.WithTimestamp(start)}
		if s.name == "execute" {
			options = append(options, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(query...))
		}
		start = start.Add(s.duration)
		_, child := t.tracer.Start(ctx, "preview "+s.name, options...)
		child.End(trace.WithTimestamp(start))
	}
}

// summary is the verb and the relations.
func summary(tables []string) string {
	text := strings.Join(append([]string{"SELECT"}, tables...), " ")
	if len(text) <= maxSummary {
		return text
	}
	// Cut between relations, so that none looks like another.
	return text[:strings.LastIndexByte(text[:maxSummary+1], ' ')]
}
