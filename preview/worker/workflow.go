package worker

import (
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/op-data/sqlpreview/preview/reason"
)

// The names that a control plane and a history know. They never change.
const (
	// WorkflowType is the workflow's type.
	WorkflowType = "previewQueryWorkflow"
	// ActivityType is the type of its one activity.
	ActivityType = "previewQuery"
)

// Queue returns the name of an organization's task queue.
func Queue(orgID string) string { return "tenant-" + orgID }

const (
	// attemptTimeout bounds one attempt: the sidecar's own 10 s and what is around.
	attemptTimeout = 15 * time.Second
	// offlineAfter is how long to wait for a worker before Temporal is asked whether
	// there is one.
	offlineAfter = 5 * time.Second
	// busyAfter is how long an attempt waits for a worker with a free session. Temporal
	// hands out new tasks before those that have waited for less than 5 s, so a bound
	// of 5 s would end just those that are next.
	busyAfter = 10 * time.Second
	// activityTimeout bounds all attempts together.
	activityTimeout = 35 * time.Second
	// ExecutionTimeout is the execution timeout to start the workflow with.
	ExecutionTimeout = 45 * time.Second
	// heartbeatTimeout is when a worker that sends no heartbeat is taken for dead.
	// It is long enough for one that is starved of processor time.
	heartbeatTimeout = 3 * time.Second
	// maxAttempts counts the attempts that a worker died in, too.
	maxAttempts = 5
)

// startToCloseTimeout is what Temporal's server calls the timeout of one attempt
// among the types of errors.
const startToCloseTimeout = "TemporalTimeout:StartToClose"

// previewQueryWorkflow is one preview: one activity. The input goes on as it came,
// so that fields of a newer control plane survive and no worker's settings reach
// into the history.
//
// Its commands must replay against testdata/histories. A change that is more than
// words goes behind workflow.GetVersion, and a history of the new shape beside
// the old ones.
func previewQueryWorkflow(ctx workflow.Context, input converter.RawValue) (converter.RawValue, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ScheduleToStartTimeout: busyAfter,
		StartToCloseTimeout:    attemptTimeout,
		ScheduleToCloseTimeout: activityTimeout,
		HeartbeatTimeout:       heartbeatTimeout,
		// The workflow's end is told when the query in the database has ended.
		WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    200 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    2 * time.Second,
			MaximumAttempts:    maxAttempts,
			// An attempt that took its whole time would take it again. One whose
			// heartbeat stopped is tried again: its worker died.
			NonRetryableErrorTypes: []string{startToCloseTimeout},
		},
	})
	var result converter.RawValue
	err := workflow.ExecuteActivity(ctx, ActivityType, input).Get(ctx, &result)
	if err != nil {
		return converter.RawValue{}, workflowError(err)
	}
	if !isOf(result.Payload(), kindResult, resultType) {
		return converter.RawValue{}, newFailure(reason.Internal, "the activity's result was replaced in the history", "try again, and see who can write to Temporal's database").final()
	}
	return result, nil
}

// workflowError is the workflow's own end for an activity's: the activity's
// application failure itself, or a timeout in words.
func workflowError(err error) error {
	var said *temporal.ApplicationError
	var timeout *temporal.TimeoutError
	switch {
	case errors.As(err, &said):
		return said
	case !errors.As(err, &timeout):
		return err // cancelled
	case timeout.TimeoutType() == enumspb.TIMEOUT_TYPE_START_TO_CLOSE:
		return newFailure(reason.StatementTimeout, "the preview did not end in "+attemptTimeout.String(), "try a query that reads less").final()
	case timeout.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START:
		return newFailure(AgentOffline, "no agent took up the preview in "+busyAfter.String(),
			"check that the agent of this organization runs; if it does, all of its sessions are busy: try again, or run more workers").final()
	default:
		return newFailure(AgentOffline, "the agent stopped while it answered", "check that the agent of this organization runs, and try again").final()
	}
}
