package effect_test

import (
	"context"
	"math/rand"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/op-data/sqlpreview/fuzz/internal/effect"
	"github.com/op-data/sqlpreview/fuzz/internal/fixture"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

func start(t *testing.T) (*pgx.Conn, *effect.Watcher, *fixture.Fixture) {
	t.Helper()
	ctx := t.Context()
	server := pgtest.Start(t, pgtest.Options{Settings: fixture.Settings()})
	f, err := fixture.New(ctx, server.DSN(), rand.New(rand.NewSource(1)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	w, err := effect.NewWatcher(ctx, server.DSN(), f.Targets.Folder)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return conn, w, f
}

func full(t *testing.T, w *effect.Watcher) effect.Snapshot {
	t.Helper()
	s, err := w.Full(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEveryEffectIsSeen does one thing after another to a server and expects
// the difference to name it, and nothing to be named when all that happened is
// reading.
func TestEveryEffectIsSeen(t *testing.T) {
	conn, w, f := start(t)
	cases := []struct{ name, sql, want string }{
		{"insert", "insert into public.victim values (5000, 'x')", "rows of victim"},
		{"update", "update public.victim set v = 'changed' where id = 1", "rows of victim"},
		{"an update that changes nothing takes an id", "update public.victim set v = v where id = 1", "next transaction id"},
		{"sequence", "select nextval('public.victim_seq')", "sequence victim_seq"},
		{"sequence that has been called", "select setval('public.victim_seq', 11, false)", "sequence victim_seq"},
		{"large object", "select lo_put(424242, 0, 'x')", "large object 424242"},
		{"new large object", "select lo_create(777)", "rows of pg_largeobject_metadata"},
		{"session lock", "select pg_advisory_lock(1)", "lock advisory"},
		{"slot", "select pg_create_physical_replication_slot('another')", "replication slot another"},
		{"slot dropped", "select pg_drop_replication_slot('another')", "replication slot another"},
		{"origin", "select pg_replication_origin_create('another')", "rows of pg_replication_origin"},
		{"role", "create role another", "rows of pg_authid"},
		{"stored role setting", "alter role fuzz_victim set work_mem = '1MB'", "rows of pg_db_role_setting"},
		{"function", "create function another() returns int language sql as 'select 1'", "rows of pg_proc"},
		{"table", "create table another (a int)", "rows of another"},
		{"grant", "grant select on public.victim to public", "rows of pg_class"},
		{"temporary table", "create temp table another_temporary (a int)", "temporary schema"},
		{"reload", "select pg_reload_conf(), pg_sleep(0.3)", "settings loaded"},
		{"statistics reset", "select pg_stat_reset()", "statistics reset"},
		{"stored setting", "alter system set work_mem = '5MB'", "stored settings"},
		{"file written", "copy (select 1) to program 'cat > " + f.Targets.Folder + "/new'", "canary file new"},
		{"file changed", "copy (select 2) to program 'cat > " + f.Targets.Folder + "/new'", "canary content new"},
		{"file in the data directory", "copy (select 2) to program 'cat > stray'", "file stray"},
		{"bystander ended", "select pg_terminate_backend(pid), pg_sleep(0.3) from pg_stat_activity where application_name = 'fuzz-bystander'", "bystander"},
	}
	before := full(t, w)
	for _, c := range cases {
		if changes := full(t, w).Diff(before); len(changes) > 0 {
			t.Errorf("before %s: reading alone changed %v", c.name, changes)
		}
		if _, err := conn.PgConn().Exec(t.Context(), c.sql).ReadAll(); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		after := full(t, w)
		changes := after.Diff(before)
		before = after
		if !names(changes, c.want) {
			t.Errorf("%s: want a change of %q, got %v", c.name, c.want, changes)
		}
	}
}

func names(changes []effect.Change, want string) bool {
	for _, c := range changes {
		if strings.Contains(c.What, want) {
			return true
		}
	}
	return false
}

func TestOpenTransactionsAreSeen(t *testing.T) {
	conn, w, _ := start(t)
	before := full(t, w)
	for _, sql := range []string{"begin", "select 1 from public.victim"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	changes := full(t, w).Diff(before)
	for _, want := range []string{"busy session", "lock relation AccessShareLock on victim"} {
		if !names(changes, want) {
			t.Errorf("want a change of %q, got %v", want, changes)
		}
	}
	if _, err := conn.Exec(t.Context(), "prepare transaction 'x'"); err != nil {
		t.Fatal(err)
	}
	if changes := full(t, w).Diff(before); !names(changes, "prepared transaction x") {
		t.Errorf("want a prepared transaction, got %v", changes)
	}
}

func TestLogRecordsTellWritesFromReads(t *testing.T) {
	conn, w, _ := start(t)
	since, err := w.LogPosition(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		sql, want string
	}{
		{"select count(*) from public.victim", ""},
		{"select pg_logical_emit_message(false, 'a', 'b')", "LogicalMessage"},
	} {
		if _, err := conn.Exec(t.Context(), step.sql); err != nil {
			t.Fatal(err)
		}
		records, err := w.LogRecords(t.Context(), since)
		if err != nil {
			t.Fatal(err)
		}
		if !w.ReadsLog() {
			t.Skip("this PostgreSQL has no pg_walinspect")
		}
		found := false
		for kind := range records {
			found = found || strings.HasPrefix(kind, step.want)
		}
		if (step.want == "") != (len(records) == 0) || step.want != "" && !found {
			t.Errorf("%s: records %v", step.sql, records)
		}
	}
}
