package run_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// maxGrowth is how much the peak of resident memory may grow, in KiB. It is
// 5 MiB at the most without the race detector, whose own memory triples it; what
// must not be held has 100 MB and more.
const maxGrowth = 48 << 10

// measurement is what a child process prints.
type measurement struct {
	GrowthKiB    int64
	Milliseconds int64
	BareMillis   int64
	Outcome      string
}

func init() {
	plays["memory"] = func() {
		to := run.Target{ID: "m", DSN: os.Getenv("RUN_TEST_DSN")}
		if address := os.Getenv("RUN_TEST_SOCKET"); address != "" {
			to.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "unix", address)
			}
		}
		pad, err := strconv.Atoi(os.Getenv("RUN_TEST_PAD"))
		if err != nil {
			panic(err)
		}
		timeout, err := time.ParseDuration(os.Getenv("RUN_TEST_TIMEOUT"))
		if err != nil {
			panic(err)
		}
		query := run.Query{SQL: os.Getenv("RUN_TEST_SQL") + strings.Repeat(" ", pad), Timeout: timeout}
		pools := run.NewPools(run.Limits{})
		warm, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		_, _ = pools.Internal(warm, to, "select 1", time.Second)
		cancel()

		before := peak(true)
		start := time.Now()
		result, err := pools.Run(context.Background(), to, query)
		m := measurement{Milliseconds: time.Since(start).Milliseconds(), GrowthKiB: peak(false) - before}
		switch {
		case err != nil:
			var e *run.Error
			if !errors.As(err, &e) {
				panic(err)
			}
			m.Outcome = string(e.Reason)
		default:
			m.Outcome = fmt.Sprintf("%d rows", len(result.Rows))
		}
		if os.Getenv("RUN_TEST_BARE") != "" {
			start := time.Now()
			bareRead(to.DSN, query.SQL)
			m.BareMillis = time.Since(start).Milliseconds()
		}
		if err := json.NewEncoder(os.Stdout).Encode(m); err != nil {
			panic(err)
		}
	}
}

// peak returns the highest resident memory in KiB since the last reset.
func peak(reset bool) int64 {
	if reset {
		runtime.GC()
		debug.FreeOSMemory()
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
			panic(err)
		}
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			var kib int64
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				panic(err)
			}
			return kib
		}
	}
	panic("no VmHWM in /proc/self/status")
}

func bareRead(dsn, sql string) {
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		panic(err)
	}
	reader := conn.ExecParams(ctx, sql, nil, nil, nil, nil)
	for reader.NextRow() {
	}
	if _, err := reader.Close(); err != nil {
		panic(err)
	}
	_ = conn.Close(ctx)
}

func TestFlatMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the peak of resident memory is read from /proc")
	}
	dsn := pgtest.Shared(t).Database(t, "")
	block := bytes.Repeat([]byte("x"), 1<<20)
	rows := bytes.Repeat(append(cellHeader(100), block[:100]...), 1000)
	flood := func(conn net.Conn, unit []byte) {
		for {
			if _, err := conn.Write(unit); err != nil {
				return
			}
		}
	}
	for _, test := range []struct {
		name, sql string
		pad       int
		bare      bool
		slow      bool
		outcome   string
		script    func(net.Conn, *pgproto3.Backend)
	}{
		// These two may also run into the time limit, on a machine that is busy.
		{name: "100 rows of 10 MB", sql: "select repeat(chr(64 + g % 26), 10000000) from generate_series(1, 100) g", bare: true, outcome: "100 rows", slow: true},
		{name: "one cell of 400 MB", sql: "select repeat('x', 400000000)", bare: true, outcome: "1 rows", slow: true},
		{name: "100 rows of 1 MB", sql: "select repeat(chr(64 + g % 26), 1000000) from generate_series(1, 100) g", bare: true, outcome: "100 rows"},
		{name: "1,600 columns", sql: "select " + strings.Repeat("repeat('x', 5000),", 1599) + "1", bare: true, outcome: "0 rows"},
		{name: "scripted: one cell of 900 MB", sql: "select 1", outcome: "1 rows", script: func(conn net.Conn, backend *pgproto3.Backend) {
			untilSyncs(backend, 2)
			before(backend, "c")
			if backend.Flush() != nil {
				return
			}
			conn.Write(cellHeader(900 << 20)) // a test's
			for range 900 {
				if _, err := conn.Write(block); err != nil {
					return
				}
			}
			after(backend)
			if backend.Flush() == nil && answerNames(backend) {
				untilSyncs(backend, 1)
			}
		}},
		{name: "scripted: rows without end", sql: "select 1", outcome: "STATEMENT_TIMEOUT", script: func(conn net.Conn, backend *pgproto3.Backend) {
			untilSyncs(backend, 2)
			before(backend, "c")
			if backend.Flush() == nil {
				flood(conn, rows)
			}
		}},
		{name: "scripted: notices without end while we write", sql: "select 1", pad: 2 << 20, outcome: "STATEMENT_TIMEOUT", script: func(conn net.Conn, _ *pgproto3.Backend) {
			notice, _ := (&pgproto3.NoticeResponse{Severity: "NOTICE", Message: string(block[:8000])}).Encode(nil)
			flood(conn, notice)
		}},
		{name: "scripted: one error of 900 MB", sql: "select 1", outcome: "DATA_EXCEPTION", script: func(conn net.Conn, backend *pgproto3.Backend) {
			untilSyncs(backend, 2)
			before(backend, "c")
			if backend.Flush() != nil {
				return
			}
			conn.Write([]byte("E\x38\x40\x00\x15VERROR\x00C22012\x00M")) // a test's
			for range 900 {
				if _, err := conn.Write(block); err != nil {
					return
				}
			}
			conn.Write([]byte("\x00\x00")) // a test's
			backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'E'})
			rollback(backend)
			if backend.Flush() == nil {
				untilSyncs(backend, 1)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "RUN_TEST_PLAY=memory", "RUN_TEST_SQL="+test.sql, fmt.Sprint("RUN_TEST_PAD=", test.pad))
			timeout := "10s"
			if test.outcome == "STATEMENT_TIMEOUT" {
				timeout = "2s"
			}
			cmd.Env = append(cmd.Env, "RUN_TEST_TIMEOUT="+timeout)
			if test.bare {
				cmd.Env = append(cmd.Env, "RUN_TEST_BARE=1")
			}
			if test.script == nil {
				cmd.Env = append(cmd.Env, "RUN_TEST_DSN="+dsn)
			} else {
				fake, address := newFake(t.TempDir(), func(conn net.Conn, backend *pgproto3.Backend) {
					if !untilSyncs(backend, 2) {
						return
					}
					before(backend, "c")
					after(backend)
					if backend.Flush() == nil {
						test.script(conn, backend)
					}
				})
				defer fake.close()
				cmd.Env = append(cmd.Env, "RUN_TEST_DSN=host=127.0.0.1 user=u sslmode=disable", "RUN_TEST_SOCKET="+address)
			}
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			var m measurement
			if err := json.Unmarshal(out, &m); err != nil {
				t.Fatalf("%q: %v", out, err)
			}
			t.Logf("peak memory grew by %.1f MiB in %d ms (bare read: %d ms): %s", float64(m.GrowthKiB)/1024, m.Milliseconds, m.BareMillis, m.Outcome)
			if m.GrowthKiB > maxGrowth {
				t.Errorf("peak memory grew by %d KiB", m.GrowthKiB)
			}
			if m.Outcome != test.outcome && (!test.slow || m.Outcome != string(reason.StatementTimeout)) {
				t.Errorf("the outcome is %s, want %s", m.Outcome, test.outcome)
			}
		})
	}
}
