package worker

import (
	"context"
	"errors"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/preview/reason"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// newEnv is the SDK's own environment with the worker's workflow, its activity and
// its converters. keys is nil for none.
func newEnv(t *testing.T, keys *Keys, preview previewer) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	a := &activities{orgID: "acme", maxResultBytes: DefaultMaxResultBytes, preview: preview, log: slog.New(slog.DiscardHandler)}
	return newEnvWith(t, keys, a.previewQuery)
}

// newEnvWith is newEnv with another activity.
func newEnvWith(t *testing.T, keys *Keys, previewQuery any) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdkLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	config := Config{Address: "unused", OrgID: "acme", Keys: keys, AllowPlaintext: keys == nil}
	if err := config.check(); err != nil {
		t.Fatal(err)
	}
	options := config.options()
	env.SetDataConverter(options.DataConverter)
	env.SetFailureConverter(options.FailureConverter)
	register(env)
	env.RegisterActivityWithOptions(previewQuery, activity.RegisterOptions{Name: ActivityType})
	return env
}

func input(change func(*previewv1.PreviewQueryWorkflowInput)) *previewv1.PreviewQueryWorkflowInput {
	in := &previewv1.PreviewQueryWorkflowInput{
		OrgId: "acme", ConnectionId: "shop", Sql: "select 1", RequestId: "r1", MaxRows: 7, Timeout: durationpb.New(3 * time.Second), ModelId: "m",
	}
	if change != nil {
		change(in)
	}
	return in
}

// TestPreviewQueryWorkflow: the sidecar is asked what the input says, and its answer
// is the result.
func TestPreviewQueryWorkflow(t *testing.T) {
	var asked *previewv1.PreviewQueryRequest
	answer := &previewv1.PreviewQueryResponse{RequestId: "r1", Rows: []*previewv1.Row{{Cells: []*previewv1.Cell{{Text: proto.String("1")}}}}}
	env := newEnv(t, nil, func(_ context.Context, request *previewv1.PreviewQueryRequest) (*previewv1.PreviewQueryResponse, error) {
		asked = request
		return answer, nil
	})
	env.ExecuteWorkflow(WorkflowType, input(nil))
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	var result previewv1.PreviewQueryResponse
	if err := env.GetWorkflowResult(&result); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(&result, answer) {
		t.Errorf("result %v", &result)
	}
	want := &previewv1.PreviewQueryRequest{ConnectionId: "shop", Sql: "select 1", RequestId: "r1", MaxRows: 7, Timeout: durationpb.New(3 * time.Second)}
	if !proto.Equal(asked, want) {
		t.Errorf("asked %v", asked)
	}
}

// sidecarError is an error as a sidecar sends it.
func sidecarError(why reason.Reason, code codes.Code, retry time.Duration) error {
	said := status.New(code, "what happened")
	details := []protoadapt.MessageV1{
		&errdetails.ErrorInfo{Reason: string(why), Domain: "sqlpreview.op-data.com"},
		&previewv1.ErrorDetail{Reason: string(why), Hint: "a hint", Violations: []*previewv1.Violation{{Reason: string(why), Rule: "rule", Line: 1}}},
	}
	if retry > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(retry)})
	}
	for _, detail := range details {
		said, _ = said.WithDetails(detail)
	}
	return said.Err()
}

