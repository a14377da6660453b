package run_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

const writable = `
create table kept (a int primary key, b text);
insert into kept values (1, 'one'), (2, 'two');
create sequence numbers;
create table logged (a int);
create function writer() returns int language plpgsql volatile as $$ begin insert into logged values (1); return 1; end $$;
create function stable_writer() returns int language plpgsql stable as $$ declare n int; begin perform writer(); return 1; end $$;
create function definer() returns int language plpgsql security definer as $$ begin insert into logged values (2); return 1; end $$;
create function ddl(sql text) returns int language plpgsql as $$ begin execute sql; return 1; end $$;
create function catcher(sql text) returns text language plpgsql as $$ begin execute sql; return 'done'; exception when others then return sqlstate; end $$;
`

// fingerprintSQL sums up everything that a preview could have left in a
// database and is not in a session.
const fingerprintSQL = `select md5(string_agg(x, '|' order by x)) from (
	select 'kept ' || a || b from kept union all select 'logged ' || a from logged
	union all select 'class ' || relname || relnamespace || coalesce(reloptions::text, '') from pg_class where relnamespace <> 'pg_toast'::regnamespace
	union all select 'proc ' || proname from pg_proc
	union all select 'role ' || rolname || coalesce(rolconfig::text, '') from pg_roles
	union all select 'db ' || coalesce(s.setconfig::text, '') from pg_db_role_setting s
	union all select 'seq ' || last_value || is_called from numbers
	union all select 'lo ' || oid from pg_largeobject_metadata
	union all select 'ext ' || extname from pg_extension
	union all select 'nsp ' || nspname from pg_namespace where nspname !~ '^pg_(toast_)?temp'
	union all select 'stat ' || stxname from pg_statistic_ext
) t(x)`

// writes are SELECTs that write, or try to, as a superuser and with no guard.
var writes = []string{
	"select writer()",
	"select stable_writer()",
	"select definer()",
	"select nextval('numbers')",
	"select setval('numbers', 99)",
	"select ddl('create table made (a int)')",
	"select ddl('create temp table made (a int)')",
	"select ddl('drop table kept')",
	"select ddl('truncate kept')",
	"select ddl('delete from kept')",
	"select ddl('alter table kept add c int')",
	"select ddl('create schema made')",
	"select ddl('create role made')",
	"select ddl('alter role postgres set work_mem = ''1MB''')",
	"select ddl('alter system set work_mem = ''1MB''')",
	"select ddl('create extension if not exists pgcrypto')",
	"select ddl('copy kept from program ''echo 3,x''')",
	"select ddl('set session characteristics as transaction read write')",
	"select ddl('set transaction read write')",
	"select ddl('set transaction_read_only = off')",
	"select ddl('reset all')",
	"select ddl('commit')",
	"select ddl('rollback')",
	"select ddl('begin')",
	"select ddl('listen made')",
	"select ddl('notify made')",
	"select ddl('declare c cursor with hold for select 1')",
	"select ddl('do $x$ begin insert into kept values (9); end $x$')",
	"select ddl('call pg_catalog.nothing()')",
	"select ddl('vacuum kept')",
	"select ddl('cluster kept')",
	"select ddl('reindex table kept')",
	"select ddl('create database made')",
	"select ddl('grant select on kept to public')",
	"select ddl('lock table kept in access exclusive mode')",
	"select ddl('select * from kept for update')",
	"select ddl('prepare made as select 1')",
	"select catcher('set transaction read write; insert into kept values (5)')",
	"select catcher('set transaction_read_only = off') || writer()",
	"select set_config('transaction_read_only', 'off', true), writer()",
	"select set_config('transaction_read_only', 'off', false), writer()",
	"select set_config('default_transaction_read_only', 'off', false), writer()",
	"select set_config('session_replication_role', 'replica', false), writer()",
	"select set_config('work_mem', '1GB', false)",
	"select set_config('search_path', 'nowhere', false)",
	"select set_config('standard_conforming_strings', 'off', false)",
	"select set_config('client_encoding', 'LATIN1', false)",
	"select set_config('statement_timeout', '0', false)",
	"select set_config('role', 'pg_monitor', false)",
	"select set_config('application_name', 'made', false)",
	"select lo_create(4711)",
	"select lo_from_bytea(4712, 'x')",
	"select lo_put(lo_creat(-1), 0, 'x')",
	"select lo_import('/etc/hostname')",
	"select txid_current()",
	"select pg_current_xact_id()",
	"select pg_advisory_lock(1)",
	"select pg_advisory_lock_shared(2)",
	"select pg_try_advisory_lock(3, 4)",
	"select pg_advisory_xact_lock(5)",
	"select pg_notify('made', 'x')",
	"select query_to_xml('insert into kept values (7, ''x'') returning a', true, true, '')",
	"select query_to_xml('select writer()', true, true, '')",
	"select * from kept for update",
	"with w as (insert into kept values (3, 'three') returning a) select * from w",
	"with w as (delete from kept returning a) select * from w",
	"with w as (update kept set b = 'x' returning a) select * from w",
	"select pg_import_system_collations('pg_catalog')",
	"select pg_export_snapshot()",
	"select setseed(0.5)",
}

