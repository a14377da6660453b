package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

const (
	// DefaultSessions is the default of Options.Sessions: the sidecar's own.
	DefaultSessions = 4
	// maxSessions is the most that Options.Sessions may be.
	maxSessions = 1000
	// drainTimeout is how long a worker that stops waits for its attempts to end.
	drainTimeout = attemptTimeout + time.Second
	// settleTimeout is how long it then waits for their workflows to end, which takes
	// one more task of each.
	settleTimeout = time.Second
)

// Options configures a worker.
type Options struct {
	// Preview asks the sidecar for one preview: the PreviewQuery of a
	// preview/client.Client with Attempts 1, so that Temporal does the trying again.
	Preview func(context.Context, *previewv1.PreviewQueryRequest) (*previewv1.PreviewQueryResponse, error)
	// Sessions is how many previews run at a time: as many as the sidecar has
	// sessions, so that what waits does so in Temporal, where another worker can
	// take it. Default: 4, the sidecar's own default.
	Sessions int
	// MaxResultBytes bounds the rows of a result, as they are encoded. Rows beyond are
	// cut off, and the result says so. Default: 1 MiB. At most 1.5 MiB: Temporal takes
	// 2 MiB with everything around.
	MaxResultBytes int
	// Deployment is the name of a worker deployment, which makes the worker a version
	// of it: workflows stay on the version that began them. Temporal gives a version
	// no work until it is made the current one. Default: none.
	Deployment string
	// BuildID is the version. It must be set with Deployment.
	BuildID string
	// Log gets one line an attempt. Default: nothing is logged.
	Log *slog.Logger
}

// Check returns what is wrong with o, as New would.
func (o Options) Check() error { return o.check() }

func (o *Options) check() error {
	if o.Preview == nil {
		return errors.New("worker: Options.Preview is not set")
	}
	if o.Sessions == 0 {
		o.Sessions = DefaultSessions
	}
	if o.Sessions < 1 || o.Sessions > maxSessions {
		return fmt.Errorf("worker: Options.Sessions is not within 1 and %d", maxSessions)
	}
	if o.MaxResultBytes == 0 {
		o.MaxResultBytes = DefaultMaxResultBytes
	}
	if o.Deployment != "" && o.BuildID == "" {
		return errors.New("worker: Options.BuildID is not set, and a version of a deployment needs one")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return checkMaxResult(o.MaxResultBytes)
}

// Worker answers the previews of one organization.
type Worker struct {
	connection *Connection
	options    Options
}

// New returns a worker on a connection.
func New(connection *Connection, options Options) (*Worker, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	return &Worker{connection, options}, nil
}

// Run polls the queue until ctx ends. Then it takes no more work, waits up to 16 s
// for what it has begun, and returns nil. An error says that Temporal will not have
// this worker.
func (w *Worker) Run(ctx context.Context) error {
	fatal := make(chan error, 1)
	main := w.newSDKWorker(func(err error) { fatal <- err })
	a := &activities{
		orgID: w.connection.config.OrgID, maxResultBytes: w.options.MaxResultBytes, preview: w.options.Preview, log: w.options.Log,
	}
	main.RegisterActivityWithOptions(a.previewQuery, activity.RegisterOptions{Name: ActivityType})
	if err := main.Start(); err != nil {
		return connectError(err)
	}
	select {
	case err := <-fatal:
		main.Stop()
		return connectError(err)
	case <-ctx.Done():
	}
	w.drain(main)
	return nil
}

// drain stops main, and lets the workflows end whose attempts main was at: it takes
// a task of theirs to hand on a result, which a worker that stops takes no more. So
// another one takes only those tasks, until main has stopped and a little longer.
func (w *Worker) drain(main sdk.Worker) {
	rest := w.newSDKWorker(nil, func(o *sdk.Options) { o.LocalActivityWorkerOnly = true })
	started := rest.Start()
	main.Stop()
	if started == nil {
		time.Sleep(settleTimeout)
		rest.Stop()
	}
}

// newSDKWorker returns a worker that knows the workflow.
func (w *Worker) newSDKWorker(onFatal func(error), adjust ...func(*sdk.Options)) sdk.Worker {
	options := sdk.Options{
		MaxConcurrentActivityExecutionSize: w.options.Sessions,
		MaxHeartbeatThrottleInterval:       heartbeatThrottle,
		DefaultHeartbeatThrottleInterval:   heartbeatThrottle,
		WorkflowTaskPollerBehavior:         pollers(maxWorkflowPollers),
		ActivityTaskPollerBehavior:         pollers(w.options.Sessions),
		WorkerStopTimeout:                  drainTimeout,
		DisableRegistrationAliasing:        true,
		OnFatalError:                       onFatal,
	}
	if w.options.Deployment != "" {
		options.DeploymentOptions = sdk.DeploymentOptions{
			UseVersioning: true,
			Version:       sdk.WorkerDeploymentVersion{DeploymentName: w.options.Deployment, BuildID: w.options.BuildID},
		}
	}
	for _, f := range adjust {
		f(&options)
	}
	made := sdk.New(w.connection.client, Queue(w.connection.config.OrgID), options)
	register(made)
	return made
}

// maxWorkflowPollers is how many polls for workflows' tasks are open at most. With the
// SDK's own two, tasks of a busy queue wait behind newer ones, see startWithin.
const maxWorkflowPollers = 16

// pollers opens as many polls as there is work, two of an idle worker, so that ten
// thousand idle ones cost Temporal little.
func pollers(most int) sdk.PollerBehavior {
	return sdk.NewPollerBehaviorAutoscaling(sdk.PollerBehaviorAutoscalingOptions{
		InitialNumberOfPollers: min(2, most), MinimumNumberOfPollers: min(2, most), MaximumNumberOfPollers: most,
	})
}

// register makes the workflow known, to a worker or to a replayer.
func register(to sdk.WorkflowRegistry) {
	to.RegisterWorkflowWithOptions(previewQueryWorkflow, workflow.RegisterOptions{
		Name: WorkflowType,
		// A workflow of less than a minute stays on the version that began it.
		VersioningBehavior: workflow.VersioningBehaviorPinned,
	})
}
