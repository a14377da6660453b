package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
)

const (
	tracestateHeader = "tracestate"
	// maxTracestate is the longest tracestate that is kept, in bytes: the length that
	// the standard asks every participant to propagate at least.
	// https://www.w3.org/TR/trace-context/#tracestate-limits
	maxTracestate = 512
)

// boundedTraceContext is the W3C trace context without a tracestate that is too
// long: it is the caller's free text, and every span that is exported repeats it.
type boundedTraceContext struct{ propagation.TraceContext }

// Extract reads the trace context of a caller.
func (p boundedTraceContext) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	return p.TraceContext.Extract(ctx, boundedCarrier{carrier})
}

type boundedCarrier struct{ propagation.TextMapCarrier }

func (c boundedCarrier) Get(key string) string {
	value := c.TextMapCarrier.Get(key)
	if key == tracestateHeader && len(value) > maxTracestate {
		return ""
	}
	return value
}
