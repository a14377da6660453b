package run_test

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview/internal/run"
)

// TestPoolerThatNamesAServerProcess: a pooler whose login names the process of
// one server session, and whose flights then land on others. Sessions keep no
// settings there, and no answer is used that came without them.
func TestPoolerThatNamesAServerProcess(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var flights []string // what was sent in each, and the process that answered
	processes := []string{"1", "1", "2", "2", "1", "3"}
	to := startFake(t, func(_ net.Conn, backend *pgproto3.Backend) {
		for {
			sent, syncs, ok := oneFlight(backend)
			if !ok {
				return
			}
			mu.Lock()
			process := processes[min(len(flights), len(processes)-1)]
			flights = append(flights, sent)
			mu.Unlock()
			if syncs == 3 { // settings for the session come first
				backend.Send(&pgproto3.ParseComplete{})
				backend.Send(&pgproto3.BindComplete{})
				backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
				backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
			}
			answerFlight(backend, sent, process)
			if backend.Flush() != nil {
				return
			}
		}
	})
	pools := newPools(t, run.Limits{})
	for i := range 5 {
		rows, err := pools.Internal(t.Context(), to, "select 1", 3*time.Second)
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		mu.Lock()
		last := flights[len(flights)-1]
		mu.Unlock()
		if !strings.Contains(last, "'standard_conforming_strings', 'on', true") && rows[0][0] != "1" {
			t.Errorf("%d: an answer of process %s was used that came without settings", i, rows[0][0])
		}
	}
	mu.Lock()
	defer mu.Unlock()
	// The first is full; the second settles; the third is answered by another
	// process and made again in full, as all after it.
	for i, sent := range flights {
		local, session := strings.Contains(sent, "'standard_conforming_strings', 'on', true"), strings.Contains(sent, "'standard_conforming_strings', 'on', false")
		if local != (i != 1 && i != 2) || session != (i == 1) {
			t.Errorf("flight %d pins settings for the transaction: %v, for the session: %v", i, local, session)
		}
	}
}

// oneFlight reads a flight and returns the texts that were parsed.
func oneFlight(backend *pgproto3.Backend) (sent string, syncs int, ok bool) {
	want := 2
	for syncs < want {
		message, err := backend.Receive()
		if err != nil {
			return "", 0, false
		}
		switch m := message.(type) {
		case *pgproto3.Parse:
			sent += m.Query + "\n"
			if syncs == 0 && strings.Contains(m.Query, "on', false)") {
				want = 3
			}
		case *pgproto3.Sync:
			syncs++
		}
	}
	return sent, syncs, true
}

// answerFlight answers a flight's steps by their texts.
func answerFlight(backend *pgproto3.Backend, sent, process string) {
	for sql := range strings.Lines(sent) {
		if strings.Contains(sql, "on', false)") {
			continue
		}
		backend.Send(&pgproto3.ParseComplete{})
		backend.Send(&pgproto3.BindComplete{})
		switch {
		case sql == "select 1\n":
			backend.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("c"), DataTypeOID: 25}}})
			backend.Send(&pgproto3.DataRow{Values: [][]byte{[]byte(process)}})
		case strings.Contains(sql, "xact_id"):
			backend.Send(&pgproto3.DataRow{Values: [][]byte{nil, []byte("on"), []byte("on"), []byte(process)}})
		case strings.Contains(sql, "unlock"):
			backend.Send(&pgproto3.DataRow{Values: [][]byte{{}, []byte("0")}})
		}
		backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("OK")})
		if strings.Contains(sql, "xact_id") {
			backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'T'})
		}
	}
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
}

// TestLostSessionEnds: when the network is gone for good, the server is told
// beforehand when to give a session up.
func TestLostSessionEnds(t *testing.T) {
	t.Parallel()
	to := target(t, "")
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
