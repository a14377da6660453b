package worker

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/worker/temporaltest"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// TestSpans: the caller's, the workflow's and the activity's spans are of one trace, which
// goes on in the sidecar, and no text of a preview stands in them.
func TestSpans(t *testing.T) {
	server := temporaltest.Start(t, temporaltest.Options{})
	keys, _ := keysOf(t, keyLine("a", 1))
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	connection := connectTo(t, server, Config{OrgID: "acme", Keys: keys, TracerProvider: provider})
	parents := make(chan []string, 2)
	runWorker(t, connection, func(ctx context.Context, request *previewv1.PreviewQueryRequest) (*previewv1.PreviewQueryResponse, error) {
		sent, _ := metadata.FromOutgoingContext(ctx)
		parents <- sent.Get("traceparent")
		if strings.Contains(request.GetSql(), "fail") {
			return nil, sidecarError(reason.MultipleStatements, codes.InvalidArgument, 0)
		}
		return &previewv1.PreviewQueryResponse{RequestId: request.GetRequestId()}, nil
	})
	for _, sql := range []string{"select canary", "select canary fail"} {
		ctx, asking := provider.Tracer("test").Start(t.Context(), "asking")
		trace := asking.SpanContext().TraceID()
		_, _ = connection.Preview(ctx, &previewv1.PreviewQueryWorkflowInput{
			Sql: sql, ConnectionId: "canary", ModelId: "canary",
		}, nil)
		asking.End()
		if parent := <-parents; len(parent) != 1 || !strings.HasPrefix(parent[0], "00-"+trace.String()+"-") {
			t.Errorf("%s: the sidecar gets %q, not the trace %s", sql, parent, trace)
		}
		want := []string{"StartWorkflow:" + WorkflowType, "RunWorkflow:" + WorkflowType, "StartActivity:" + ActivityType, "RunActivity:" + ActivityType}
		var names []string
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			names = nil
			for _, span := range recorder.Ended() {
				if span.SpanContext().TraceID() == trace {
					names = append(names, span.Name())
				}
			}
			if !slices.ContainsFunc(want, func(name string) bool { return !slices.Contains(names, name) }) {
				break
			}
		}
		for _, name := range want {
			if !slices.Contains(names, name) {
				t.Errorf("%s: there is no span %s among %q", sql, name, names)
			}
		}
	}
	reasons := 0
	for _, span := range tracetest.SpanStubsFromReadOnlySpans(recorder.Ended()) {
		text := span.Name + span.Status.Description
		for _, attribute := range span.Attributes {
			if attribute.Key == "sqlpreview.reason" {
				reasons++
				continue
			}
			text += " " + attribute.Value.String()
		}
		for _, event := range span.Events {
			for _, attribute := range event.Attributes {
				text += " " + attribute.Value.String()
			}
		}
		for _, word := range []string{"canary", "what happened", "MULTIPLE", "a hint"} {
			if strings.Contains(text, word) {
				t.Errorf("the span %s holds %q: %s", span.Name, word, text)
			}
		}
	}
	if reasons != 2 { // the activity's and the workflow's
		t.Errorf("%d spans have a reason", reasons)
	}
}
