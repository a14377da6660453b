// Package catalogtest lets tests ask a real PostgreSQL for a catalog.Snapshot.
package catalogtest

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
)

// TB is the part of testing.TB that this package needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// An Asker asks in one session of its own. It may be used by one goroutine at a time.
type Asker struct {
	conn  *pgconn.PgConn
	asked atomic.Int64
}

// Connect opens the session of an Asker, which ends with the test.
func Connect(t TB, dsn string) *Asker {
	t.Helper()
	conn, err := pgconn.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	a := &Asker{conn: conn}
	a.Exec(t, "set jit = off") // as previews have it
	return a
}

// Asked is how many questions were asked.
func (a *Asker) Asked() int { return int(a.asked.Load()) }

// Version is server_version_num.
func (a *Asker) Version(t TB) int {
	t.Helper()
	result := a.conn.ExecParams(context.Background(), "show server_version_num", nil, nil, nil, nil).Read()
	if result.Err != nil {
		t.Fatalf("%v", result.Err)
	}
	version, err := strconv.Atoi(string(result.Rows[0][0]))
	if err != nil {
		t.Fatalf("%v", err)
	}
	return version
}

// Exec runs statements in the session.
func (a *Asker) Exec(t TB, statements string) {
	t.Helper()
	if _, err := a.conn.Exec(context.Background(), statements).ReadAll(); err != nil {
		t.Fatalf("%v", err)
	}
}

// Ask implements catalog.Asker.
func (a *Asker) Ask(ctx context.Context, sql string, parameters ...string) (rows [][]string, asked time.Time, err error) {
	a.asked.Add(1)
	asked = time.Now()
	values := make([][]byte, len(parameters))
	for i, parameter := range parameters {
		values[i] = []byte(parameter)
	}
	result := a.conn.ExecParams(ctx, sql, values, nil, nil, nil).Read()
	for _, row := range result.Rows {
		texts := make([]string, len(row))
		for i, cell := range row {
			texts[i] = string(cell)
		}
		rows = append(rows, texts)
	}
	return rows, asked, result.Err
}

// Snapshot asks the database of a connection string for names.
func Snapshot(t TB, dsn string, names catalog.Names) *catalog.Snapshot {
	t.Helper()
	s, err := catalog.NewCache(0).Of("test", dsn).Look(context.Background(), Connect(t, dsn), names)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return s
}
