package main

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/op-data/sqlpreview/preview/server"
	"github.com/op-data/sqlpreview/preview/server/jsonline"
)

// maxLoggedTables bounds the tables of a query in a log line. The egress record holds
// more.
const maxLoggedTables = 20

// observer writes one line a request. There is no SQL and no value in it.
func observer(log *slog.Logger) func(context.Context, server.Call) {
	return func(ctx context.Context, call server.Call) {
		attributes := []slog.Attr{
			slog.String("path", jsonline.Bounded(call.Path)),
			slog.String("outcome", string(call.Outcome)),
			milliseconds("duration", call.Duration),
		}
		for _, a := range []struct{ key, value string }{
			{"reason", string(call.Reason)},
			{"denial", call.Denial},
			{"request_id", call.RequestID},
			{"connection_id", call.ConnectionID},
			{"caller", call.Caller.Subject},
			{"egress", call.AuditLine},
		} {
			if a.value != "" {
				attributes = append(attributes, slog.String(a.key, jsonline.Bounded(a.value)))
			}
		}
		if call.Message != "" { // of our own words, so it is whole
			attributes = append(attributes, slog.String("why", call.Message))
		}
		if s := call.Stats; s != nil {
			attributes = append(attributes, slog.Int("rows", s.Rows), slog.Int64("bytes", s.Bytes),
				milliseconds("check", s.Check), milliseconds("catalog", s.Catalog), milliseconds("queue", s.Queue),
				milliseconds("connect", s.Connect), milliseconds("execute", s.Execute), milliseconds("fetch", s.Fetch),
				milliseconds("sanitize", s.Sanitize))
		}
		if r := call.Receipt; r != nil {
			attributes = append(attributes, slog.String("sql_fingerprint", r.SQLFingerprint), slog.Any("tables", fewTables(r.Tables)))
			if omitted := len(r.Tables) - maxLoggedTables; omitted > 0 {
				attributes = append(attributes, slog.Int("tables_omitted", omitted))
			}
		}
		if call.Span.IsValid() {
			attributes = append(attributes, slog.String("trace_id", call.Span.TraceID().String()))
			ctx = trace.ContextWithSpanContext(ctx, call.Span)
		}
		level := slog.LevelInfo
		switch {
		case call.Outcome == server.OutcomePanicked:
			level = slog.LevelError
		case call.Message != "":
			level = slog.LevelWarn
		}
		log.LogAttrs(ctx, level, "request", attributes...)
	}
}

// milliseconds is a time under a key that has its unit, to the microsecond.
func milliseconds(key string, d time.Duration) slog.Attr {
	return slog.Float64(key+"_ms", float64(d.Microseconds())/1000)
}

// fewTables is never nil, so that a query without tables is seen to have none.
func fewTables(tables []string) []string {
	few := make([]string, min(len(tables), maxLoggedTables))
	for i := range few {
		few[i] = jsonline.Bounded(tables[i])
	}
	return few
}