// TestFailures: what cannot get better has one attempt, what can has several, and
// the end has the sidecar's reason and violations.
func TestFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		input    *previewv1.PreviewQueryWorkflowInput
		err      error
		reason   reason.Reason
		attempts int
	}{
		"a refusal":            {nil, sidecarError(reason.MultipleStatements, codes.InvalidArgument, 0), reason.MultipleStatements, 1},
		"too many at once":     {nil, sidecarError(reason.ConcurrencyLimit, codes.ResourceExhausted, time.Millisecond), reason.ConcurrencyLimit, maxAttempts},
		"no database":          {nil, sidecarError(reason.DatabaseUnavailable, codes.Unavailable, time.Second), reason.DatabaseUnavailable, maxAttempts},
		"no sidecar":           {nil, status.Error(codes.Unavailable, "connection error: dial unix /secret/path"), "UNAVAILABLE", maxAttempts},
		"not let in":           {nil, status.Error(codes.Unauthenticated, "who are you"), Unauthenticated, 1},
		"a broken sidecar":     {nil, status.Error(codes.Internal, "panic: secret"), reason.Internal, 1},
		"a plain error":        {nil, errors.New("secret"), reason.Internal, 1},
		"another one's org":    {input(func(in *previewv1.PreviewQueryWorkflowInput) { in.OrgId = "other" }), nil, InputRefused, 0},
		"no org":               {input(func(in *previewv1.PreviewQueryWorkflowInput) { in.OrgId = "" }), nil, InputRefused, 0},
		"an id with a newline": {input(func(in *previewv1.PreviewQueryWorkflowInput) { in.RequestId = "a\nb" }), nil, InputRefused, 0},
		"a long id":            {input(func(in *previewv1.PreviewQueryWorkflowInput) { in.RequestId = strings.Repeat("a", 129) }), nil, InputRefused, 0},
		"an id beyond ASCII":   {input(func(in *previewv1.PreviewQueryWorkflowInput) { in.RequestId = "\u202eabc" }), nil, InputRefused, 0},
		"an org with case":     {input(func(in *previewv1.PreviewQueryWorkflowInput) { in.OrgId = "Acme" }), nil, InputRefused, 0},
	} {
		t.Run(name, func(t *testing.T) {
			attempts := 0
			env := newEnv(t, nil, func(context.Context, *previewv1.PreviewQueryRequest) (*previewv1.PreviewQueryResponse, error) {
				attempts++
				return nil, tc.err
			})
			in := tc.input
			if in == nil {
				in = input(nil)
			}
			env.ExecuteWorkflow(WorkflowType, in)
			failure := FailureOf(env.GetWorkflowError())
			if failure == nil {
				t.Fatalf("ended with %v", env.GetWorkflowError())
			}
			if failure.Detail.GetReason() != string(tc.reason) || attempts != tc.attempts {
				t.Errorf("got %v after %d attempts", failure, attempts)
			}
			if strings.Contains(env.GetWorkflowError().Error(), "secret") {
				t.Errorf("the text of an error got out: %v", env.GetWorkflowError())
			}
			if tc.reason == reason.MultipleStatements && (len(failure.Detail.GetViolations()) != 1 || failure.Message != "what happened") {
				t.Errorf("got %v", failure.Detail)
			}
		})
	}
}

// TestRequestIDs: an id that cannot stand in a log does not become a workflow's id, and
// the sidecar gets the workflow's id, where the input has none, only if it can.
func TestRequestIDs(t *testing.T) {
	// It has no client: whoever gets past the check panics.
	connection := &Connection{config: Config{OrgID: "acme"}}
	for _, id := range []string{"a\nb", "\x00", "a\u202eb", "\xff", strings.Repeat("a", 129)} {
		_, err := connection.Preview(t.Context(), input(func(in *previewv1.PreviewQueryWorkflowInput) { in.RequestId = id }), nil)
		var failure *Failure
		if !errors.As(err, &failure) || failure.Detail.GetReason() != string(InputRefused) || strings.Contains(failure.Error(), id) {
			t.Errorf("%q: got %v", id, err)
		}
	}
	for workflowID, want := range map[string]string{"own-1": "own-1", "own\n1": "", strings.Repeat("w", 500): ""} {
		var asked *previewv1.PreviewQueryRequest
		env := newEnv(t, nil, func(_ context.Context, request *previewv1.PreviewQueryRequest) (*previewv1.PreviewQueryResponse, error) {
			asked = request
			return &previewv1.PreviewQueryResponse{}, nil
		})
		env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: workflowID})
		env.ExecuteWorkflow(WorkflowType, input(func(in *previewv1.PreviewQueryWorkflowInput) { in.RequestId = "" }))
		if err := env.GetWorkflowError(); err != nil || asked.GetRequestId() != want {
			t.Errorf("the workflow %q: asked with %q, %v", workflowID, asked.GetRequestId(), err)
		}
	}
}

// TestReplacedResult: an input that stands in the place of the activity's result ends
// the workflow.
func TestReplacedResult(t *testing.T) {
	keys, _ := keysOf(t, keyLine("a", 1))
	env := newEnvWith(t, keys, func(_ context.Context, given converter.RawValue) (converter.RawValue, error) { return given, nil })
	env.ExecuteWorkflow(WorkflowType, input(nil))
	if failure := FailureOf(env.GetWorkflowError()); failure == nil || failure.Detail.GetReason() != string(reason.Internal) {
		t.Errorf("ended with %v", env.GetWorkflowError())
	}
}

// TestTemporalIsLinkedByTheWorkerAlone: who embeds the package or runs the sidecar
// does not carry the workflow engine.
func TestTemporalIsLinkedByTheWorkerAlone(t *testing.T) {
	for _, pkg := range []string{"preview", "sanitize", "preview/server", "preview/client", "cmd/sqlpreview"} {
		output, err := exec.Command("go", "list", "-deps", "github.com/op-data/sqlpreview/"+pkg).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		if strings.Contains(string(output), "go.temporal.io/") {
			t.Errorf("%s links Temporal", pkg)
		}
	}
	output, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	// How texts are written into log lines is no part of the sidecar.
	deps := strings.ReplaceAll(string(output), "sqlpreview/preview/server/jsonline\n", "\n")
	for _, foreign := range []string{"github.com/jackc/pgx", "github.com/pganalyze", "sqlpreview/preview\n", "sqlpreview/preview/server"} {
		if strings.Contains(deps, foreign) {
			t.Errorf("the worker links %s", foreign)
		}
	}
}
