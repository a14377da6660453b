package effect

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

var (
	//go:embed quick.sql
	quickSQL string
	//go:embed full.sql
	fullSQL string
)

// Snapshot maps the names of things to what was seen of them.
type Snapshot map[string]string

// Change is one thing that differs.
type Change struct {
	// What names the thing, for instance "rows of public.victim".
	What string
	// Before and After are what was seen of it; empty when it was not there.
	Before, After string
}

// String returns the change on one line.
func (c Change) String() string {
	return fmt.Sprintf("%s: %s -> %s", c.What, or(c.Before, "absent"), or(c.After, "absent"))
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// Diff lists what differs from an earlier snapshot, by name. Things that only
// one of a quick and a full snapshot looks at are left out.
func (s Snapshot) Diff(earlier Snapshot) []Change {
	var changes []Change
	names := map[string]bool{}
	for name := range s {
		names[name] = true
	}
	for name := range earlier {
		names[name] = true
	}
	full := s[fullMark] != "" && earlier[fullMark] != ""
	for _, name := range slices.Sorted(maps.Keys(names)) {
		quick := strings.HasPrefix(name, quickMark)
		if (quick || full) && s[name] != earlier[name] {
			changes = append(changes, Change{What: strings.TrimPrefix(name, quickMark), Before: earlier[name], After: s[name]})
		}
	}
	return changes
}

const (
	quickMark = "now: "
	fullMark  = "full"
)

// Watcher takes snapshots.
type Watcher struct {
	conn   *pgx.Conn
	folder string
	hasWAL bool
	tables string // the query over all tables, made anew when there are others
}

// NewWatcher opens a superuser's session. folder is the canary folder, relative
// to the server's data directory.
func NewWatcher(ctx context.Context, dsn, folder string) (*Watcher, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, fmt.Errorf("effect: connecting: %w", err)
	}
	w := &Watcher{conn: conn, folder: folder}
	// The watcher's own reading must leave nothing: no pruning, no hint that
	// would be logged, no plan that forks.
	for _, setting := range []string{
		"set application_name = 'fuzz-watcher'", "set default_transaction_read_only = on", "set max_parallel_workers_per_gather = 0", "set jit = off",
		// The library brings settings of its own, whenever it is loaded.
		"load 'plpgsql'",
	} {
		if _, err := conn.Exec(ctx, setting); err != nil {
			return nil, errors.Join(fmt.Errorf("effect: %w", err), conn.Close(ctx))
		}
	}
	err = conn.QueryRow(ctx, "select exists (select from pg_catalog.pg_proc where proname = 'pg_get_wal_records_info')").Scan(&w.hasWAL)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("effect: %w", err), conn.Close(ctx))
	}
	return w, nil
}

// Close ends the session.
func (w *Watcher) Close(ctx context.Context) error { return w.conn.Close(ctx) }

// PID is the process id of the watcher's own session.
func (w *Watcher) PID() uint32 { return w.conn.PgConn().PID() }

// Quick looks at what costs little.
func (w *Watcher) Quick(ctx context.Context) (Snapshot, error) {
	s := Snapshot{}
	return s, w.collect(ctx, s, quickSQL, quickMark, w.folder)
}

// Full looks at everything.
func (w *Watcher) Full(ctx context.Context) (Snapshot, error) {
	s, err := w.Quick(ctx)
	if err != nil {
		return nil, err
	}
	s[fullMark] = "yes"
	if err := w.collect(ctx, s, fullSQL, "", w.folder); err != nil {
		return nil, err
	}
	// Tables may have come or gone: the query over them is made each time.
	if err := w.conn.QueryRow(ctx, tablesQuery).Scan(&w.tables); err != nil {
		return nil, fmt.Errorf("effect: listing the tables: %w", err)
	}
	return s, w.collect(ctx, s, w.tables, "")
}

// tablesQuery writes a query that digests every table's rows and every
// sequence's state. Sequences are tables of one row here.
const tablesQuery = `select pg_catalog.string_agg(pg_catalog.format(
  'select %L, pg_catalog.count(*) || '' '' || coalesce(pg_catalog.md5(pg_catalog.string_agg(h, '''' order by h)), ''-'') from (select pg_catalog.md5(row(t.*)::text) as h from %s t) d',
  case c.relkind when 'S' then 'sequence ' else 'rows of ' end || c.oid::pg_catalog.regclass::text, c.oid::pg_catalog.regclass::text), ' union all ')
from pg_catalog.pg_class c
where c.relkind in ('r', 'S', 'm') and c.relpersistence <> 't'
  and c.oid not in ('pg_catalog.pg_largeobject'::pg_catalog.regclass)`

// collect adds the rows of a query, each a name and a value, to the snapshot.
func (w *Watcher) collect(ctx context.Context, s Snapshot, sql, mark string, args ...any) error {
	rows, err := w.conn.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("effect: %w", err)
	}
	var name, value string
	if _, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		s[mark+name] = value
		return nil
	}); err != nil {
		return fmt.Errorf("effect: %w", err)
	}
	return nil
}

// Version is the server's version.
func (w *Watcher) Version(ctx context.Context) (string, error) {
	var version string
	if err := w.conn.QueryRow(ctx, "select pg_catalog.current_setting('server_version')").Scan(&version); err != nil {
		return "", fmt.Errorf("effect: %w", err)
	}
	return version, nil
}

// Sessions counts the sessions of a role.
func (w *Watcher) Sessions(ctx context.Context, role string) (int, error) {
	var n int
	err := w.conn.QueryRow(ctx, "select pg_catalog.count(*)::int from pg_catalog.pg_stat_activity where usename = $1 and application_name <> 'fuzz-judge'", role).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("effect: %w", err)
	}
	return n, nil
}
