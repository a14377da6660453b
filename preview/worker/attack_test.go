package worker

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/worker/temporaltest"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// TestHistoryIsUnreadable: with keys, no text of a preview stands in Temporal's
// history: neither the query, nor a row, nor an identifier, nor why it failed.
func TestHistoryIsUnreadable(t *testing.T) {
	server := temporaltest.Start(t, temporaltest.Options{})
	keys, _ := keysOf(t, keyLine("a", 1))
	connection := connectTo(t, server, Config{OrgID: "acme", Keys: keys})
	runWorker(t, connection, func(_ context.Context, request *previewv1.PreviewQueryRequest) (*previewv1.PreviewQueryResponse, error) {
		if strings.Contains(request.GetSql(), "fail") {
			return nil, sidecarError(reason.MultipleStatements, codes.InvalidArgument, 0)
		}
		return &previewv1.PreviewQueryResponse{
			RequestId: request.GetRequestId(),
			Columns:   []*previewv1.Column{{Name: "canary_column"}},
			Rows:      []*previewv1.Row{{Cells: []*previewv1.Cell{{Text: proto.String("canary_cell")}}}},
		}, nil
	})
	for _, sql := range []string{"select canary_sql", "select canary_sql fail"} {
		var run Run
		response, err := connection.Preview(t.Context(), &previewv1.PreviewQueryWorkflowInput{
			Sql: sql, ConnectionId: "canary_connection", ModelId: "canary_model",
		}, func(r Run) { run = r })
		if failure := (&Failure{}); errors.As(err, &failure) {
			if failure.Message != "what happened" || failure.Detail.GetReason() != string(reason.MultipleStatements) || len(failure.Detail.GetViolations()) != 1 {
				t.Errorf("%s: the caller sees %v", sql, failure)
			}
		} else if err != nil || response.GetRows()[0].GetCells()[0].GetText() != "canary_cell" {
			t.Fatalf("%s: %v %v", sql, response, err)
		}
		history := historyOf(t, connection, run)
		text, err := protojson.Marshal(&historypb.History{Events: history})
		if err != nil {
			t.Fatal(err)
		}
		binary, err := proto.Marshal(&historypb.History{Events: history})
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"canary", "select", "what happened", "MULTIPLE", "a hint", "opdata.preview", "binary/protobuf"} {
			if strings.Contains(string(text), word) || strings.Contains(string(binary), word) {
				t.Errorf("%s: the history holds %q", sql, word)
			}
		}
		t.Logf("history of %d events, %d bytes", len(history), len(binary))
	}
}

// TestHostileInputs: a worker with keys answers no input that was not encrypted for
// this very workflow, and asks the sidecar nothing; the workflow ends at once.
func TestHostileInputs(t *testing.T) {
	server := temporaltest.Start(t, temporaltest.Options{})
	keys, _ := keysOf(t, keyLine("a", 1))
	strangers, _ := keysOf(t, keyLine("a", 2))
	connection := connectTo(t, server, Config{OrgID: "acme", Keys: keys})
	var asked atomic.Int32
	runWorker(t, connection, func(_ context.Context, request *previewv1.PreviewQueryRequest) (*previewv1.PreviewQueryResponse, error) {
		asked.Add(1)
		return &previewv1.PreviewQueryResponse{RequestId: request.GetRequestId()}, nil
	})
	plain, err := newDataConverter(nil).ToPayload(input(nil))
	if err != nil {
		t.Fatal(err)
	}
	sealed := func(codec *Codec, workflowID string) *commonpb.Payload {
		payload, err := newDataConverter(codec.in(workflowID)).ToPayload(input(nil))
		if err != nil {
			t.Fatal(err)
		}
		return payload
	}
	own := NewCodec(keys, "acme", "default")
	sealedBytes := func(workflowID string, inner *commonpb.Payload) *commonpb.Payload {
		out, err := own.in(workflowID).Encode([]*commonpb.Payload{inner})
		if err != nil {
			t.Fatal(err)
		}
		return out[0]
	}
	renamed := sealed(own, "another")
	renamed.Metadata[metadataWorkflow] = []byte("renamed")
	for id, payload := range map[string]*commonpb.Payload{
		"plain":                 plain,
		"plain-json":            {Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`{"orgId":"acme","sql":"select 1"}`)},
		"nothing":               {},
		"of-another-workflow":   sealed(own, "another"),
		"renamed":               renamed,
		"with-another-key":      sealed(NewCodec(strangers, "acme", "default"), "with-another-key"),
		"of-another-org":        sealed(NewCodec(keys, "other", "default"), "of-another-org"),
		"of-another-namespace":  sealed(NewCodec(keys, "acme", "prod"), "of-another-namespace"),
		"encrypted-rubbish":     sealedBytes("encrypted-rubbish", &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("binary/protobuf")}, Data: []byte("\xff\xff")}),
		"encrypted-wrong-type":  sealedBytes("encrypted-wrong-type", &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`[1]`)}),
		"encrypted-null":        sealedBytes("encrypted-null", &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("binary/null")}}),
		"encrypted-twice":       sealedBytes("encrypted-twice", sealed(own, "encrypted-twice")),
		"encrypted-foreign-org": sealedBytes("encrypted-foreign-org", &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`{"orgId":"other","sql":"select 1"}`)}),
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			// Another SDK's client, whose data is what it says.
			raw, err := client.DialContext(ctx, client.Options{
				HostPort: server.Address(), Namespace: server.Namespace(), DataConverter: converter.GetDefaultDataConverter(), Logger: sdkLogger(connection.config.Log),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			run, err := raw.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: Queue("acme")}, WorkflowType, converter.NewRawValue(payload))
			if err != nil {
				t.Fatal(err)
			}
			end := connection.client.GetWorkflow(ctx, id, run.GetRunID()).Get(ctx, nil)
			if end == nil || ctx.Err() != nil {
				t.Fatalf("ended with %v", end)
			}
			t.Log(end)
		})
	}
	t.Cleanup(func() {
		if n := asked.Load(); n != 0 {
			t.Errorf("the sidecar was asked %d times", n)
		}
	})
}
