package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/propagation"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview/internal/requestid"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/jsonline"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

const (
	// heartbeatEvery is how often an attempt tells that it lives. What the server
	// answers says whether the workflow was cancelled.
	heartbeatEvery = 200 * time.Millisecond
	// heartbeatThrottle is how long the SDK keeps a heartbeat back at most.
	heartbeatThrottle = 300 * time.Millisecond
	// answerMargin is kept of an attempt's time to tell how it ended.
	answerMargin = time.Second
)

// previewer asks the sidecar for one preview.
type previewer func(context.Context, *previewv1.PreviewQueryRequest) (*previewv1.PreviewQueryResponse, error)

// activities are what the workflow calls.
type activities struct {
	orgID          string
	maxResultBytes int
	preview        previewer
	log            *slog.Logger
}

// previewQuery answers one input. Its errors are application failures, or the
// context's where the workflow was cancelled.
func (a *activities) previewQuery(ctx context.Context, value converter.RawValue) (*previewv1.PreviewQueryResponse, error) {
	info := activity.GetInfo(ctx)
	started := time.Now()
	input, err := readInput(value.Payload())
	var response *previewv1.PreviewQueryResponse
	if err == nil {
		response, err = a.answer(ctx, info, input)
	}
	a.record(ctx, info, input, response, err, time.Since(started))
	var failure *Failure
	if errors.As(err, &failure) {
		return nil, failure.attempt()
	}
	return response, err
}

func (a *activities) answer(ctx context.Context, info activity.Info, input *previewv1.PreviewQueryWorkflowInput) (*previewv1.PreviewQueryResponse, error) {
	if input.GetOrgId() != a.orgID {
		return nil, newFailure(InputRefused, "the preview is for another organization than this agent's", "start it on the queue of its own organization")
	}
	if input.GetRequestId() != "" && !requestid.Valid(input.GetRequestId()) {
		return nil, requestIDFailure()
	}
	request := &previewv1.PreviewQueryRequest{
		ConnectionId: input.GetConnectionId(), Sql: input.GetSql(), RequestId: input.GetRequestId(),
		MaxRows: input.GetMaxRows(), Timeout: input.GetTimeout(),
	}
	if request.RequestId == "" && requestid.Valid(info.WorkflowExecution.ID) {
		request.RequestId = info.WorkflowExecution.ID
	}
	call, cancel := context.WithDeadline(ctx, info.Deadline.Add(-answerMargin))
	defer cancel()
	defer beat(call)()
	response, err := a.preview(withTraceParent(call), request)
	switch {
	case err == nil:
		return response, fitPayload(response, a.maxResultBytes)
	case ctx.Err() != nil && call.Err() != context.DeadlineExceeded && temporal.IsCanceledError(context.Cause(ctx)):
		return nil, ctx.Err() // the workflow was cancelled
	case ctx.Err() != nil && call.Err() != context.DeadlineExceeded:
		// The worker stops, or Temporal took no heartbeat for a while. The SDK would
		// report a bare "context canceled" as the workflow's end.
		f := newFailure(AgentOffline, "the agent stopped, or lost Temporal, while it answered", "try again")
		f.retryable = true
		return nil, f
	default:
		return nil, sidecarFailure(err)
	}
}

// withTraceParent adds the activity's span to what the sidecar is asked, so that one trace
// holds the spans of both.
func withTraceParent(ctx context.Context) context.Context {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	for name, value := range carrier {
		ctx = metadata.AppendToOutgoingContext(ctx, name, value)
	}
	return ctx
}

// beat sends heartbeats until the function that it returns is called.
func beat(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(heartbeatEvery)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-ticker.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	return func() {
		close(done)
		<-stopped
	}
}

// readInput reads the one argument. The codec has decrypted it. Fields that are
// not known are left out, so that a newer control plane can be answered.
func readInput(payload *commonpb.Payload) (*previewv1.PreviewQueryWorkflowInput, error) {
	input := &previewv1.PreviewQueryWorkflowInput{}
	var err error
	switch encoding := string(payload.GetMetadata()[converter.MetadataEncoding]); {
	case !isOf(payload, kindInput, inputType):
		err = errOtherKind
	case encoding == converter.MetadataEncodingProto:
		err = proto.Unmarshal(payload.GetData(), input)
	case encoding == converter.MetadataEncodingProtoJSON || encoding == converter.MetadataEncodingJSON:
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(payload.GetData(), input)
	default:
		err = errors.New("neither Protobuf nor JSON")
	}
	if err != nil { // its text may quote the input
		return nil, newFailure(InputRefused, "the workflow's input is not a PreviewQueryWorkflowInput", "send it as binary/protobuf or as JSON, as workflow.proto describes it")
	}
	return input, nil
}

// record writes one line an attempt. There is no SQL, no value and no name of a
// database's object in it.
func (a *activities) record(ctx context.Context, info activity.Info, input *previewv1.PreviewQueryWorkflowInput,
	response *previewv1.PreviewQueryResponse, err error, took time.Duration,
) {
	attributes := []slog.Attr{
		slog.String("workflow_id", jsonline.Bounded(info.WorkflowExecution.ID)),
		slog.Int("attempt", int(info.Attempt)),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
	}
	for _, a := range []struct{ key, value string }{
		{"request_id", input.GetRequestId()}, {"connection_id", input.GetConnectionId()}, {"model_id", input.GetModelId()},
	} {
		if a.value != "" {
			attributes = append(attributes, slog.String(a.key, jsonline.Bounded(a.value)))
		}
	}
	outcome := "answered"
	var failure *Failure
	switch {
	case errors.As(err, &failure):
		outcome = "failed"
		attributes = append(attributes, slog.String("reason", failure.Detail.GetReason()))
	case err != nil:
		outcome = string(reason.ClientCanceled)
	default:
		attributes = append(attributes, slog.Int("rows", len(response.GetRows())), slog.Int("bytes", proto.Size(response)))
	}
	a.log.LogAttrs(ctx, slog.LevelInfo, "preview", append(attributes, slog.String("outcome", outcome))...)
}
