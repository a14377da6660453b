package preview_test

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestSettingsOfARole: whatever an administrator has set for the role, a preview
// gives the right answer or one clear error, in the first previews of a session
// and in later ones.
func TestSettingsOfARole(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	dsn := server.Database(t, `
		create table public.typed (id int primary key, at timestamptz, day date, span interval, bytes bytea, ratio float8, doc xml, note text);
		insert into public.typed values (1, '2024-03-04 05:06:07+00', '2024-03-04', '1 day 02:03', '\x0041ff', 0.1::float8 + 0.2::float8, '<a>1</a>', 'back\slash ''quoted''');
		grant select on public.typed to public;
		create table public.ruled (id int); insert into public.ruled values (1);
		alter table public.ruled enable row level security; create policy readers on public.ruled using (id > 0);
		grant select on public.ruled to public;`)
	version, err := strconv.Atoi(superuser(t, dsn, "show server_version_num"))
	if err != nil {
		t.Fatal(err)
	}
	database := superuser(t, dsn, "select current_database()")
	const sql = `select *, 'a\' as "lässt" from public.typed where note = 'back\slash ''quoted'''`
	plain := []string{"1", "2024-03-04 05:06:07+00", "2024-03-04", "1 day 02:03:00", `\x0041ff`, "0.30000000000000004", "<a>1</a>", `back\slash 'quoted'`, `a\`}
	tokyo := slices.Clone(plain)
	tokyo[1] = "2024-03-04 14:06:07+09"
	// At 1 ms a server sometimes takes its own clock for a request to cancel.
	clocks := []reason.Reason{reason.StatementTimeout, reason.DatabaseUnavailable, reason.AdminCanceled}
	for _, test := range []struct {
		settings string // name = value; ...
		from     int    // the first major version that has them
		sql      string // "": the query above
		want     []string
		may      []reason.Reason // that a preview may end with; nil: none
	}{
		{settings: "statement_timeout = '1ms'", may: clocks},
		{settings: "statement_timeout = '1ms'; lc_messages = 'de_DE.UTF-8'", may: clocks},
		{settings: "idle_in_transaction_session_timeout = '1ms'", may: clocks},
		{settings: "idle_session_timeout = '1ms'", from: 14, may: clocks},
		{settings: "idle_session_timeout = '50ms'; statement_timeout = '50ms'; idle_in_transaction_session_timeout = '50ms'", from: 14, may: clocks},
		{settings: "transaction_timeout = '1ms'", from: 17, may: clocks},
		{settings: "transaction_timeout = '60ms'", from: 17, may: clocks, sql: "select count(*) from generate_series(1, 2000000)", want: []string{"2000000"}},
		// The role's own limit is the lower one.
		{settings: "statement_timeout = '100ms'", may: clocks, sql: "select count(*) from generate_series(1, 2000000)", want: []string{"2000000"}},
		{settings: "lock_timeout = '1ms'"},
		{settings: "log_statement = 'all'; log_min_duration_statement = 0; log_duration = on"},
		{settings: "default_transaction_isolation = 'serializable'; default_transaction_deferrable = on"},
		{settings: "default_transaction_isolation = 'repeatable read'"},
		{settings: "default_transaction_read_only = on"},
		{settings: "default_transaction_read_only = on; default_transaction_isolation = 'serializable'; statement_timeout = '20s'"},
		{settings: "search_path = ''"},
		{settings: "search_path = public, pg_temp, nowhere, pg_catalog"},
		// Asking for the path makes a schema then, which is a write.
		{settings: "search_path = pg_temp, public", may: []reason.Reason{reason.ReadOnlyViolation}},
		{settings: "role = pg_read_all_data", from: 14},
		{settings: "session_preload_libraries = 'auto_explain'; auto_explain.log_min_duration = 0; auto_explain.log_analyze = on"},
		{settings: "session_preload_libraries = 'no_such_library'", may: []reason.Reason{reason.DatabaseUnavailable}},
		{settings: "row_security = off"},
		{settings: "row_security = off", sql: "select id from public.ruled", may: []reason.Reason{reason.InsufficientPrivilege}},
		{settings: "row_security = on", sql: "select id from public.ruled", want: []string{"1"}},
		{settings: "client_min_messages = debug5"},
		{settings: "client_min_messages = error; log_min_messages = debug5"},
		{settings: "track_activities = off"},
		{settings: "extra_float_digits = -15"},
		{settings: "bytea_output = 'escape'"},
		{settings: "intervalstyle = 'iso_8601'"},
		{settings: "datestyle = 'German, DMY'"},
		{settings: "xmloption = 'document'"},
		{settings: "xmlbinary = 'hex'"},
		{settings: "timezone = 'Asia/Tokyo'", want: tokyo},
		{settings: "lc_messages = 'de_DE.UTF-8'; lc_monetary = 'C'; lc_numeric = 'C'; lc_time = 'C'"},
		{settings: "standard_conforming_strings = off; escape_string_warning = on; backslash_quote = on"},
		{settings: "standard_conforming_strings = off; statement_timeout = '1ms'", may: clocks},
		{settings: "default_text_search_config = 'pg_catalog.german'"},
		{settings: "client_encoding = 'SQL_ASCII'"},
		{settings: "client_encoding = 'LATIN1'"},
		{settings: "jit = on; jit_above_cost = 0; jit_optimize_above_cost = 0; jit_inline_above_cost = 0"},
		{settings: "enable_seqscan = off; enable_indexscan = off; enable_bitmapscan = off; enable_hashjoin = off; enable_sort = off; enable_nestloop = off; enable_mergejoin = off"},
		{settings: "plan_cache_mode = 'force_generic_plan'; constraint_exclusion = 'on'; from_collapse_limit = 1; geqo_threshold = 2"},
		{settings: "debug_print_plan = on; debug_print_parse = on; debug_pretty_print = on"},
		{settings: "transform_null_equals = on; array_nulls = off; quote_all_identifiers = on"},
		{settings: "work_mem = '64kB'; temp_buffers = '800kB'"},
		{settings: "tcp_keepalives_idle = 1; tcp_user_timeout = 1000"},
		{settings: "synchronous_commit = off; vacuum_cost_delay = 10"},
		{settings: "application_name = 'theirs'"},
		{settings: "default_table_access_method = 'heap'; default_tablespace = ''; temp_tablespaces = ''"},
	} {
		name := strings.ReplaceAll(test.settings, " ", "") + test.sql
		t.Run(name, func(t *testing.T) {
			if version/10000 < test.from {
				t.Skipf("PostgreSQL %d has no such setting", version/10000)
			}
			role := "role_" + strings.ToLower(rand.Text())
			superuser(t, dsn, "create role "+role+" login")
			if version/10000 >= 14 {
				superuser(t, dsn, "grant pg_read_all_data to "+role)
			}
			t.Cleanup(func() { superuser(t, dsn, "drop role "+role) })
			for setting := range strings.SplitSeq(test.settings, "; ") {
				_, err := ask(t, dsn, "alter role "+role+" set "+setting)
				switch {
				case err != nil && strings.HasPrefix(setting, "lc_messages"):
					t.Skip("the machine does not have this language")
				case err != nil:
					t.Fatalf("%s: %v", setting, err)
				}
			}
			p := newPreviewer(t, preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(server.DSNFor(role, database)))})
			query, want := sql, plain
			if test.sql != "" {
				query = test.sql
			}
			if test.want != nil {
				want = test.want
			}
			for i := range 4 {
				result, err := p.Preview(t.Context(), preview.Request{SQL: query})
				var e *preview.Error
				switch {
				case errors.As(err, &e):
					t.Logf("%d: %s %s: %s %s", i, e.Reason, e.SQLSTATE, e.Message, e.Hint)
					if !slices.Contains(test.may, e.Reason) || e.Message == "" || e.Hint == "" {
						t.Errorf("%d: %s (%s) %s %s", i, e.Reason, e.SQLSTATE, e.Message, e.Hint)
					}
				case len(result.Rows) != 1:
					t.Errorf("%d: %d rows", i, len(result.Rows))
				default:
					var got []string
					for _, cell := range result.Rows[0] {
						got = append(got, cell.Text)
					}
					if !slices.Equal(got, want) {
						t.Errorf("%d: got %q, want %q", i, got, want)
					}
				}
				// What an author does wrong is said with its place.
				_, err = p.Preview(t.Context(), preview.Request{SQL: "select 'ß' || nope from public.typed"})
				if !errors.As(err, &e) || e.Reason != reason.UndefinedObject && !slices.Contains(test.may, e.Reason) {
					t.Fatalf("%d: an unknown column is answered %v", i, err)
				}
				if e.Reason == reason.UndefinedObject && (e.Position.Column != 15 || e.Message == "") {
					t.Errorf("%d: the place is %+v, the message %s", i, e.Position, e.Message)
				}
			}
		})
	}
}

// superuser asks the server over a connection of its own.
func superuser(t *testing.T, dsn, sql string) string {
	t.Helper()
	answer, err := ask(t, dsn, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

func ask(t *testing.T, dsn, sql string) (string, error) {
	t.Helper()
	conn, err := pgconn.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) // only read from
	results, err := conn.Exec(context.Background(), sql).ReadAll()
	if err != nil || len(results[0].Rows) == 0 {
		return "", err
	}
	return string(results[0].Rows[0][0]), nil
}
