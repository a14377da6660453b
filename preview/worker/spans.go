package worker

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// startQuietSpan starts a span of the SDK's that keeps no error's text: it may quote the
// author's SQL, which stands in no trace.
func startQuietSpan(ctx context.Context, tracer trace.Tracer, name string, options ...trace.SpanStartOption) trace.Span {
	_, span := tracer.Start(ctx, name, options...)
	return quietSpan{span}
}

type quietSpan struct{ trace.Span }

// RecordError keeps the reason of a preview that failed, as the sidecar's span has it, and
// nothing of another error.
func (s quietSpan) RecordError(err error, _ ...trace.EventOption) {
	if failure := FailureOf(err); failure != nil {
		s.SetAttributes(attribute.String("sqlpreview.reason", failure.Detail.GetReason()))
	}
}

// SetStatus keeps the status without its description.
func (s quietSpan) SetStatus(code codes.Code, _ string) { s.Span.SetStatus(code, "") }
