package run_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// link is a network between a client and a server that can fail silently:
// bytes stop, connections stay.
type link struct {
	oldCut, newCut atomic.Bool // drop what open and what new connections send
	wait           sync.WaitGroup
	mu             sync.Mutex
	conns          []net.Conn
}

func newLink(t testing.TB) *link {
	l := &link{}
	t.Cleanup(func() {
		l.mu.Lock()
		for _, conn := range l.conns {
			conn.Close() // a test's
		}
		l.mu.Unlock()
		l.wait.Wait()
	})
	return l
}

func (l *link) dial(ctx context.Context, network, address string) (net.Conn, error) {
	server, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	near, far := socketPair()
	l.mu.Lock()
	l.conns = append(l.conns, server, far)
	l.mu.Unlock()
	cut := &l.oldCut
	if l.oldCut.Load() || l.newCut.Load() {
		cut = &l.newCut
	}
	forward := func(to, from net.Conn) {
		buffer := make([]byte, 64<<10)
		for {
			n, err := from.Read(buffer)
			if cut.Load() {
				// Read on and pass nothing on, not even the end.
				io.Copy(io.Discard, from) // a test's
				return
			}
			if n > 0 {
				if _, err := to.Write(buffer[:n]); err != nil {
					return
				}
			}
			if err != nil {
				to.(interface{ CloseWrite() error }).CloseWrite() // a test's
				return
			}
		}
	}
	l.wait.Go(func() { forward(server, far) })
	l.wait.Go(func() { forward(far, server) })
	return seeming{near.(*net.TCPConn), server.RemoteAddr()}, nil
}

// watcher looks at a database's sessions over a connection of its own.
type watcher struct {
	t    testing.TB
	conn *pgconn.PgConn
}

func watch(t testing.TB, dsn string) watcher {
	t.Helper()
	conn, err := pgconn.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) }) // only read from
	return watcher{t, conn}
}

// sessions counts ours in a state, or in any.
func (w watcher) sessions(condition string) int {
	w.t.Helper()
	results, err := w.conn.Exec(context.Background(), "select count(*) from pg_stat_activity where application_name = 'sqlpreview' and datname = current_database() and "+condition).ReadAll()
	if err != nil {
		w.t.Fatal(err)
	}
	n, err := strconv.Atoi(string(results[0].Rows[0][0]))
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

const (
	running = "state = 'active'"
	present = "true"
)

// until waits for a number of sessions and returns how long it took.
func (w watcher) until(n int, condition string) time.Duration {
	w.t.Helper()
	start := time.Now()
	for w.sessions(condition) != n {
		if time.Since(start) > 100*time.Second {
			w.t.Fatalf("100 s later %d sessions have %s, want %d", w.sessions(condition), condition, n)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(start)
}

const longQuery = "select pg_sleep(9.5)"

// TestCancelled is the table of causes: who gets what answer when, and when
// the database is rid of the query. Each query would run for 9.5 s by itself.
func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		sql     string
		timeout time.Duration
		cancel  bool // the caller cancels when the query runs
		oldCut  bool // the network drops what is open
		newCut  bool // the network drops what is new
		want    reason.Reason
		by      run.Stopper
		stays   bool // the session stays, idle, since the server cannot learn that we are gone
	}{
		{name: "the caller cancels", sql: longQuery, timeout: 9 * time.Second, cancel: true, want: reason.ClientCanceled, by: run.StoppedByCaller},
		{
			name: "the caller cancels a busy server", sql: "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b",
			timeout: 9 * time.Second, cancel: true, want: reason.ClientCanceled, by: run.StoppedByCaller,
		},
		{name: "the time limit passes", sql: longQuery, timeout: time.Second, want: reason.StatementTimeout, by: run.StoppedByServer, stays: true},
		{
			name: "the caller cancels and the connection has dropped silently", sql: longQuery, timeout: 9 * time.Second,
			cancel: true, oldCut: true, want: reason.ClientCanceled, by: run.StoppedByCaller, stays: true,
		},
		{
			name: "the caller cancels and the cancel request gets lost", sql: longQuery, timeout: 9 * time.Second,
			cancel: true, newCut: true, want: reason.ClientCanceled, by: run.StoppedByCaller,
		},
		{
			name: "the time limit passes and the whole network has dropped silently", sql: longQuery, timeout: 4 * time.Second,
			oldCut: true, newCut: true, want: reason.StatementTimeout, by: run.StoppedByClock, stays: true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			to := target(t, "")
			network := newLink(t)
			to.Dial = network.dial
			pools := newPools(t, run.Limits{})
			w := watch(t, to.DSN)

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			start := time.Now()
			ended := make(chan error, 1)
			go func() {
				_, err := pools.Run(ctx, to, run.Query{SQL: test.sql, Timeout: test.timeout})
				ended <- err
			}()
			w.until(1, running)
			network.oldCut.Store(test.oldCut)
			network.newCut.Store(test.newCut)
			since := start.Add(test.timeout)
			if test.cancel {
				since = time.Now()
				cancel()
			}
			err := <-ended
			answered := time.Now()
			e := asError(t, err)
			// Our own clock wins over the server's where this process did not get to run for as long as the grace.
			starved := test.by == run.StoppedByServer && e.StoppedBy == run.StoppedByClock
			if e.Reason != test.want || e.StoppedBy != test.by && !starved {
				t.Errorf("the answer is %s, stopped by %q, want %s, %q", e.Reason, e.StoppedBy, test.want, test.by)
			}
			w.until(0, running)
			gone := time.Now()
			if !test.stays {
				w.until(0, present)
			}
			t.Logf("answered %d ms after the cause; the query is gone after %d ms, the session after %d ms (stays idle: %v)",
				answered.Sub(since).Milliseconds(), gone.Sub(since).Milliseconds(), time.Since(since).Milliseconds(), test.stays)
			if gone.Sub(start) > 9*time.Second && (!test.newCut || majorOf(t, to.DSN) >= 14) { // 13 does not look for its client while it runs
				t.Error("the query ran to its own end")
			}
		})
	}
}

