package sqlgen

import (
	"fmt"
	"strings"

	"github.com/op-data/sqlpreview/fuzz/internal/values"
)

// call is a function with an effect, or with a secret for an answer.
type call struct{ name, args string }

// family is a group of functions with the same sort of effect.
type family struct {
	name  string
	calls []call
}

// functionFamilies are functions that READ ONLY does not stop, or that only it
// does. Each call would succeed for a superuser.
var functionFamilies = []family{
	{"lock", []call{{"pg_advisory_lock", "4711"}, {"pg_advisory_lock_shared", "1, 2"}, {"pg_try_advisory_lock", "4711"}, {"pg_try_advisory_lock_shared", "4711"}, {"pg_advisory_xact_lock", "4711"}}},
	{"session", []call{{"pg_terminate_backend", "{pid}"}, {"pg_cancel_backend", "{pid}"}, {"pg_terminate_backend", "{pid}, 100"}, {"pg_log_backend_memory_contexts", "{pid}"}}},
	{"setting", []call{{"set_config", "'statement_timeout', '0', false"}, {"set_config", "'transaction_read_only', 'off', true"}, {"set_config", "'work_mem', '64kB', false"}, {"setseed", "0.5"}}},
	{"wal", []call{{"pg_logical_emit_message", "false, 'fuzz', 'canary'"}, {"pg_logical_emit_message", "true, 'fuzz', 'canary'"}, {"pg_switch_wal", ""}, {"pg_create_restore_point", "'fuzz'"}}},
	{"replication", []call{
		{"pg_create_physical_replication_slot", "'fuzz_slot_' || (random() * 1e9)::int"}, {"pg_create_logical_replication_slot", "'fuzz_slot_' || (random() * 1e9)::int, 'test_decoding'"},
		{"pg_drop_replication_slot", "'canary_slot'"}, {"pg_copy_physical_replication_slot", "'canary_slot', 'fuzz_copy'"}, {"pg_replication_origin_create", "'fuzz_origin'"},
		{"pg_replication_slot_advance", "'canary_slot', pg_current_wal_lsn()"},
	}},
	{"transaction", []call{{"txid_current", ""}, {"pg_current_xact_id", ""}, {"pg_export_snapshot", ""}, {"pg_notify", "'canary', 'x'"}}},
	{"sequence", []call{{"nextval", "'{seq}'"}, {"setval", "'{seq}', 99"}, {"setval", "'{seq}', 99, false"}}},
	{"largeobject", []call{
		{"lo_create", "0"}, {"lo_creat", "-1"}, {"lo_from_bytea", "0, 'x'"}, {"lo_put", "{lo}, 0, 'x'"}, {"lo_unlink", "{lo}"}, {"lo_import", "'{file}'"},
		{"lo_export", "{lo}, '{dir}/exported'"}, {"lo_truncate", "lo_open({lo}, 131072), 0"}, {"lowrite", "lo_open({lo}, 131072), 'x'"}, {"lo_get", "{lo}"},
	}},
	{"file", []call{
		{"pg_read_file", "'{file}'"}, {"pg_read_binary_file", "'{file}'"}, {"pg_ls_dir", "'{dir}'"}, {"pg_stat_file", "'{file}'"}, {"pg_read_file", "'{file}', 0, 100"},
		{"pg_file_write", "'{dir}/written', 'x', true"}, {"pg_file_unlink", "'{dir}/secret.txt'"}, {"pg_file_rename", "'{dir}/secret.txt', '{dir}/moved'"}, {"pg_ls_waldir", ""}, {"pg_ls_logdir", ""},
		{"pg_current_logfile", ""}, {"pg_show_all_file_settings", ""}, {"pg_hba_file_rules", ""}, {"pg_ident_file_mappings", ""}, {"pg_read_server_files", ""},
	}},
	{"admin", []call{
		{"pg_reload_conf", ""}, {"pg_rotate_logfile", ""}, {"pg_stat_reset", ""}, {"pg_stat_reset_shared", "'bgwriter'"}, {"pg_stat_reset_slru", "null"}, {"pg_import_system_collations", "'public'"},
		{"pg_stat_reset_single_table_counters", "'{table}'::regclass"}, {"pg_backup_start", "'fuzz'"}, {"pg_start_backup", "'fuzz'"}, {"pg_promote", "false, 1"}, {"brin_summarize_new_values", "'victim_brin'::regclass"}, {"gin_clean_pending_list", "'victim_gin'::regclass"},
		{"pg_prewarm", "'{table}'"}, {"heap_force_kill", "'{table}'::regclass, array['(0,1)'::tid]"}, {"heap_force_freeze", "'{table}'::regclass, array['(0,1)'::tid]"}, {"pg_truncate_visibility_map", "'{table}'::regclass"},
	}},
	{"network", []call{
		{"dblink", "'host=127.0.0.1 port={port} connect_timeout=1', 'select 1'"}, {"dblink_connect", "'fuzz', 'host=127.0.0.1 port={port} connect_timeout=1'"},
		{"dblink_exec", "'host=127.0.0.1 port={port} connect_timeout=1', 'delete from {table}'"}, {"dblink_connect_u", "'host=127.0.0.1 port={port} connect_timeout=1'"}, {"dblink_send_query", "'fuzz', 'select 1'"},
	}},
	{"text-sql", []call{
		{"query_to_xml", "'select pg_advisory_lock(4712)', true, false, ''"}, {"query_to_xmlschema", "'select 1', true, false, ''"}, {"query_to_xml_and_xmlschema", "'select pg_advisory_lock(4712)', true, false, ''"},
		{"table_to_xml", "'{secrets}', true, false, ''"}, {"schema_to_xml", "'public', true, false, ''"}, {"database_to_xml", "true, false, ''"}, {"cursor_to_xml", "'c', 1, true, false, ''"},
		{"ts_stat", "'select to_tsvector(pg_advisory_lock(4713)::text)'"}, {"ts_rewrite", "'a'::tsquery, 'select ''a''::tsquery, ''b''::tsquery from pg_advisory_lock(4714)'"},
		{"crosstab", "'select pg_advisory_lock(4715)::text, ''a''::text, ''b''::text'"}, {"connectby", "'{table}', 'id', 'id', '1', 1"},
		{"xpath_table", "'id', 'v', '{table}', '/a', 'pg_advisory_lock(4716) is null'"}, {"xpath_table", "'id', 'v', '{secrets}', '/a', 'true'"},
	}},
	{"disclosure", []call{
		{"current_setting", "'primary_conninfo'"}, {"current_setting", "lower('PRIMARY_CONNINFO'), true"}, {"current_setting", "'app.jwt_secret', true"}, {"current_setting", "(select name from pg_settings limit 1)"},
		{"pg_show_all_settings", ""}, {"pg_stat_get_activity", "null"}, {"pg_stat_get_backend_activity", "1"}, {"pg_cursor", ""}, {"pg_prepared_statement", ""},
	}},
	{"user", []call{{"public.trap_write", ""}, {"trap_write", ""}, {"public.trap_temp", ""}, {"public.trap_definer", ""}, {"public.trap_agg", "1"}, {"public.trap_proc_like", "variadic array[1]"}}},
}

