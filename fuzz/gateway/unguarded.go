package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Unguarded is a gateway that checks nothing: it puts the text into the wrapper
// as it is, sends it by the simple protocol and returns what comes, errors and
// all. It is what the harness is measured against: an oracle that finds nothing
// here would find nothing anywhere.
type Unguarded struct {
	// DSN is the database's connection string. Required.
	DSN string
	// Verbatim leaves out the wrapper.
	Verbatim bool
	// ReadOnly runs every text in a read-only transaction that is rolled back.
	ReadOnly bool
	// Timeout stops a query. 0 means 10 s.
	Timeout time.Duration

	conn *pgconn.PgConn
}

// Query runs one text.
func (g *Unguarded) Query(ctx context.Context, sql string) (*Answer, error) {
	timeout := g.Timeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if g.conn == nil || g.conn.IsClosed() {
		conn, err := pgconn.Connect(ctx, g.DSN)
		if err != nil {
			return nil, &Refusal{Reason: "connect", Stage: Other, Words: err.Error()}
		}
		g.conn = conn
	}
	if !g.Verbatim {
		sql = "select * from (" + sql + ") as preview_query limit 100"
	}
	if g.ReadOnly {
		if _, err := g.conn.Exec(ctx, "begin read only").ReadAll(); err != nil {
			return nil, g.refusal(ctx, err)
		}
		defer func() { _, _ = g.conn.Exec(context.WithoutCancel(ctx), "rollback").ReadAll() }() // the next query notices
	}
	results, err := g.conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, g.refusal(ctx, err)
	}
	a := &Answer{}
	for _, r := range results {
		a.Words += r.CommandTag.String()
		for _, f := range r.FieldDescriptions {
			a.Columns = append(a.Columns, f.Name)
		}
		for _, row := range r.Rows {
			cells := make([]Cell, len(row))
			for i, v := range row {
				cells[i] = Cell{Text: string(v), Null: v == nil}
			}
			a.Rows = append(a.Rows, cells)
		}
	}
	return a, nil
}

func (g *Unguarded) refusal(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		_ = g.conn.Close(context.WithoutCancel(ctx))
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return &Refusal{Reason: "failed", Stage: Other, Words: err.Error()}
	}
	return &Refusal{Reason: e.Code, Stage: Database, Words: fmt.Sprintf("%+v", *e)}
}

// Close ends the session.
func (g *Unguarded) Close(ctx context.Context) error {
	if g.conn == nil {
		return nil
	}
	return g.conn.Close(ctx)
}