// TestUninterruptible uses a call that PostgreSQL cannot interrupt. Its place
// in the pool stays taken until the server is done with it.
func TestUninterruptible(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := newPools(t, run.Limits{Sessions: 1, QueueWait: time.Millisecond})
	w := watch(t, to.DSN)
	var start time.Time
	for size := 100000000; ; size *= 2 {
		start = time.Now()
		_, err := pools.Run(t.Context(), to, run.Query{SQL: fmt.Sprintf("select array_length(array_fill(0, array[%d]), 1)", size), Timeout: 200 * time.Millisecond})
		e := asError(t, err)
		t.Logf("%d elements: answered after %d ms: %s", size, time.Since(start).Milliseconds(), e.Message)
		if e.Reason != reason.StatementTimeout {
			t.Fatalf("the reason is %s", e.Reason)
		}
		if e.StoppedBy == run.StoppedByClock {
			break
		}
		if size > 200000000 {
			t.Skip("this machine fills the largest array within the grace")
		}
	}
	if w.sessions(running) > 0 {
		_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 1"})
		if e := asError(t, err); e.Reason != reason.ConcurrencyLimit && w.sessions(running) > 0 {
			t.Errorf("while the query still runs another is answered %s, want CONCURRENCY_LIMIT", e.Reason)
		}
	}
	w.until(0, present)
	t.Logf("the session is gone after %d ms", time.Since(start).Milliseconds())
	for deadline := time.Now().Add(20 * time.Second); ; {
		_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 1"})
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the place does not become free: %v", err)
		}
	}
}

// TestFrozenServer stops a backend's process in the middle of a query.
func TestFrozenServer(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	to := run.Target{ID: "frozen", DSN: server.DSN()}
	pools := newPools(t, run.Limits{})
	w := watch(t, to.DSN)
	ended := make(chan error, 1)
	start := time.Now()
	go func() {
		_, err := pools.Run(t.Context(), to, run.Query{SQL: longQuery, Timeout: 4 * time.Second})
		ended <- err
	}()
	w.until(1, running)
	results, err := w.conn.Exec(t.Context(), "select pid from pg_stat_activity where application_name = 'sqlpreview'").ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(results[0].Rows[0][0]))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	err = <-ended
	t.Logf("answered after %d ms", time.Since(start).Milliseconds())
	if e := asError(t, err); e.Reason != reason.StatementTimeout || e.StoppedBy != run.StoppedByClock {
		t.Errorf("the answer is %s, stopped by %q", e.Reason, e.StoppedBy)
	}
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	t.Logf("the session is gone %d ms after the thaw", w.until(0, present).Milliseconds())

	// Now the first process, which takes connections and cancel requests.
	if err := syscall.Kill(server.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	start = time.Now()
	_, err = pools.Run(t.Context(), to, run.Query{SQL: "select 1", Timeout: time.Second})
	t.Logf("a connection that is not answered: answered after %d ms", time.Since(start).Milliseconds())
	if e := asError(t, err); e.Reason != reason.DatabaseUnavailable {
		t.Errorf("the reason is %s", e.Reason)
	}
	if err := syscall.Kill(server.PID(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// TestKilledClient: no process is left to send a cancel request.
func TestKilledClient(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	w := watch(t, to.DSN)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "RUN_TEST_PLAY=run", "RUN_TEST_DSN="+to.DSN)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.until(1, running)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() // killed
	gone := w.until(0, present)
	t.Logf("the session is gone after %d ms", gone.Milliseconds())
	if gone > 8*time.Second && majorOf(t, to.DSN) >= 14 { // 13 does not look for its client while it runs
		t.Error("the query ran to its own end")
	}
}

func init() {
	plays["run"] = func() {
		_, err := run.NewPools(run.Limits{}).Run(context.Background(), run.Target{DSN: os.Getenv("RUN_TEST_DSN")}, run.Query{SQL: longQuery})
		fmt.Println(err)
	}
}
