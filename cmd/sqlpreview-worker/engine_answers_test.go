package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/cmd/sqlpreview-worker/internal/stack"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/worker"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// TestEngineAnswers: what the sidecar says comes back through Temporal, rows and
// refusals alike, and nothing of it is readable in the history.
func TestEngineAnswers(t *testing.T) {
	s := startStack(t, stack.Options{}, 2)
	a := connectTo(t, s)

	t.Run("rows", func(t *testing.T) {
		run, response, err := preview(t, a, ask("select id, name from birds order by id"))
		if err != nil {
			t.Fatal(err)
		}
		if got := response.GetRows()[41].GetCells()[1].GetText(); got != canary+"-42" || len(response.GetRows()) != 100 {
			t.Errorf("%d rows, the 42nd %q", len(response.GetRows()), got)
		}
		if len(response.GetTruncations()) != 1 {
			t.Errorf("the bound of rows is not declared: %v", response.GetTruncations())
		}
		if run.WorkflowType != worker.WorkflowType || run.Queue != "tenant-"+stack.OrgID {
			t.Errorf("it ran as %+v", run)
		}
		unreadable(t, a, run, 5)
	})
	t.Run("a refusal with all of its violations", func(t *testing.T) {
		run, _, err := preview(t, a, ask("select "+canary+", pg_sleep(1), pg_read_file('"+canary+"') from birds for update"))
		var failure *worker.Failure
		if !asFailure(err, &failure) {
			t.Fatalf("%v", err)
		}
		violations := failure.Detail.GetViolations()
		if len(violations) < 3 || violations[0].GetLine() != 1 || violations[0].GetColumn() == 0 {
			t.Errorf("%v", failure.Detail)
		}
		unreadable(t, a, run, 5)
	})
	t.Run("an error of the database", func(t *testing.T) {
		run, _, err := preview(t, a, ask("select "+canary+" from birds"))
		if reasonOf(err) != string(reason.UndefinedObject) {
			t.Errorf("%v", err)
		}
		unreadable(t, a, run, 5)
	})
	t.Run("a connection that is not there is not tried again", func(t *testing.T) {
		input := ask("select 1")
		input.ConnectionId = "nowhere"
		run, _, err := preview(t, a, input)
		if reasonOf(err) != string(reason.ConnectionNotFound) {
			t.Errorf("%v", err)
		}
		for _, event := range unreadable(t, a, run, 5) {
			if attempt := event.GetActivityTaskStartedEventAttributes().GetAttempt(); attempt > 1 {
				t.Errorf("attempt %d", attempt)
			}
		}
	})
	t.Run("a result larger than Temporal takes is cut and says so", func(t *testing.T) {
		_, response, err := preview(t, a, ask("select "+strings.Repeat("repeat(md5(id::text), 32), ", 39)+"id from birds order by id"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, cut := range response.GetTruncations() {
			found = found || cut.GetReason() == previewv1.TruncationReason_TRUNCATION_REASON_BYTE_LIMIT
		}
		if !found || len(response.GetRows()) == 0 || len(response.GetRows()) == 100 {
			t.Errorf("%d rows, %v", len(response.GetRows()), response.GetTruncations())
		}
	})
	t.Run("another organization", func(t *testing.T) {
		input := ask("select '" + canary + "'")
		input.OrgId = "another"
		run, _, err := preview(t, a, input)
		if reasonOf(err) != string(worker.InputRefused) {
			t.Errorf("%v", err)
		}
		unreadable(t, a, run, 5)
	})
	t.Run("a workflow that is started twice", func(t *testing.T) {
		input := ask("select 1")
		input.RequestId = "once"
		for i, want := range []string{"", string(worker.InputRefused)} {
			if _, err := a.Preview(t.Context(), input, nil); reasonOf(err) != want {
				t.Errorf("the time %d: %v", i+1, err)
			}
		}
	})
	t.Run("inputs that are not encrypted, or are another workflow's", func(t *testing.T) {
		forged(t, a, s)
	})
	for _, w := range s.Workers() {
		if strings.Contains(w.Output(), canary) {
			t.Errorf("a worker's log holds what is not to be seen: %s", w.Output())
		}
	}
	if strings.Contains(s.Sidecar.Output(), canary+"-") {
		t.Error("the sidecar's log holds a value")
	}
}

// forged starts workflows without the keys, as whoever may only start workflows
// could: nothing of them reaches the sidecar.
func forged(t *testing.T, a asker, s *stack.Stack) {
	before := count(s.Sidecar, "PreviewQuery")
	config, err := s.Config()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := proto.Marshal(&previewv1.PreviewQueryWorkflowInput{OrgId: stack.OrgID, ConnectionId: "default", Sql: "select 1", RequestId: "forged"})
	if err != nil {
		t.Fatal(err)
	}
	payload := &commonpb.Payload{Data: plain, Metadata: map[string][]byte{
		converter.MetadataEncoding: []byte(converter.MetadataEncodingProto), converter.MetadataMessageType: []byte("opdata.preview.v1.PreviewQueryWorkflowInput"),
	}}
	codec := worker.NewCodec(config.Keys, stack.OrgID, config.Namespace).
		WithSerializationContext(converter.WorkflowSerializationContext{Namespace: config.Namespace, WorkflowID: "preview-another"})
	stolen, err := codec.Encode([]*commonpb.Payload{payload})
	if err != nil {
		t.Fatal(err)
	}
	tampered := proto.Clone(stolen[0]).(*commonpb.Payload)
	tampered.Data[len(tampered.Data)-1]++
	for name, input := range map[string]*commonpb.Payload{"plain": payload, "of another workflow": stolen[0], "tampered with": tampered} {
		run, err := a.raw.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			TaskQueue: "tenant-" + stack.OrgID, WorkflowExecutionTimeout: worker.ExecutionTimeout,
		}, worker.WorkflowType, converter.NewRawValue(input))
		if err != nil {
			t.Fatal(err)
		}
		var result converter.RawValue
		if err := run.Get(t.Context(), &result); err == nil {
			t.Errorf("an input %s is answered", name)
		}
		status := describe(t, a, run.GetID())
		if status != enumspb.WORKFLOW_EXECUTION_STATUS_FAILED {
			t.Errorf("an input %s: the workflow is %v", name, status)
		}
	}
	if after := count(s.Sidecar, "PreviewQuery"); after != before {
		t.Error("the sidecar was asked")
	}
}

