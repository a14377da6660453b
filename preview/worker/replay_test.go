package worker

import (
	"bytes"
	"context"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/worker/temporaltest"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// The histories that a release wrote are kept: a later version must replay all of
// them, since a workflow may be in flight when the worker is replaced. After a
// change of shape, behind workflow.GetVersion, write those of the new one beside
// them: OP_PREVIEW_TEST_TEMPORAL=... go test ./preview/worker -run TestReplay -update v2.
var update = flag.String("update", "", "write histories of a real run, named by this prefix")

const historiesDir = "testdata/histories"

// histories are the ways that a workflow goes, each as what the sidecar answers.
var histories = map[string]func(attempt int, ctx context.Context) (*previewv1.PreviewQueryResponse, error){
	"answered": func(int, context.Context) (*previewv1.PreviewQueryResponse, error) {
		return &previewv1.PreviewQueryResponse{Rows: []*previewv1.Row{{Cells: []*previewv1.Cell{{Text: proto.String("1")}}}}}, nil
	},
	"refused": func(int, context.Context) (*previewv1.PreviewQueryResponse, error) {
		return nil, sidecarError(reason.MultipleStatements, codes.InvalidArgument, 0)
	},
	"retried": func(attempt int, _ context.Context) (*previewv1.PreviewQueryResponse, error) {
		if attempt == 1 {
			return nil, sidecarError(reason.ConcurrencyLimit, codes.ResourceExhausted, 10*time.Millisecond)
		}
		return &previewv1.PreviewQueryResponse{}, nil
	},
	"cancelled": func(_ int, ctx context.Context) (*previewv1.PreviewQueryResponse, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	},
}

// TestReplay: today's workflow makes the commands of every history that was kept.
func TestReplay(t *testing.T) {
	if *update != "" {
		writeHistories(t, *update)
	}
	files, err := filepath.Glob(filepath.Join(historiesDir, "*.json"))
	if err != nil || len(files) < len(histories) {
		t.Fatalf("found %d histories: %v", len(files), err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := replay(t, content); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		// The test itself would notice another activity.
		if other := bytes.ReplaceAll(content, []byte(ActivityType+`"`), []byte(`another"`)); replay(t, other) == nil {
			t.Errorf("%s replays with another activity too", file)
		}
	}
	if *update != "" {
		t.Error("histories were written; look at them, and run the test without -update")
	}
}

func replay(t *testing.T, content []byte) error {
	t.Helper()
	config := Config{Address: "unused", OrgID: "acme", AllowPlaintext: true}
	if err := config.check(); err != nil {
		t.Fatal(err)
	}
	options := config.options()
	replayer, err := sdk.NewWorkflowReplayerWithOptions(sdk.WorkflowReplayerOptions{
		DataConverter: options.DataConverter, FailureConverter: options.FailureConverter,
	})
	if err != nil {
		t.Fatal(err)
	}
	register(replayer)
	history, err := client.HistoryFromJSON(bytes.NewReader(content), client.HistoryJSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return replayer.ReplayWorkflowHistory(sdkLogger(slog.New(slog.DiscardHandler)), history)
}

// writeHistories runs each way on a real server and keeps its history.
func writeHistories(t *testing.T, prefix string) {
	server := temporaltest.Start(t, temporaltest.Options{})
	connection := connectTo(t, server, Config{OrgID: "acme", AllowPlaintext: true, Identity: "worker"})
	for name, answer := range histories {
		t.Run(name, func(t *testing.T) { writeHistory(t, connection, prefix, name, answer) })
	}
}

func writeHistory(t *testing.T, connection *Connection, prefix, name string,
	answer func(attempt int, ctx context.Context) (*previewv1.PreviewQueryResponse, error),
) {
	attempt := 0
	began := make(chan struct{}, maxAttempts)
	runWorker(t, connection, func(ctx context.Context, request *previewv1.PreviewQueryRequest) (*previewv1.PreviewQueryResponse, error) {
		attempt++
		began <- struct{}{}
		response, err := answer(attempt, ctx)
		if response != nil {
			response.RequestId = request.GetRequestId()
		}
		return response, err
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if name == "cancelled" {
		go func() { <-began; cancel() }()
	}
	var run Run
	_, err := connection.Preview(ctx, input(func(in *previewv1.PreviewQueryWorkflowInput) { in.RequestId = name }), func(r Run) { run = r })
	t.Logf("%s: %v", name, err)
	_ = connection.client.GetWorkflow(t.Context(), run.WorkflowID, run.RunID).Get(t.Context(), nil) // its end
	text, err := protojson.MarshalOptions{Multiline: true, Indent: " "}.Marshal(&historypb.History{Events: historyOf(t, connection, run)})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(historiesDir, prefix+"-"+name+".json"), append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func historyOf(t *testing.T, connection *Connection, run Run) (events []*historypb.HistoryEvent) {
	t.Helper()
	all := connection.client.GetWorkflowHistory(t.Context(), run.WorkflowID, run.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for all.HasNext() {
		event, err := all.Next()
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, event)
	}
	return events
}

// connectTo connects to a server of the test.
func connectTo(t *testing.T, server *temporaltest.Server, config Config) *Connection {
	t.Helper()
	config.Address, config.Namespace = server.Address(), server.Namespace()
	connection, err := Connect(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	return connection
}

// runWorker runs a worker until the test ends.
func runWorker(t *testing.T, connection *Connection, preview previewer) {
	t.Helper()
	runWorkerWith(t, connection, Options{Preview: preview})
}

// runWorkerWith is runWorker with these options.
func runWorkerWith(t *testing.T, connection *Connection, options Options) {
	t.Helper()
	w, err := New(connection, options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}
