package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/op-data/sqlpreview/cmd/sqlpreview-worker/internal/stack"
	"github.com/op-data/sqlpreview/preview/worker"
)

var kills = flag.Int("scale-kills", 1000, "how many previews TestScaleKills runs")

// killQueries are short, long, refused and failing previews. The long ones are longer
// than the time between two kills.
var killQueries = []string{
	scaleQuery, scaleQuery, scaleQuery,
	"select count(*) from generate_series(1, 3000000) a",
	"select pg_sleep(1)",
	"select no_such_column from birds",
	slowQuery,
}

// TestScaleKills runs previews, cancels some at random, and meanwhile kills workers at
// random and restarts Temporal's server twice. Every workflow must end once, with an
// answer or a reason, and leave no query in the database.
func TestScaleKills(t *testing.T) {
	if !*scale {
		t.Skip("it takes minutes: make bench-worker runs it")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d, load average %s", seed, loadAverage())
	random := rand.New(rand.NewPCG(seed, 0))
	const workers, callers = 3, 24
	s := startStack(t, stack.Options{Durable: true, SidecarSettings: []string{"OP_PREVIEW_SESSIONS=12"}}, workers)
	a := connectTo(t, s)

	ctx, done := context.WithCancel(t.Context())
	var destroyers sync.WaitGroup
	killed, restarts := 0, 0
	destroyers.Go(func() { killed = killWorkers(ctx, t, s, rand.New(rand.NewPCG(seed, 1))) })
	var ended atomic.Int64
	destroyers.Go(func() { restarts = restartServer(ctx, t, s, &ended, *kills) })

	type plan struct {
		sql    string
		cancel time.Duration // 0: never
	}
	plans := make(chan plan, *kills)
	for range *kills {
		p := plan{sql: killQueries[random.IntN(len(killQueries))]}
		if p.sql == slowQuery || random.IntN(5) == 0 {
			p.cancel = time.Duration(1 + random.IntN(int(2*time.Second)))
		}
		plans <- p
	}
	close(plans)
	var mu sync.Mutex
	outcomes, runs := map[string]int{}, map[string]worker.Run{}
	var unstarted int
	began := time.Now()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for p := range plans {
				var outcome string
				calling, cancel := context.WithCancel(context.Background())
				if p.cancel > 0 {
					time.AfterFunc(p.cancel, cancel)
				}
				started := false
				_, err := a.Preview(calling, ask(p.sql), func(run worker.Run) {
					mu.Lock()
					defer mu.Unlock()
					started, runs[run.WorkflowID] = true, run
				})
				cancel()
				switch outcome = reasonOf(err); {
				case err == nil:
					outcome = "answered"
				case errors.Is(err, context.Canceled):
					outcome = "cancelled by the caller"
				case errors.Is(err, worker.ErrUnavailable):
					outcome = "Temporal did not answer the caller"
				}
				mu.Lock()
				outcomes[outcome]++
				if !started {
					unstarted++
				}
				mu.Unlock()
				ended.Add(1)
			}
		})
	}
	wg.Wait()
	done()
	destroyers.Wait()
	took := time.Since(began).Round(time.Second)

	// The callers' view is told; Temporal's own is checked, workflow by workflow.
	statuses := map[enumspb.WorkflowExecutionStatus]int{}
	for id, run := range runs {
		awaitEnd(t, a, id)
		statuses[describe(t, a, id)]++
		checkEndedOnce(t, a, run)
	}
	awaitBackends(t, s, 0)
	open, err := a.raw.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running'"})
	if err != nil {
		t.Fatal(err)
	}
	if open.GetCount() != 0 {
		t.Errorf("%d workflows go on", open.GetCount())
	}
	t.Logf("%d previews in %v by %d workers and %d callers; workers killed %d times, the server %d; %d were not started",
		*kills, took, workers, callers, killed, restarts, unstarted)
	t.Logf("what the callers heard: %s", tally(outcomes))
	t.Logf("how the workflows ended: %s", tally(statuses))
	t.Logf("load average after: %s", loadAverage())
	for outcome := range outcomes {
		if strings.Contains(outcome, " ") && outcome != "cancelled by the caller" && outcome != "Temporal did not answer the caller" {
			t.Errorf("an end without a reason: %s", outcome)
		}
	}
	if killed == 0 || restarts == 0 {
		t.Error("nothing was killed")
	}
}

// killWorkers kills a random worker every 1 to 4 seconds, and starts another one.
func killWorkers(ctx context.Context, t *testing.T, s *stack.Stack, random *rand.Rand) (killed int) {
	alive := s.Workers()
	for {
		select {
		case <-ctx.Done():
			return killed
		case <-time.After(time.Second + time.Duration(random.IntN(int(3*time.Second)))):
		}
		i := random.IntN(len(alive))
		alive[i].Kill()
		killed++
		next, err := s.LaunchWorker()
		if err != nil {
			t.Error(err)
			return killed
		}
		alive[i] = next
	}
}

// restartServer kills Temporal's server when a third of the previews have ended, and
// stops it in good order when two thirds have, and starts it again at once.
func restartServer(ctx context.Context, t *testing.T, s *stack.Stack, ended *atomic.Int64, total int) (restarts int) {
	for i, end := range []func() error{s.Temporal.Kill, s.Temporal.Stop} {
		for ended.Load() < int64(total*(i+1)/3) {
			select {
			case <-ctx.Done():
				return restarts
			case <-time.After(20 * time.Millisecond):
			}
		}
		if err := end(); err != nil {
			t.Error(err)
		}
		if err := s.Temporal.Restart(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
			return restarts
		}
		restarts++
	}
	return restarts
}

// awaitEnd waits until a workflow has ended: its own timeout bounds that.
func awaitEnd(t *testing.T, a asker, id string) {
	t.Helper()
	for deadline := time.Now().Add(2 * worker.ExecutionTimeout); describe(t, a, id) == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s goes on", id)
		}
	}
}

// checkEndedOnce: a history ends with the one event that ends a workflow, and a
// failure in it carries a reason.
func checkEndedOnce(t *testing.T, a asker, run worker.Run) {
	t.Helper()
	events := history(t, a, run)
	ends := 0
	for _, event := range events {
		switch event.GetEventType() { //nolint:exhaustive // those that end one
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
			enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
			ends++
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
			ends++
			failure := event.GetWorkflowExecutionFailedEventAttributes().GetFailure()
			if len(failure.GetApplicationFailureInfo().GetDetails().GetPayloads()) != 1 {
				t.Errorf("%s failed without a reason: %v", run.WorkflowID, failure)
			}
		}
	}
	if ends != 1 {
		t.Errorf("%s ended %d times", run.WorkflowID, ends)
	}
}

// tally prints counts, the largest first.
func tally[K comparable](counts map[K]int) string {
	keys := slices.SortedFunc(maps.Keys(counts), func(x, y K) int { return counts[y] - counts[x] })
	var parts []string
	for _, key := range keys {
		parts = append(parts, fmt.Sprintf("%v %d", key, counts[key]))
	}
	return strings.Join(parts, ", ")
}