// Effectful returns the names of the server's functions above, unqualified:
// none may stand in the plan of an accepted query. Those of the fixture may, in
// a view whose owner put them there; the read-only transaction contains them. Those
// that disclose stand behind the system's own views, whose columns are masked.
func Effectful() map[string]bool {
	names := map[string]bool{"pg_sleep": true, "pg_sleep_for": true, "pg_sleep_until": true}
	for _, f := range functionFamilies {
		if f.name == "user" || f.name == "disclosure" {
			continue
		}
		for _, c := range f.calls {
			names[c.name[strings.LastIndexByte(c.name, '.')+1:]] = true
		}
	}
	return names
}

// call writes a call, its name spelled in one of the many ways.
func (w *writer) call(c call) *Node {
	schema, name := "", c.name
	if at := strings.LastIndexByte(name, '.'); at >= 0 {
		schema, name = name[:at+1], name[at+1:]
	} else if strings.HasPrefix(name, "pg_") && w.chance(3) {
		schema = w.pick("pg_catalog.", `"pg_catalog".`, "PG_CATALOG . ", "pg_catalog/**/.")
	}
	args := c.args
	if args != "" && w.chance(12) && !strings.Contains(args, "variadic") {
		if at := strings.LastIndex(args, ", "); at < 0 {
			args = "all " + args
		}
	}
	return form(Expr, schema+w.spelled(name)+w.pick("", "", "", " ", "/**/", "--\n")+"(¤"+args+"¤)", leaf(Noise, w.pick("", "", " ")), leaf(Noise, w.pick("", "", "/*)*/")))
}

// spelled writes a name as it is, in capitals, quoted, or with escapes.
func (w *writer) spelled(name string) string {
	switch w.Intn(8) {
	case 0:
		return strings.ToUpper(name)
	case 1:
		return ident(name)
	case 2:
		at := w.Intn(len(name))
		return `U&"` + name[:at] + fmt.Sprintf(`\%04x`, name[at]) + name[at+1:] + `"`
	case 3:
		at := w.Intn(len(name))
		return `u&"` + name[:at] + fmt.Sprintf(`!+%06X`, name[at]) + name[at+1:] + `" uescape '!'`
	}
	return name
}

