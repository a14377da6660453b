package main

import (
	"context"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/op-data/sqlpreview/preview/server"
)

// maxLogged bounds what a caller can put into a log line.
const maxLogged = 128

// observer writes one line a request. There is no SQL and no value in it.
func observer(log *slog.Logger) func(context.Context, server.Call) {
	return func(ctx context.Context, call server.Call) {
		attributes := []slog.Attr{
			slog.String("path", bounded(call.Path)),
			slog.String("outcome", string(call.Outcome)),
			slog.Duration("duration", call.Duration),
		}
		for _, a := range []struct{ key, value string }{
			{"reason", string(call.Reason)},
			{"denial", call.Denial},
			{"request_id", call.RequestID},
			{"connection_id", call.ConnectionID},
			{"caller", call.Caller.Subject},
			{"egress", call.Record},
		} {
			if a.value != "" {
				attributes = append(attributes, slog.String(a.key, bounded(a.value)))
			}
		}
		if s := call.Stats; s != nil {
			attributes = append(attributes, slog.Int("rows", s.Rows), slog.Int64("bytes", s.Bytes),
				slog.Duration("queue", s.Queue), slog.Duration("connect", s.Connect),
				slog.Duration("execute", s.Execute), slog.Duration("fetch", s.Fetch), slog.Duration("sanitize", s.Sanitize))
		}
		if r := call.Receipt; r != nil {
			attributes = append(attributes, slog.String("sql_fingerprint", r.SQLFingerprint))
		}
		if call.Span.IsValid() {
			attributes = append(attributes, slog.String("trace_id", call.Span.TraceID().String()))
			ctx = trace.ContextWithSpanContext(ctx, call.Span)
		}
		level := slog.LevelInfo
		if call.Outcome == server.OutcomePanicked {
			level = slog.LevelError
		}
		log.LogAttrs(ctx, level, "request", attributes...)
	}
}

func bounded(text string) string {
	if len(text) > maxLogged {
		text = strings.ToValidUTF8(text[:maxLogged], "")
	}
	return text
}
