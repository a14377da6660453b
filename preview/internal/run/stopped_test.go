package run_test

import (
	"context"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestAdminCancels: the database's administrator, with the two functions.
func TestAdminCancels(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		function string
		want     reason.Reason
		by       run.Stopper
	}{
		{"pg_cancel_backend", reason.AdminCanceled, run.StoppedByAdmin},
		{"pg_terminate_backend", reason.DatabaseUnavailable, ""},
	} {
		t.Run(test.function, func(t *testing.T) {
			t.Parallel()
			to := target(t, "")
			pools := newPools(t, run.Limits{})
			w := watch(t, to.DSN)
			asked := make(chan struct{})
			go func() {
				defer close(asked)
				w.until(1, running)
				w.conn.Exec(context.Background(), "select "+test.function+"(pid) from pg_stat_activity where application_name = 'sqlpreview' and datname = current_database()").ReadAll() // seen below
			}()
			_, err := pools.Run(t.Context(), to, run.Query{SQL: longQuery})
			if e := asError(t, err); e.Reason != test.want || e.StoppedBy != test.by {
				t.Errorf("the answer is %s, stopped by %q", e.Reason, e.StoppedBy)
			}
			<-asked
			mustRun(t, pools, to, "select 1")
		})
	}
}

// TestCancelledSessionIsNotUsedAgain: a cancel request may arrive late, and
// must not hit the next query.
func TestCancelledSessionIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := newPools(t, run.Limits{Sessions: 2})
	for i := range 60 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(i%12)*200*time.Microsecond, cancel)
		_, err := pools.Run(ctx, to, run.Query{SQL: "select pg_sleep(0.001)"})
		cancel()
		if err != nil {
			if e := asError(t, err); e.Reason != reason.ClientCanceled && e.Reason != reason.ConcurrencyLimit {
				t.Fatalf("cancelled: %v", e)
			}
		}
		_, err = pools.Run(t.Context(), to, run.Query{SQL: "select pg_sleep(0.002)"})
		if err != nil {
			t.Fatalf("the query after a cancelled one: %v", err)
		}
	}
}

func TestContextDeadlineIsATimeLimit(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := newPools(t, run.Limits{})
	var ctx context.Context
	for attempt := 1; ; attempt++ {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := pools.Run(ctx, to, run.Query{SQL: longQuery})
		e := asError(t, err)
		if e.Reason != reason.StatementTimeout {
			t.Fatalf("the answer is %s", e.Reason)
		}
		if e.StoppedBy == run.StoppedByServer {
			break
		}
		// Ours wins where this process did not get to run for as long as the grace.
		if attempt == 5 {
			t.Fatalf("five times stopped by %q, want the server's clock", e.StoppedBy)
		}
	}
	_, err := pools.Run(ctx, to, run.Query{SQL: "select 1"})
	if e := asError(t, err); e.Reason != reason.StatementTimeout {
		t.Errorf("after the deadline: %s", e.Reason)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = pools.Run(cancelled, to, run.Query{SQL: "select 1"})
	if e := asError(t, err); e.Reason != reason.ClientCanceled {
		t.Errorf("after a cancel: %s", e.Reason)
	}
}