// TestNothingPersists runs what writes, as a superuser, past no guard at all:
// this package has none. After each statement nothing may have changed, and
// the session that comes next must be clean.
func TestNothingPersists(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	to := run.Target{ID: "w", DSN: server.Database(t, writable)}
	pools := newPools(t, run.Limits{Sessions: 1})
	state := func() string {
		return admin(t, to.DSN, fingerprintSQL) + " " + admin(t, to.DSN, "select count(*) || ' ' || count(*) filter (where locktype = 'advisory') from pg_locks where pid in (select pid from pg_stat_activity where application_name <> '' and pid <> pg_backend_pid())")
	}
	const sessionSQL = "select current_setting('work_mem'), current_setting('search_path'), current_user, current_setting('default_transaction_read_only'), current_setting('standard_conforming_strings'), current_setting('session_replication_role'), current_setting('application_name'), current_setting('client_encoding'), pg_my_temp_schema() = 0, (select count(*) from pg_cursors), (select count(*) from pg_listening_channels()), (select count(*) from pg_prepared_statements where from_sql)"
	session := func() string {
		result := mustRun(t, pools, to, sessionSQL)
		var all []string
		for i := range result.Columns {
			all = append(all, text(result, 0, i))
		}
		return strings.Join(all, ",")
	}
	before, clean := state(), session()
	outcomes := map[reason.Reason]int{}
	for _, sql := range writes {
		_, err := pools.Run(t.Context(), to, run.Query{SQL: sql, Timeout: 5 * time.Second})
		if err == nil {
			outcomes["ran, rolled back"]++
		} else {
			outcomes[asError(t, err).Reason]++
			if asError(t, err).Reason == reason.ReadOnlyViolation && asError(t, err).SQLSTATE == "" {
				outcomes["of these by the transaction id"]++
			}
		}
		if after := state(); after != before {
			t.Errorf("%s changed the database:\n%s\n%s", sql, before, after)
			before = after
		}
		if after := session(); after != clean {
			t.Errorf("%s changed the session:\n%s\n%s", sql, clean, after)
		}
	}
	t.Logf("%d statements: %v", len(writes), outcomes)
}

// TestWhatReadOnlyDoesNotStop writes down what this package cannot hold back,
// with the guard off and a superuser's connection: files and programs of the
// server's. The guard refuses what leads there, and a least-privilege role
// cannot do it. If a PostgreSQL ever stops them, this test says so.
func TestWhatReadOnlyDoesNotStop(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Own: true})
	to := run.Target{ID: "w", DSN: server.Database(t, writable)}
	pools := newPools(t, run.Limits{})
	for name, sql := range map[string]string{
		"file":    "select ddl('copy kept to ''%s''')",
		"program": "select ddl('copy kept to program ''cat >%s''')",
	} {
		path := filepath.Join(server.SocketDir(), name) // goes with the server
		mustRun(t, pools, to, fmt.Sprintf(sql, path))
		if _, err := os.Stat(path); err != nil {
			t.Errorf("COPY TO a %s is stopped now; say so in the threat model: %v", name, err)
		}
	}
}

