package run_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

func TestMain(m *testing.M) {
	if play := os.Getenv("RUN_TEST_PLAY"); play != "" {
		plays[play]()
		return
	}
	goleak.VerifyTestMain(m)
}

// plays are programs that a test runs as processes of their own.
var plays = map[string]func(){}

func newPools(t testing.TB, limits run.Limits) *run.Pools {
	t.Helper()
	pools := run.NewPools(limits)
	t.Cleanup(pools.Close)
	return pools
}

// target is a fresh database with the statements run in it.
func target(t testing.TB, statements string) run.Target {
	t.Helper()
	return run.Target{ID: "test", DSN: pgtest.Shared(t).Database(t, statements)}
}

func mustRun(t testing.TB, pools *run.Pools, to run.Target, sql string) *run.Result {
	t.Helper()
	result, err := pools.Run(t.Context(), to, run.Query{SQL: sql})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return result
}

// rowsOf returns the rows of an answer of Internal's.
func rowsOf(texts *run.Texts, err error) ([][]string, error) {
	if err != nil {
		return nil, err
	}
	return texts.Rows, nil
}

// asError returns err as what every error of the package must be.
func asError(t testing.TB, err error) *run.Error {
	t.Helper()
	var e *run.Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is %T %v, want a *run.Error", err, err)
	}
	return e
}

// admin asks the server over a connection of its own.
func admin(t testing.TB, dsn, sql string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx) // only read from
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	last := results[len(results)-1]
	if len(last.Rows) == 0 {
		return ""
	}
	return string(last.Rows[0][0])
}

func text(result *run.Result, row, column int) string {
	cell := result.Rows[row][column]
	if cell.Null {
		return "NULL"
	}
	return string(cell.Bytes)
}

func TestBounds(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := newPools(t, run.Limits{})
	for _, test := range []struct {
		name                string
		query               run.Query
		rows, columns       int
		rowLimit, byteLimit bool
	}{
		{"whole", run.Query{SQL: "select 1, 'two'"}, 1, 2, false, false},
		{"no row", run.Query{SQL: "select 1 where false"}, 0, 1, false, false},
		{"no column", run.Query{SQL: "select from generate_series(1, 3)"}, 3, 0, false, false},
		{"as many rows as asked for", run.Query{SQL: "select generate_series(1, 7)", MaxRows: 7}, 7, 1, true, false},
		{"more rows than asked for", run.Query{SQL: "select generate_series(1, 5000)", MaxRows: 7}, 7, 1, true, false},
		{"more rows than allowed", run.Query{SQL: "select generate_series(1, 5000)", MaxRows: 5000}, run.HardRows, 1, true, false},
		{"more columns than asked for", run.Query{SQL: "select 1, 2, 3, null, 5", MaxColumns: 2}, 1, 2, false, false},
		{"bytes end before rows", run.Query{SQL: "select repeat('x', 100) as c from generate_series(1, 50)", MaxBytes: 1001}, 10, 1, false, true},
		{"bytes fit exactly", run.Query{SQL: "select repeat('x', 100) as c from generate_series(1, 50)", MaxBytes: 5001}, 50, 1, false, false},
		{"one row too large", run.Query{SQL: "select repeat('x', 100) as c", MaxBytes: 100}, 0, 1, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, err := pools.Run(t.Context(), to, test.query)
			if err != nil {
				t.Fatal(err)
			}
			if len(result.Rows) != test.rows || len(result.Columns) != test.columns ||
				result.RowLimited != test.rowLimit || result.ByteLimited != test.byteLimit {
				t.Errorf("got %d rows, %d columns, row limit %v, byte limit %v", len(result.Rows), len(result.Columns), result.RowLimited, result.ByteLimited)
			}
			for _, row := range result.Rows {
				if len(row) != test.columns {
					t.Errorf("a row has %d cells, want %d", len(row), test.columns)
				}
			}
		})
	}
}

