package worker

import (
	"context"
	"crypto/rand"
	"errors"
	"time"
	"unicode/utf8"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/op-data/sqlpreview/preview/internal/requestid"
	"github.com/op-data/sqlpreview/preview/reason"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// endTimeout bounds the call that ends a workflow whose caller has gone.
const endTimeout = 5 * time.Second

const (
	// startWithin is how long a workflow waits for its first task to be taken up.
	startWithin = 15 * time.Second
	// pollLasts is more than a poll takes, after which a worker polls again: 60 s
	// (matching.longPollExpirationInterval).
	pollLasts = 70 * time.Second
)

// Run names one workflow.
type Run struct {
	WorkflowType, Queue, WorkflowID, RunID string
}

// Preview starts a workflow, waits for its end and returns the result. OrgId and
// RequestId of the input are set where they are empty. The error is a *Failure
// where the preview failed. When ctx ends, the workflow is cancelled, and with it the
// query. started, unless it is nil, is called with the workflow's names.
//
// The workflow's id is "preview-" and the request's id, which is 1 to 128 characters of
// printable ASCII.
func (c *Connection) Preview(ctx context.Context, input *previewv1.PreviewQueryWorkflowInput, started func(Run)) (*previewv1.PreviewQueryResponse, error) {
	if !utf8.ValidString(input.GetSql()) {
		return nil, newFailure(reason.SQLInvalidText, "the text is not valid UTF-8", "save it as UTF-8")
	}
	if input.OrgId == "" {
		input.OrgId = c.config.OrgID
	}
	if input.RequestId == "" {
		input.RequestId = rand.Text()
	}
	if !requestid.Valid(input.GetRequestId()) {
		return nil, requestIDFailure()
	}
	options := client.StartWorkflowOptions{
		ID: "preview-" + input.GetRequestId(), TaskQueue: Queue(c.config.OrgID),
		WorkflowExecutionTimeout: ExecutionTimeout,
		// One request has one preview: a second one of its id is a fault.
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
	}
	run, err := c.client.ExecuteWorkflow(ctx, options, WorkflowType, input)
	if err != nil {
		return nil, startError(err)
	}
	if started != nil {
		started(Run{WorkflowType: WorkflowType, Queue: options.TaskQueue, WorkflowID: run.GetID(), RunID: run.GetRunID()})
	}
	response := &previewv1.PreviewQueryResponse{}
	if err := c.wait(ctx, run, response); err != nil {
		return nil, err
	}
	// The payload is proven to be of this workflow; this proves that it is of this
	// request, also where payloads are not encrypted.
	if response.GetRequestId() != input.GetRequestId() {
		return nil, newFailure(reason.Internal, "the result is of another request", "try again")
	}
	return response, nil
}

// wait waits for the end of run. It ends a workflow that no worker has taken up: after
// offlineAfter where none polls the queue, and after startWithin in any case, which a
// busy queue needs. (Temporal hands out new tasks before those that have waited for
// less than 5 s, matching.backlogNegligibleAge.)
func (c *Connection) wait(ctx context.Context, run client.WorkflowRun, response *previewv1.PreviewQueryResponse) error {
	done := make(chan error, 1)
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	go func() { done <- run.Get(waiting, response) }()
	offline := time.NewTimer(offlineAfter)
	defer offline.Stop()
	late := time.NewTimer(startWithin)
	defer late.Stop()
	for {
		polled := false
		select {
		case err := <-done:
			if ctx.Err() != nil && err != nil {
				c.end(run, c.client.CancelWorkflow)
				return ctx.Err()
			}
			return endError(err)
		case <-offline.C:
			polled = c.polled(ctx)
		case <-late.C:
		}
		if !polled && c.untouched(ctx, run) {
			stop()
			if err := <-done; err == nil { // an agent answered after all
				return nil
			}
			c.end(run, func(ctx context.Context, id, runID string) error {
				return c.client.TerminateWorkflow(ctx, id, runID, "no agent took it up")
			})
			return offlineFailure()
		}
	}
}

// polled tells whether a worker has polled the organization's queue lately. A Temporal
// that does not say so counts as yes.
func (c *Connection) polled(ctx context.Context) bool {
	queue, err := c.client.DescribeTaskQueue(ctx, Queue(c.config.OrgID), enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return true
	}
	for _, poller := range queue.GetPollers() {
		if time.Since(poller.GetLastAccessTime().AsTime()) < pollLasts {
			return true
		}
	}
	return false
}

// untouched tells whether no worker has ever taken a task of run.
func (c *Connection) untouched(ctx context.Context, run client.WorkflowRun) bool {
	about, err := c.client.DescribeWorkflowExecution(ctx, run.GetID(), run.GetRunID())
	return err == nil && about.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING &&
		about.GetWorkflowExecutionInfo().GetHistoryLength() <= 2 && // started, and its first task scheduled
		about.GetPendingWorkflowTask().GetState() != enumspb.PENDING_WORKFLOW_TASK_STATE_STARTED
}

// end ends a workflow for which nobody waits any more.
func (c *Connection) end(run client.WorkflowRun, how func(ctx context.Context, id, runID string) error) {
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	_ = how(ctx, run.GetID(), run.GetRunID()) // its execution timeout ends it else
}

func requestIDFailure() *Failure {
	return newFailure(InputRefused, "the request id is not 1 to 128 characters of printable ASCII", "choose another request id, or none")
}

func offlineFailure() *Failure {
	return newFailure(AgentOffline, "no agent polls the queue of this organization", "start the agent's worker (sqlpreview-worker), and check its organization and namespace")
}

// startError words why a workflow could not be started.
func startError(err error) error {
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return newFailure(InputRefused, "there was a preview with this request id already", "choose another request id, or none")
	}
	return connectError(err)
}

// endError words why a workflow ended without a result; nil where it has one.
func endError(err error) error {
	var execution *temporal.WorkflowExecutionError
	var timeout *temporal.TimeoutError
	var canceled *temporal.CanceledError
	var terminated *temporal.TerminatedError
	var said *temporal.ApplicationError
	failure := FailureOf(err)
	switch {
	case err == nil:
		return nil
	case failure != nil:
		return failure
	case errors.As(err, &timeout):
		return newFailure(AgentOffline, "no agent answered in "+ExecutionTimeout.String(), "check that the agent of this organization runs, and try again")
	case errors.As(err, &canceled):
		return newFailure(reason.ClientCanceled, "the preview was cancelled", "")
	case errors.As(err, &terminated):
		return newFailure(reason.ClientCanceled, "the preview was terminated in Temporal", "")
	case errors.As(err, &said):
		return newFailure(reason.Internal, "the agent could not read the workflow's input, or its answer cannot be read here",
			"check that both sides have the same keys, organization and namespace")
	case errors.As(err, &execution):
		return newFailure(reason.Internal, "the workflow failed", "see it in Temporal")
	}
	return unreadable(err)
}

// unreadable tells a result that does not decrypt from a Temporal that does not
// answer.
func unreadable(err error) error {
	for _, fault := range []error{errNotEncrypted, errOtherWorkflow, errOtherKind, errKeyID, errTampered} {
		if errors.Is(err, fault) {
			return newFailure(reason.Internal, "the result cannot be read: "+fault.Error(), "check that both sides have the same keys, organization and namespace")
		}
	}
	return connectError(err)
}