// TestTransactionIDFailsThePreview: pg_current_xact_id takes an id although
// the transaction is read-only.
func TestTransactionIDFailsThePreview(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	pools := newPools(t, run.Limits{Sessions: 1})
	first := text(mustRun(t, pools, to, "select pg_backend_pid()"), 0, 0)
	_, err := pools.Run(t.Context(), to, run.Query{SQL: "select pg_current_xact_id()"})
	if e := asError(t, err); e.Reason != reason.ReadOnlyViolation {
		t.Errorf("the reason is %s", e.Reason)
	}
	if second := text(mustRun(t, pools, to, "select pg_backend_pid()"), 0, 0); second == first {
		t.Error("the session is used again")
	}
}

// TestLyingAnswers: a server, or what stands before it, that does not answer
// the question as it must, or not at all.
func TestLyingAnswers(t *testing.T) {
	t.Parallel()
	row := func(backend *pgproto3.Backend) {
		before(backend, "c")
		backend.Send(&pgproto3.DataRow{Values: [][]byte{[]byte("x")}})
		backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
	}
	status := func(backend *pgproto3.Backend, s byte) { backend.Send(&pgproto3.ReadyForQuery{TxStatus: s}) }
	for _, test := range []struct {
		name   string
		script func(*pgproto3.Backend)
		want   reason.Reason
	}{
		{"honest", func(b *pgproto3.Backend) { row(b); question(b, nil, "on"); status(b, 'T'); rollback(b) }, ""},
		{"a transaction id", func(b *pgproto3.Backend) { row(b); question(b, []byte("7"), "on"); status(b, 'T'); rollback(b) }, reason.ReadOnlyViolation},
		{"not read-only at the end", func(b *pgproto3.Backend) { row(b); question(b, nil, "off"); status(b, 'T'); rollback(b) }, reason.ReadOnlyViolation},
		{"no transaction at the end", func(b *pgproto3.Backend) { row(b); question(b, nil, "on"); status(b, 'I'); rollback(b) }, reason.DatabaseUnavailable},
		{"no answer", func(b *pgproto3.Backend) {
			row(b)
			b.Send(&pgproto3.ParseComplete{})
			b.Send(&pgproto3.BindComplete{})
			b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 0")})
			status(b, 'T')
			rollback(b)
		}, reason.DatabaseUnavailable},
		{"no question", func(b *pgproto3.Backend) { row(b); status(b, 'T'); rollback(b) }, reason.DatabaseUnavailable},
		{"two answers", func(b *pgproto3.Backend) {
			row(b)
			b.Send(&pgproto3.ParseComplete{})
			b.Send(&pgproto3.BindComplete{})
			for range 2 {
				b.Send(&pgproto3.DataRow{Values: [][]byte{nil, []byte("on"), []byte("on"), []byte("7")}})
			}
			b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 2")})
			status(b, 'T')
			rollback(b)
		}, reason.DatabaseUnavailable},
		{"rows without a description", func(b *pgproto3.Backend) {
			b.Send(&pgproto3.DataRow{Values: [][]byte{[]byte("x")}})
		}, reason.DatabaseUnavailable},
		{"another statement's copy", func(b *pgproto3.Backend) { before(b, "c"); b.Send(&pgproto3.CopyInResponse{}) }, reason.DatabaseUnavailable},
		{"binary columns", func(b *pgproto3.Backend) {
			before(b)
			b.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("c"), Format: 1}}})
		}, reason.DatabaseUnavailable},
		{"the transaction goes on", func(b *pgproto3.Backend) {
			row(b)
			question(b, nil, "on")
			status(b, 'T')
			for _, tag := range []string{"ROLLBACK", "SELECT 1"} {
				b.Send(&pgproto3.ParseComplete{})
				b.Send(&pgproto3.BindComplete{})
				b.Send(&pgproto3.CommandComplete{CommandTag: []byte(tag)})
			}
			status(b, 'T')
		}, reason.DatabaseUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			to := startFake(t, func(_ net.Conn, backend *pgproto3.Backend) {
				if !untilSyncs(backend, 2) {
					return
				}
				test.script(backend)
				if backend.Flush() == nil {
					answerNames(backend)
				}
			})
			pools := newPools(t, run.Limits{})
			_, err := pools.Run(t.Context(), to, run.Query{SQL: "select 1", Timeout: 3 * time.Second})
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if e := asError(t, err); e.Reason != test.want {
				t.Errorf("the reason is %s: %s, want %s", e.Reason, e.Message, test.want)
			}
		})
	}
}