// attribute writes a call that looks like a column: PostgreSQL takes x.f for
// f(x) where x has no column f.
func (w *writer) attribute(t Targets) *Node {
	calls := []call{
		{"pg_advisory_lock", "4720::bigint"}, {"pg_read_file", "'{file}'::text"}, {"pg_sleep", "0.01::float8"}, {"pg_ls_dir", "'{dir}'::text"}, {"pg_terminate_backend", "{pid}::int4"},
		{"nextval", "'{seq}'::regclass"}, {"lo_unlink", "{lo}::oid"}, {"setseed", "0.5::float8"}, {"lo_get", "{lo}::oid"}, {"pg_export_snapshot", "1"}, {"trap_row", "t"},
	}
	c := calls[w.Intn(len(calls))]
	name, arg := w.spelled(c.name), t.fill(c.args)
	query := w.pick(
		"select ({arg}).{f}", "select ({arg}) . {f}", "select (({arg})).{f}", "select x.{f} from (select {arg}) s(x)", "select ((x)).{f} from (select {arg} as x) s",
		"select f.{f} from unnest(array[{arg}]) f", "select (f).{f} from unnest(array[{arg}]) as f", "select f.{f} from generate_series({arg}, {arg}) f",
		"select (array[{arg}])[1].{f}", "select ((array[{arg}])[1]).{f}", "select (select {arg}).{f}", "select (case when true then {arg} end).{f}",
		"select 1 from unnest(array[{arg}]) f where f.{f} is null", "select 1 from unnest(array[{arg}]) f order by f.{f}", "select 1 from unnest(array[{arg}]) f group by f.{f}",
		"select t.{f} from public.victim t", "select (t).{f} from public.victim t", "select public.victim.{f} from public.victim", "select (t.*).{f} from public.victim t",
		"with f as (select {arg} as g) select f.{f} from f", "select (row({arg})).{f}", "select cast({arg} as bigint).{f}", "select (coalesce({arg})).{f}")
	return w.disguise(leaf(Query, strings.NewReplacer("{arg}", arg, "{f}", name).Replace(query)))
}

// catalogFunction calls any function of the server with arguments of its types.
func (w *writer) catalogFunction() *Node {
	if len(w.schema.Functions) == 0 {
		return form(Query, "select ¤", w.call(call{"pg_backend_pid", ""}))
	}
	f := w.schema.Functions[w.Intn(len(w.schema.Functions))]
	args := make([]string, len(f.Args))
	for i, t := range f.Args {
		args[i] = w.argument(t)
	}
	text := f.Name + "(" + strings.Join(args, ", ") + ")"
	if f.Set || w.chance(4) {
		return form(Query, "select * from ¤ x", leaf(Relation, text))
	}
	return w.place(leaf(Expr, text))
}

// argument writes a value of a type that a function takes.
func (w *writer) argument(name string) string {
	for _, t := range values.Types() {
		if t.Name == name || aliases[name] == t.Name {
			return t.Literal(w.Rand)
		}
	}
	switch name {
	case "regclass":
		return "'public.victim'::regclass"
	case "anyelement", "anynonarray", "anycompatible", "any", `"any"`:
		return w.pick("1", "'x'::text", "null::int")
	case "anyarray", "anycompatiblearray":
		return "array[1,2]"
	case "cstring":
		return "'1'::cstring"
	case "record":
		return "row(1)"
	case "anyenum":
		return "null"
	}
	return w.pick("null::"+name, "'1'::"+name, "'public'::"+name)
}

// aliases are the names that format_type uses for types of the values package.
var aliases = map[string]string{
	"smallint": "int2", "integer": "int4", "bigint": "int8", "real": "float4", "double precision": "float8", "boolean": "bool", "character varying": "text",
	"character": "text", "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz", "time without time zone": "time",
	"time with time zone": "timetz", "bit varying": "varbit", "bit": "bit(5)", "integer[]": "int4[]", "internal": "text",
}

// PlainCalls returns a statement for each function with an effect, calling it
// without any disguise.
func PlainCalls(t Targets) []string {
	t = t.withDefaults()
	var statements []string
	for _, f := range functionFamilies {
		for _, c := range f.calls {
			statements = append(statements, "select "+c.name+"("+t.fill(c.args)+")")
		}
	}
	return statements
}
