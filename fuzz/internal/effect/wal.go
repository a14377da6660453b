package effect

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// LogPosition returns where the write-ahead log ends now.
func (w *Watcher) LogPosition(ctx context.Context) (string, error) {
	var at string
	if err := w.conn.QueryRow(ctx, "select pg_catalog.pg_current_wal_insert_lsn()::text").Scan(&at); err != nil {
		return "", fmt.Errorf("effect: the log's position: %w", err)
	}
	return at, nil
}

// LogRecords returns the kinds of records written since a position, with their
// number, except those that the server writes by itself or that reading causes:
// snapshots of running transactions, checkpoints, and the pruning of pages. It
// returns nothing where the extension pg_walinspect (PostgreSQL 15 and later)
// is not there to tell.
func (w *Watcher) LogRecords(ctx context.Context, since string) (map[string]int, error) {
	if !w.hasWAL {
		return nil, nil
	}
	now, err := w.LogPosition(ctx)
	if err != nil || now == since {
		return nil, err
	}
	if err := w.flushed(ctx, now); err != nil {
		return nil, err
	}
	rows, err := w.conn.Query(ctx, `select resource_manager || ' ' || record_type, pg_catalog.count(*)::int
from public.pg_get_wal_records_info($1::pg_catalog.pg_lsn, $2::pg_catalog.pg_lsn)
where not (resource_manager = 'Standby' and record_type = 'RUNNING_XACTS')
  and not (resource_manager = 'XLOG' and record_type in ('CHECKPOINT_ONLINE', 'CHECKPOINT_REDO', 'FPI_FOR_HINT', 'FPI'))
  and not (resource_manager = 'Heap2' and record_type like 'PRUNE%')
group by 1`, since, now)
	if err != nil {
		return nil, fmt.Errorf("effect: reading the log: %w", err)
	}
	records := map[string]int{}
	var kind string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&kind, &n}, func() error { records[kind] = n; return nil })
	if err != nil {
		return nil, fmt.Errorf("effect: reading the log: %w", err)
	}
	return records, nil
}

// flushed waits until the log is on disk up to a position, which the server's
// log writer sees to several times a second: only then can it be read.
func (w *Watcher) flushed(ctx context.Context, position string) error {
	for {
		var done bool
		if err := w.conn.QueryRow(ctx, "select pg_catalog.pg_current_wal_flush_lsn() >= $1::pg_catalog.pg_lsn", position).Scan(&done); err != nil {
			return fmt.Errorf("effect: waiting for the log: %w", err)
		}
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// ReadsLog reports whether [Watcher.LogRecords] can see anything.
func (w *Watcher) ReadsLog() bool { return w.hasWAL }
