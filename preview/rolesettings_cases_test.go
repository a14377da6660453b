package preview_test

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/reason"
)

// roleSettings is what an administrator has set for a role, and what a preview then
// gives.
type roleSettings struct {
	settings string          // name = value; ...
	from     int             // the first major version of PostgreSQL that has them
	sql      string          // default: typedQuery
	want     []string        // the row; default: typedRow
	may      []reason.Reason // that a preview may end with; nil: none
}

// typedTable is what typedQuery reads, with a value of every type that a setting may
// change the text of.
const typedTable = `
	create table public.typed (id int primary key, at timestamptz, day date, span interval, bytes bytea, ratio float8, doc xml, note text);
	insert into public.typed values (1, '2024-03-04 05:06:07+00', '2024-03-04', '1 day 02:03', '\x0041ff', 0.1::float8 + 0.2::float8, '<a>1</a>', 'back\slash ''quoted''');
	grant select on public.typed to public;`

const typedQuery = `select *, 'a\' as "lässt" from public.typed where note = 'back\slash ''quoted'''`

var typedRow = []string{"1", "2024-03-04 05:06:07+00", "2024-03-04", "1 day 02:03:00", `\x0041ff`, "0.30000000000000004", "<a>1</a>", `back\slash 'quoted'`, `a\`}

// allRoleSettings returns the cases of TestSettingsOfARole.
func allRoleSettings() []roleSettings {
	tokyo := slices.Clone(typedRow)
	tokyo[1] = "2024-03-04 14:06:07+09"
	// At 1 ms a server sometimes takes its own timeout for a request to cancel.
	timeouts := []reason.Reason{reason.StatementTimeout, reason.DatabaseUnavailable, reason.AdminCanceled}
	return []roleSettings{
		{settings: "statement_timeout = '1ms'", may: timeouts},
		{settings: "statement_timeout = '1ms'; lc_messages = 'de_DE.UTF-8'", may: timeouts},
		{settings: "idle_in_transaction_session_timeout = '1ms'", may: timeouts},
		{settings: "idle_session_timeout = '1ms'", from: 14, may: timeouts},
		{settings: "idle_session_timeout = '50ms'; statement_timeout = '50ms'; idle_in_transaction_session_timeout = '50ms'", from: 14, may: timeouts},
		{settings: "transaction_timeout = '1ms'", from: 17, may: timeouts},
		{settings: "transaction_timeout = '60ms'", from: 17, may: timeouts, sql: "select count(*) from generate_series(1, 2000000)", want: []string{"2000000"}},
		// The role's own limit is the lower one.
		{settings: "statement_timeout = '100ms'", may: timeouts, sql: "select count(*) from generate_series(1, 2000000)", want: []string{"2000000"}},
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
		{settings: "standard_conforming_strings = off; statement_timeout = '1ms'", may: timeouts},
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
	}
}
