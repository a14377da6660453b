package run_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestLoad has 200 callers make 10,000 requests, of which many fail, time out
// or are cancelled, while the server is restarted under them.
func TestLoad(t *testing.T) {
	const callers, requests, restarts = 200, 10000, 3
	server := pgtest.Start(t, pgtest.Options{Own: true})
	to := run.Target{ID: "load", DSN: server.DSN()}
	admin(t, to.DSN, shop)
	goroutines, files := runtime.NumGoroutine(), openFiles(t)

	pools := run.NewPools(run.Limits{Sessions: 8, Queue: callers, QueueWait: 5 * time.Second})
	var left, peakGoroutines atomic.Int64
	left.Store(requests)
	var mu sync.Mutex
	outcomes := map[reason.Reason]int{}
	var callersDone sync.WaitGroup
	start := time.Now()
	for range callers {
		callersDone.Go(func() {
			for left.Add(-1) >= 0 {
				outcome := oneRequest(t, pools, to)
				peakGoroutines.Store(max(peakGoroutines.Load(), int64(runtime.NumGoroutine())))
				mu.Lock()
				outcomes[outcome]++
				mu.Unlock()
			}
		})
	}
	for i := range restarts {
		for left.Load() > int64(requests*(restarts-i)/(restarts+1)) {
			time.Sleep(time.Millisecond)
		}
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
		if err := server.Start(context.Background()); err != nil {
			t.Error(err)
		}
	}
	callersDone.Wait()
	took := time.Since(start)
	mustRun(t, pools, to, "select 1")
	w := watch(t, to.DSN)
	if n := w.sessions(present); n > 8 {
		t.Errorf("%d sessions, want 8 at most", n)
	}
	pools.Close()

	answered := 0
	for outcome, n := range outcomes {
		answered += n
		switch outcome {
		case "rows", reason.ClientCanceled, reason.StatementTimeout, reason.UndefinedObject, reason.DataException,
			reason.ConcurrencyLimit, reason.DatabaseUnavailable:
		default:
			t.Errorf("%d requests were answered %s", n, outcome)
		}
	}
	if answered != requests {
		t.Errorf("%d of %d requests were answered", answered, requests)
	}
	w.until(0, present)
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	t.Logf("%d requests from %d callers in %d ms with %d restarts: %v; at most %d goroutines; %d KiB of heap at the end",
		requests, callers, took.Milliseconds(), restarts, outcomes, peakGoroutines.Load(), memory.HeapAlloc>>10)
	if memory.HeapAlloc > 32<<20 {
		t.Errorf("%d bytes of heap are in use at the end", memory.HeapAlloc)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		g, f := runtime.NumGoroutine(), openFiles(t)
		if g <= goroutines && f <= files+1 { // the watcher's
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines and %d files are left, there were %d and %d", g, f, goroutines, files)
		}
	}
}

func oneRequest(t *testing.T, pools *run.Pools, to run.Target) reason.Reason {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	query := run.Query{SQL: wrapped("select * from orders")}
	switch rand.IntN(20) {
	case 0, 1:
		query.SQL = "select pg_sleep(5)"
		timer := time.AfterFunc(time.Duration(rand.IntN(20000))*time.Microsecond, cancel)
		defer timer.Stop()
	case 2, 3:
		timer := time.AfterFunc(time.Duration(rand.IntN(2000))*time.Microsecond, cancel)
		defer timer.Stop()
	case 4:
		query.SQL, query.Timeout = "select pg_sleep(5)", 50*time.Millisecond
	case 5:
		query.SQL = "select nope from orders"
	case 6:
		query.SQL = "select 1 / (id - 1) from orders"
	}
	result, err := pools.Run(ctx, to, query)
	var e *run.Error
	switch {
	case errors.As(err, &e):
		if e.Reason == reason.DatabaseUnavailable {
			time.Sleep(50 * time.Millisecond) // as a caller would, or the requests are over before the server is back
		}
		return e.Reason
	case err != nil:
		t.Error(err)
		return reason.Internal
	case strings.HasPrefix(query.SQL, "select * from (") && len(result.Rows) != 100:
		t.Errorf("%d rows", len(result.Rows))
	}
	return "rows"
}

func openFiles(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		if runtime.GOOS == "linux" {
			t.Fatal(err)
		}
		return 0
	}
	return len(entries)
}

func TestOverloadIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := newPools(t, run.Limits{Sessions: 2, Queue: 3, QueueWait: 30 * time.Second})
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for range 5 {
		wait.Go(func() { pools.Run(ctx, to, run.Query{SQL: longQuery}) }) // cancelled below
	}
	w := watch(t, to.DSN)
	w.until(2, running)
	for deadline := time.Now().Add(30 * time.Second); pools.States()[0].Waiting != 3; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the queue does not fill: %+v", pools.States())
		}
	}
	_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 1"})
	if e := asError(t, err); e.Reason != reason.ConcurrencyLimit || e.RetryAfter <= 0 || !strings.Contains(e.Message, "already") {
		t.Errorf("the answer is %s, retry after %v: %s", e.Reason, e.RetryAfter, e.Message)
	}
	// Another connection is not affected.
	other := to
	other.ID = "other"
	mustRun(t, pools, other, "select 1")
	cancel()
	wait.Wait()
}

