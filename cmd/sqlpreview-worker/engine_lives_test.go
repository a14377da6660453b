package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/op-data/sqlpreview/cmd/sqlpreview-worker/internal/stack"
	"github.com/op-data/sqlpreview/preview/worker"
)

// TestEngineCancels: a workflow that is cancelled ends its query in the database,
// long before the query's own time is over, and then ends as cancelled.
func TestEngineCancels(t *testing.T) {
	s := startStack(t, stack.Options{}, 1)
	a := connectTo(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	run, end := a.background(ctx, t, ask(slowQuery))
	awaitBackends(t, s, 1)
	cancelled := time.Now()
	cancel()
	awaitBackends(t, s, 0)
	t.Logf("the backend ended %v after the caller went", time.Since(cancelled).Round(time.Millisecond))
	if _, err := end(); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	awaitStatus(t, a, run, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED)
	// Its own end would be STATEMENT_TIMEOUT.
	if count(s.Sidecar, "CLIENT_CANCELED") != 1 {
		t.Errorf("the sidecar says %s", s.Sidecar.Output())
	}
	unreadable(t, a, run, 8)
}

// TestEngineSurvivesKilledWorkers: a preview whose worker is killed is answered by
// another one.
func TestEngineSurvivesKilledWorkers(t *testing.T) {
	s := startStack(t, stack.Options{}, 0)
	a := connectTo(t, s)
	workers := map[string]*stack.Worker{}
	for _, name := range []string{"one", "two"} {
		w, err := s.StartWorker(t.Context(), "OP_TEMPORAL_IDENTITY="+name)
		if err != nil {
			t.Fatal(err)
		}
		workers[name] = w
	}
	release := lock(t, s)
	run, end := a.background(t.Context(), t, ask("select count(*) from locked"))
	awaitBackends(t, s, 1)
	first := runningOn(t, a, run)
	if workers[first] == nil {
		t.Fatalf("it runs on %q", first)
	}
	workers[first].Kill()
	awaitBackends(t, s, 0) // the sidecar ends the query whose caller has gone
	release()
	response, err := end()
	if err != nil || response.GetRows()[0].GetCells()[0].GetText() != "0" {
		t.Errorf("%v %v", response, err)
	}
	var took []string
	for _, event := range history(t, a, run) {
		if started := event.GetActivityTaskStartedEventAttributes(); started != nil {
			took = append(took, started.GetIdentity())
		}
	}
	if len(took) != 1 || took[0] == first || workers[took[0]] == nil {
		t.Errorf("it began on %s and ended on %v", first, took)
	}
}

// TestEngineDrains: a worker that is told to stop answers what it has begun, hands
// on what it has not, and ends with status 0.
func TestEngineDrains(t *testing.T) {
	s := startStack(t, stack.Options{}, 0)
	a := connectTo(t, s)
	old, err := s.StartWorker(t.Context(), "OP_TEMPORAL_IDENTITY=old")
	if err != nil {
		t.Fatal(err)
	}
	release := lock(t, s)
	run, end := a.background(t.Context(), t, ask("select count(*) from locked"))
	awaitBackends(t, s, 1)
	old.Signal(syscall.SIGTERM)
	release()
	if _, err := end(); err != nil {
		t.Errorf("what was begun is not answered: %v: %s", err, old.Output())
	}
	if err := old.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if from := identities(t, a, run); !slices.Equal(from, []string{"old"}) {
		t.Errorf("it was answered by %q", from)
	}
	// What comes after is the next one's.
	if _, err := s.StartWorker(t.Context(), "OP_TEMPORAL_IDENTITY=new"); err != nil {
		t.Fatal(err)
	}
	run, _, err = preview(t, a, ask("select 1"))
	if err != nil {
		t.Fatal(err)
	}
	if from := identities(t, a, run); !slices.Equal(from, []string{"new"}) {
		t.Errorf("it was answered by %q", from)
	}
}

// TestEngineSurvivesTheServersRestart: previews that run, and those that wait, are
// answered after Temporal's server was killed and has come back with its state.
func TestEngineSurvivesTheServersRestart(t *testing.T) {
	s := startStack(t, stack.Options{Durable: true}, 2)
	a := connectTo(t, s)
	release := lock(t, s)
	var ends []func() error
	for i := range 12 { // more than the sessions, so that some wait
		query := "select count(*) from locked"
		if i%2 == 0 {
			query = "select count(*) from birds"
		}
		_, end := a.background(t.Context(), t, ask(query))
		ends = append(ends, func() error { _, err := end(); return err })
	}
	if err := s.Temporal.Kill(); err != nil {
		t.Fatal(err)
	}
	release()
	if err := s.Temporal.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, end := range ends {
		if err := end(); err != nil {
			t.Errorf("preview %d: %v", i, err)
		}
	}
	awaitBackends(t, s, 0)
}

// TestEngineSaysThatTheAgentIsOffline: nobody polls the queue.
func TestEngineSaysThatTheAgentIsOffline(t *testing.T) {
	s := startStack(t, stack.Options{}, 0)
	a := connectTo(t, s)
	run, _, err := preview(t, a, ask("select 1"))
	if reasonOf(err) != string(worker.AgentOffline) {
		t.Errorf("%v", err)
	}
	// Nothing is left that a worker would begin long after.
	if status := describe(t, a, run.WorkflowID); status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		t.Error("the workflow goes on")
	}
}

// TestEngineWithoutTheSidecar: the worker tries again until the sidecar is back, and
// says so when it is not.
func TestEngineWithoutTheSidecar(t *testing.T) {
	s := startStack(t, stack.Options{}, 1)
	a := connectTo(t, s)
	s.Sidecar.Kill()
	_, _, err := preview(t, a, ask("select 1"))
	if reasonOf(err) != "UNAVAILABLE" {
		t.Errorf("%v", err)
	}
	if err := s.StartSidecar(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := preview(t, a, ask("select 1")); err != nil {
		t.Errorf("%v", err)
	}
}

// lock keeps previews of the table locked waiting until they are released.
func lock(t *testing.T, s *stack.Stack) (release func()) {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "begin; lock table locked").ReadAll(); err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { conn.Close(context.Background()) })
	t.Cleanup(release)
	return release
}

// runningOn is the identity of the worker that a preview runs on.
func runningOn(t *testing.T, a asker, run worker.Run) string {
	t.Helper()
	about, err := a.raw.DescribeWorkflowExecution(t.Context(), run.WorkflowID, run.RunID)
	if err != nil {
		t.Fatal(err)
	}
	for _, pending := range about.GetPendingActivities() {
		return pending.GetLastWorkerIdentity()
	}
	return ""
}

// identities are the workers that answered a preview.
func identities(t *testing.T, a asker, run worker.Run) (names []string) {
	t.Helper()
	for _, event := range history(t, a, run) {
		if completed := event.GetActivityTaskCompletedEventAttributes(); completed != nil {
			names = append(names, completed.GetIdentity())
		}
	}
	return names
}

func awaitStatus(t *testing.T, a asker, run worker.Run, want enumspb.WorkflowExecutionStatus) {
	t.Helper()
	var last enumspb.WorkflowExecutionStatus
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if last = describe(t, a, run.WorkflowID); last == want {
			return
		}
	}
	t.Errorf("the workflow is %v, not %v", last, want)
}
