package run_test

import (
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run"
)

// TestPoolerThatNamesAServerProcess: a pooler whose login names the process of
// one server session, and whose pipelines then land on others. Sessions keep no
// settings there, and no answer is used that came without them.
func TestPoolerThatNamesAServerProcess(t *testing.T) {
	t.Parallel()
	processes := []string{"1", "1", "2", "2", "1", "3"}
	server := &obedient{process: func(pipeline int) string { return processes[min(pipeline, len(processes)-1)] }}
	to := startFake(t, server.serve)
	pools := newPools(t, run.Limits{})
	for i := range 5 {
		rows, err := rowsOf(pools.Internal(t.Context(), to, "select 1", 3*time.Second))
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		pipelines := server.pipelines()
		last := pipelines[len(pipelines)-1]
		if !strings.Contains(last, "'standard_conforming_strings', 'on', true") && rows[0][0] != "1" {
			t.Errorf("%d: an answer of process %s was used that came without settings", i, rows[0][0])
		}
	}
	// The first is full; the second too, and keeps the settings; the third is
	// answered by another process and made again in full, as all after it.
	for i, sent := range server.pipelines() {
		local, session := strings.Contains(sent, "'standard_conforming_strings', 'on', true"), strings.Contains(sent, "'standard_conforming_strings', 'on', false")
		if local != (i != 2) || session != (i == 1) {
			t.Errorf("pipeline %d pins settings for the transaction: %v, for the session: %v", i, local, session)
		}
	}
}

// TestLostSessionEnds: when the network is gone for good, the server is told
// beforehand when to give a session up.
func TestLostSessionEnds(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	if majorOf(t, to.DSN) < 14 {
		t.Skip("PostgreSQL 13 has no idle_session_timeout")
	}
	network := newLink(t)
	to.Dial = network.dial
	pools := newPools(t, run.Limits{IdleTimeout: 2 * time.Second})
	w := watch(t, to.DSN)
	mustRun(t, pools, to, "select 1")
	mustRun(t, pools, to, "select 1")
	network.oldCut.Store(true)
	network.newCut.Store(true)
	lost := time.Now()
	_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 1", Timeout: time.Second})
	if e := asError(t, err); e.StoppedBy != run.StoppedByClock {
		t.Errorf("stopped by %q", e.StoppedBy)
	}
	w.until(0, present)
	t.Logf("a session whose network is gone ends after %d ms", time.Since(lost).Milliseconds())
}