// TestDeadDatabaseDelaysNoOther checks that previews of one database end while every
// session of another is still being opened.
func TestDeadDatabaseDelaysNoOther(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	const sessions = 4
	dialling, release := make(chan struct{}, 100), make(chan struct{})
	dead := run.Target{ID: "dead", DSN: "host=127.0.0.1 user=u sslmode=disable", Dial: func(context.Context, string, string) (net.Conn, error) {
		dialling <- struct{}{}
		<-release // not even the end of its context brings an answer
		return nil, errors.New("dead")
	}}
	pools := newPools(t, run.Limits{Sessions: sessions, Queue: 100})
	outcomes := make(chan error, 30)
	for range cap(outcomes) {
		go func() {
			_, err := pools.Run(t.Context(), dead, run.Query{SQL: "select 1"})
			outcomes <- err
		}()
	}
	for range sessions {
		<-dialling
	}
	for range 20 {
		mustRun(t, pools, to, "select 1")
	}
	close(release)
	for range cap(outcomes) {
		if e := asError(t, <-outcomes); e.Reason != reason.DatabaseUnavailable && e.Reason != reason.ConcurrencyLimit {
			t.Errorf("the answer of the dead database is %s", e.Reason)
		}
	}
}

func TestIdleSessionsAndPoolsAreClosed(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := newPools(t, run.Limits{IdleTimeout: 2 * time.Second, Connections: 2})
	w := watch(t, to.DSN)
	mustRun(t, pools, to, "select 1")
	if n := w.sessions(present); n != 1 {
		t.Errorf("%d sessions after a preview, want 1", n)
	}
	w.until(0, present)

	// More ids than may have sessions: the one unused for longest makes room.
	for i := range 5 {
		to.ID = fmt.Sprint(i)
		mustRun(t, pools, to, "select 1")
		if n := w.sessions(present); n > 2 {
			t.Errorf("%d sessions of %d ids, want 2 at most", n, i+1)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for _, id := range []string{"3", "4"} {
		wait.Go(func() {
			pools.Run(ctx, run.Target{ID: id, DSN: to.DSN}, run.Query{SQL: longQuery}) // cancelled below
		})
	}
	w.until(2, running)
	to.ID = "one too many"
	_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 1"})
	if e := asError(t, err); e.Reason != reason.ConcurrencyLimit || e.RetryAfter <= 0 {
		t.Errorf("the answer is %v", e)
	}
	cancel()
	wait.Wait()
}

func TestLifetime(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := newPools(t, run.Limits{Lifetime: time.Nanosecond})
	first := text(mustRun(t, pools, to, "select pg_backend_pid()"), 0, 0)
	if second := text(mustRun(t, pools, to, "select pg_backend_pid()"), 0, 0); second == first {
		t.Error("a session is used past its lifetime")
	}
}

func TestChangedDSN(t *testing.T) {
	t.Parallel()
	one, two := target(t, ""), target(t, "")
	pools := newPools(t, run.Limits{})
	w := watch(t, one.DSN)
	first := text(mustRun(t, pools, one, "select current_database()"), 0, 0)
	second := text(mustRun(t, pools, two, "select current_database()"), 0, 0)
	if first == second {
		t.Error("a changed connection string is not used")
	}
	w.until(0, present)
}

func TestClosedPools(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := run.NewPools(run.Limits{})
	w := watch(t, to.DSN)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := pools.Run(ctx, to, run.Query{SQL: longQuery})
		done <- err
	}()
	w.until(1, running)
	cancel()
	<-done
	pools.Close() // waits until the query has been cancelled in the database
	t.Logf("the query is gone %d ms after Close", w.until(0, running).Milliseconds())
	_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 1"})
	if e := asError(t, err); e.Reason != reason.DatabaseUnavailable {
		t.Errorf("the answer is %s", e.Reason)
	}
	pools.Close()
	w.until(0, present)
}

func TestRestartIsNotNoticed(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	to := run.Target{ID: "r", DSN: server.DSN()}
	pools := newPools(t, run.Limits{})
	for range 3 {
		mustRun(t, pools, to, "select 1")
		mustRun(t, pools, to, "select 1")
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
		_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 1"})
		if e := asError(t, err); e.Reason != reason.DatabaseUnavailable || e.RetryAfter <= 0 {
			t.Errorf("while the server is down the answer is %s", e.Reason)
		}
		if err := server.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		mustRun(t, pools, to, "select 1")
		// Nobody asks while it is down: the session in the pool is found dead.
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := server.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClosedConnectionIsNotNoticed(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	network := newLink(t)
	to.Dial = network.dial
	pools := newPools(t, run.Limits{})
	for range 3 {
		mustRun(t, pools, to, "select 1")
		network.mu.Lock()
		for _, conn := range network.conns {
			conn.Close() // a firewall's or a pooler's doing
		}
		network.mu.Unlock()
	}
	mustRun(t, pools, to, "select 1")
}
