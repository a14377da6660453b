package telemetry

import (
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// TestTracestateIsBounded: a caller's trace goes on, without a tracestate that is
// longer than the standard asks for.
func TestTracestateIsBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, state, want string
	}{
		{"none", "", ""},
		{"short", "a=1,b=2", "a=1,b=2"},
		{"as long as may be", "a=" + strings.Repeat("x", 256-2) + ",b=" + strings.Repeat("y", 253), "a=" + strings.Repeat("x", 256-2) + ",b=" + strings.Repeat("y", 253)},
		{"longer", "a=" + strings.Repeat("x", 256) + ",b=" + strings.Repeat("y", 256), ""},
		{"malformed", "\u202e", ""},
	} {
		header := http.Header{}
		header.Set("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		header.Set("tracestate", c.state)
		span := trace.SpanContextFromContext(boundedTraceContext{}.Extract(t.Context(), propagation.HeaderCarrier(header)))
		if got := span.TraceState().String(); got != c.want || span.TraceID().String() != "4bf92f3577b34da6a3ce929d0e0e4736" {
			t.Errorf("%s: the tracestate is %q, want %q; the trace is %v", c.name, got, c.want, span.TraceID())
		}
	}
}
