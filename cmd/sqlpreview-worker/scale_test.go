package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/cmd/sqlpreview-worker/internal/stack"
	sidecar "github.com/op-data/sqlpreview/preview/client"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

var (
	scale  = flag.Bool("scale", false, "measure how previews over Temporal scale (make bench-worker)")
	rounds = flag.Int("scale-previews", 300, "how many previews a figure of -scale is taken of")
)

// scaleQuery is a common preview: a hundred rows of two columns.
const scaleQuery = "select id, name from birds order by id"

// TestScale prints, for 1, 2 and 4 workers on one queue: what one caller waits over
// Temporal and, in turn with it, of the sidecar alone; how many previews a second 32
// callers get; and what it costs. It asserts that all are answered, and no time.
func TestScale(t *testing.T) {
	if !*scale {
		t.Skip("it measures: make bench-worker runs it")
	}
	t.Logf("load average before: %s", loadAverage())
	for _, workers := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) { measure(t, workers) })
	}
	t.Logf("load average after: %s", loadAverage())
}

func measure(t *testing.T, workers int) {
	// The sidecar has the sessions of them all, so that it is not what is measured.
	s := startStack(t, stack.Options{SidecarSettings: []string{"OP_PREVIEW_SESSIONS=" + strconv.Itoa(4*workers)}}, workers)
	a := connectTo(t, s)
	direct, err := sidecar.New(sidecar.Config{Target: s.SidecarAddress()})
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close()
	alone := func() {
		if _, err := direct.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{ConnectionId: "default", Sql: scaleQuery}); err != nil {
			t.Fatal(err)
		}
	}
	var last string
	over := func() {
		run, _, err := preview(t, a, ask(scaleQuery))
		if err != nil {
			t.Fatal(err)
		}
		last = run.WorkflowID
	}
	for range 20 {
		alone()
		over()
	}
	var aloneTimes, overTimes []time.Duration
	for range *rounds {
		aloneTimes = append(aloneTimes, timed(alone))
		overTimes = append(overTimes, timed(over))
		if overTimes[len(overTimes)-1] > time.Second {
			t.Logf("SLOW %v", overTimes[len(overTimes)-1])
			printGaps(t, a, last)
		}
	}
	about, err := a.raw.DescribeWorkflowExecution(t.Context(), last, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("one caller: sidecar alone p50 %v p99 %v; over Temporal p50 %v p99 %v",
		quantile(aloneTimes, 50), quantile(aloneTimes, 99), quantile(overTimes, 50), quantile(overTimes, 99))
	t.Logf("history: %d events, %d bytes", about.GetWorkflowExecutionInfo().GetHistoryLength(), about.GetWorkflowExecutionInfo().GetHistorySizeBytes())

	const callers = 32
	total := 4 * *rounds
	parts := map[string][]int{"server": {s.Temporal.PID()}, "sidecar": {s.Sidecar.PID()}, "callers": {os.Getpid()}}
	for _, w := range s.Workers() {
		parts["workers"] = append(parts["workers"], w.PID())
	}
	before := map[string]time.Duration{}
	for name, pids := range parts {
		before[name] = processorTime(t, pids)
	}
	var left atomic.Int64
	left.Store(int64(total))
	var mu sync.Mutex
	var times []time.Duration
	var wg sync.WaitGroup
	began := time.Now()
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				start := time.Now()
				if _, err := a.Preview(context.WithoutCancel(t.Context()), ask(scaleQuery), nil); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				times = append(times, time.Since(start))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	t.Logf("%d callers: %.0f previews a second, p50 %v p99 %v", callers, float64(total)/took.Seconds(), quantile(times, 50), quantile(times, 99))
	var costs []string
	for name, pids := range parts {
		costs = append(costs, fmt.Sprintf("%s %.1f ms", name, float64((processorTime(t, pids)-before[name]).Microseconds())/1000/float64(total)))
	}
	slices.Sort(costs)
	t.Logf("processor time a preview: %s", strings.Join(costs, ", "))
	for _, w := range s.Workers() {
		t.Logf("a worker: %s", memory(t, w.PID()))
	}
	t.Logf("Temporal's server: %s", memory(t, s.Temporal.PID()))
	printGaps(t, a, last)
}

// printGaps prints when each event of a workflow came after its start.
func printGaps(t *testing.T, a asker, id string) {
	t.Helper()
	var line []string
	var start time.Time
	iterator := a.raw.GetWorkflowHistory(t.Context(), id, "", false, 1)
	for iterator.HasNext() {
		event, err := iterator.Next()
		if err != nil {
			t.Fatal(err)
		}
		if start.IsZero() {
			start = event.GetEventTime().AsTime()
		}
		line = append(line, fmt.Sprintf("%s %.1f", event.GetEventType(), float64(event.GetEventTime().AsTime().Sub(start).Microseconds())/1000))
	}
	t.Logf("events, in ms after the start: %s", strings.Join(line, ", "))
}

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func quantile(times []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)].Round(10 * time.Microsecond)
}

// processorTime is what processes have used so far: Linux alone tells it this way.
func processorTime(t *testing.T, pids []int) (sum time.Duration) {
	t.Helper()
	const tick = 10 * time.Millisecond // USER_HZ is 100
	for _, pid := range pids {
		content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil {
			t.Skipf("this system has no /proc: %v", err)
		}
		// The name, in parentheses, may hold spaces. Fields 14 and 15 are user and system.
		fields := strings.Fields(string(content[strings.LastIndexByte(string(content), ')')+1:]))
		for _, field := range fields[11:13] {
			ticks, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			sum += time.Duration(ticks) * tick
		}
	}
	return sum
}

// memory is what a process has resident now and had at most.
func memory(t *testing.T, pid int) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		t.Skipf("this system has no /proc: %v", err)
	}
	found := map[string]int{}
	for line := range strings.Lines(string(content)) {
		name, value, _ := strings.Cut(line, ":")
		kilobytes, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		found[name] = kilobytes
	}
	return fmt.Sprintf("%d MiB resident, %d at most", found["VmRSS"]>>10, found["VmHWM"]>>10)
}

func loadAverage() string {
	content, _ := os.ReadFile("/proc/loadavg")
	return strings.TrimSpace(string(content))
}