func TestCellsAreCut(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := newPools(t, run.Limits{})
	result, err := pools.Run(t.Context(), to, run.Query{SQL: "select repeat('ab', 3000), null, '', 'c', repeat('d', 9)", MaxCellBytes: 9})
	if err != nil {
		t.Fatal(err)
	}
	want := []run.Cell{
		{Bytes: []byte("ababababa"), OriginalBytes: 6000}, {Null: true}, {Bytes: []byte{}},
		{Bytes: []byte("c"), OriginalBytes: 1}, {Bytes: []byte("ddddddddd"), OriginalBytes: 9},
	}
	for i, cell := range result.Rows[0] {
		if string(cell.Bytes) != string(want[i].Bytes) || cell.Null != want[i].Null || cell.OriginalBytes != want[i].OriginalBytes {
			t.Errorf("cell %d is %q %v %d, want %q %v %d", i, cell.Bytes, cell.Null, cell.OriginalBytes, want[i].Bytes, want[i].Null, want[i].OriginalBytes)
		}
	}
	if result.Bytes != 9+1+9+int64(len("repeat?column??column??column?repeat")) {
		t.Errorf("the result has %d bytes", result.Bytes)
	}
}

func TestDescribeRunsNothing(t *testing.T) {
	t.Parallel()
	to := target(t, "create table a (n numeric(10,2))")
	pools := newPools(t, run.Limits{})
	query := run.Query{SQL: "select n, pg_sleep(20) from a, generate_series(1, 10)", Timeout: 5 * time.Second}
	described, err := pools.Describe(t.Context(), to, query)
	if err != nil {
		t.Fatal(err)
	}
	if len(described.Rows) != 0 || len(described.Columns) != 2 || described.Columns[0].Type != "numeric(10,2)" || described.Columns[1].Type != "void" {
		t.Errorf("got %+v", described)
	}
	ran := mustRun(t, pools, to, "select n, pg_sleep(20) from a")
	if ran.SchemaFingerprint != described.SchemaFingerprint {
		t.Error("Describe and Run give different schema fingerprints for the same columns")
	}
}

func TestInternalIsWholeOrFails(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := newPools(t, run.Limits{})
	rows, err := rowsOf(pools.Internal(t.Context(), to, "select g, null from generate_series(1, 3000) g", 0))
	if err != nil || len(rows) != 3000 || rows[2999][0] != "3000" || rows[0][1] != "" {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	for _, sql := range []string{"select generate_series(1, 60000)", "select repeat('x', 600000)", "select repeat('x', 8000) from generate_series(1, 3000)"} {
		_, err := pools.Internal(t.Context(), to, sql, 0)
		if got := asError(t, err).Reason; got != reason.QueryTooComplex {
			t.Errorf("%s: the reason is %s", sql, got)
		}
	}
}

// TestNothingIsCompiled: LLVM cannot be interrupted while it compiles a plan, and
// for the catalog's own queries it took forty times as long as the query.
func TestNothingIsCompiled(t *testing.T) {
	t.Parallel()
	to := target(t, "do $$ begin execute format('alter database %I set jit = on', current_database()); end $$")
	pools := newPools(t, run.Limits{})
	const sql = "select current_setting('jit')"
	rows, err := rowsOf(pools.Internal(t.Context(), to, sql, 0))
	if err != nil || rows[0][0] != "off" {
		t.Errorf("a query of our own: jit is %v, %v", rows, err)
	}
	if got := text(mustRun(t, pools, to, sql), 0, 0); got != "off" {
		t.Errorf("a preview: jit is %s", got)
	}
}

func TestNULByteIsRefused(t *testing.T) {
	t.Parallel()
	pools := newPools(t, run.Limits{})
	for _, call := range []func(context.Context, run.Target, run.Query) (*run.Result, error){pools.Run, pools.Describe} {
		_, err := call(t.Context(), run.Target{DSN: "host=/nowhere"}, run.Query{SQL: "select 1\x00"})
		if e := asError(t, err); e.Reason != reason.SQLInvalidText {
			t.Errorf("the answer is %s", e.Reason)
		}
	}
	_, err := pools.Internal(t.Context(), run.Target{DSN: "host=/nowhere"}, "select 1\x00", 0)
	if e := asError(t, err); e.Reason != reason.SQLInvalidText {
		t.Errorf("the answer is %s", e.Reason)
	}
}