// preview runs one preview and returns its names, too.
func preview(t *testing.T, a asker, input *previewv1.PreviewQueryWorkflowInput) (run worker.Run, _ *previewv1.PreviewQueryResponse, _ error) {
	t.Helper()
	response, err := a.Preview(t.Context(), input, func(started worker.Run) { run = started })
	return run, response, err
}

// unreadable fetches a workflow's history as it rests in Temporal and looks for the
// canary in it, in every alphabet that a payload could hide it in.
func unreadable(t *testing.T, a asker, run worker.Run, atLeast int) []*historypb.HistoryEvent {
	t.Helper()
	events := history(t, a, run)
	if len(events) < atLeast {
		t.Errorf("the history has %d events", len(events))
	}
	for _, event := range events {
		readable(t, event)
	}
	return events
}

func history(t testing.TB, a asker, run worker.Run) (events []*historypb.HistoryEvent) {
	t.Helper()
	iterator := a.raw.GetWorkflowHistory(context.Background(), run.WorkflowID, run.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iterator.HasNext() {
		event, err := iterator.Next()
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, event)
	}
	return events
}

// readable fails the test when an event's bytes hold the canary, or a word of SQL or
// of a reason, as it is or in base64.
func readable(t *testing.T, event *historypb.HistoryEvent) {
	t.Helper()
	bytesOf, err := proto.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{canary, strings.ToLower(canary), "birds", "select", "pg_sleep", string(reason.UndefinedObject), string(reason.FunctionNotAllowed), string(reason.RowLock)} {
		for _, form := range forms(word) {
			if bytes.Contains(bytesOf, []byte(form)) {
				t.Errorf("%s holds %q as %q", event.GetEventType(), word, form)
			}
		}
	}
}

// forms are a word as it stands and its three possible forms within base64.
func forms(word string) []string {
	found := []string{word}
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + word))
		// The characters at the ends also depend on the neighbours.
		found = append(found, encoded[(shift*8+5)/6:len(word)*8/6])
	}
	return found
}

func describe(t testing.TB, a asker, id string) enumspb.WorkflowExecutionStatus {
	t.Helper()
	about, err := a.raw.DescribeWorkflowExecution(context.Background(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	return about.GetWorkflowExecutionInfo().GetStatus()
}

// TestForms: the search above finds what it looks for.
func TestForms(t *testing.T) {
	for before := range 7 {
		text := base64.StdEncoding.EncodeToString([]byte(fmt.Sprintf("%s%s and more", strings.Repeat("a", before), canary)))
		found := false
		for _, form := range forms(canary) {
			found = found || strings.Contains(text, form)
		}
		if !found {
			t.Errorf("%d bytes before it hide it", before)
		}
	}
}
