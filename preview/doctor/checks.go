package doctor

// check asks the catalogs one question. Its query returns the names of what
// there is to complain about; no row means that all is well.
type check struct {
	id       string
	severity Severity
	// query returns one column of names, already quoted as identifiers.
	query   string
	message string
	// advice is a sentence that is right for every role.
	advice string
	// remedy is SQL that takes something from the role alone, for a role that is
	// used for nothing but previews; {role} and {name} stand for the role and for
	// each name, one statement a name. It never takes anything from public or
	// another role, and never the superuser's attribute: the last superuser of a
	// server cannot be made again.
	remedy string
	// evenSuper asks although the role is a superuser.
	evenSuper bool
}

// The queries run with search_path = pg_catalog, so every name in them is
// PostgreSQL's own. "me" is every role whose rights the role has or can take.
const me = `with me as (select * from pg_roles r where pg_has_role(current_user, r.oid, 'MEMBER')) `

// userObject keeps PostgreSQL's own objects out.
const userObject = ` n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg\_temp\_%' escape '\' and n.nspname not like 'pg\_toast\_temp\_%' escape '\' `

var checks = []check{
	{
		id: "superuser", severity: Critical, evenSuper: true,
		query:   `select format('%I', current_user) from pg_roles where rolname = current_user and rolsuper`,
		message: "the role is a superuser: it can read and write everything, run programs and read files on the server",
		advice:  "Use another role for previews, and leave this one as it is.",
	},
	{
		id: "can-become-superuser", severity: Critical,
		query:   me + `select format('%I', rolname) from me where rolsuper`,
		message: "the role can become a superuser (SET ROLE)",
		advice:  "Use another role for previews.",
		remedy:  `revoke {name} from {role};`,
	},
	{
		id: "server-files", severity: Critical,
		query:   me + `select format('%I', rolname) from me where rolname in ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')`,
		message: "the role can read or write files of the server, or run programs there",
		advice:  "Use another role for previews.",
		remedy:  `revoke {name} from {role};`,
	},
	{
		id: "role-attributes", severity: Serious,
		query: me + `select distinct attribute from me, lateral (values ('createrole', rolcreaterole), ('createdb', rolcreatedb),
			('replication', rolreplication), ('bypassrls', rolbypassrls)) as v(attribute, has) where has`,
		message: "the role, or one that it can become, has attributes that a preview never needs",
		advice:  "Use another role for previews.",
		remedy:  `alter role {role} no{name};`,
	},
	{
		id: "powerful-memberships", severity: Serious,
		query: me + `select format('%I', rolname) from me where rolname in ('pg_write_all_data', 'pg_signal_backend', 'pg_database_owner',
			'pg_create_subscription', 'pg_maintain', 'pg_checkpoint', 'pg_signal_autovacuum_worker', 'pg_read_all_data')`,
		message: "the role is a member of roles that change data, disturb other sessions or read everything, password hashes included",
		advice:  "Use another role for previews.",
		remedy:  `revoke {name} from {role};`,
	},
	{
		id: "owns-objects", severity: Serious,
		query: me + `, owned as (
			select 'database ' || quote_ident(d.datname) as name from pg_database d, me where d.datdba = me.oid and d.datname = current_database()
			union select 'schema ' || quote_ident(n.nspname) from pg_namespace n, me where n.nspowner = me.oid and` + userObject + `
			union select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace, me
				where c.relowner = me.oid and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and` + userObject + `
			union select format('%I.%I()', n.nspname, p.proname) from pg_proc p join pg_namespace n on n.oid = p.pronamespace, me
				where p.proowner = me.oid and` + userObject + `)
			select name from owned order by name`,
		message: "the role, or one that it can become, owns objects; an owner can change, drop and grant them",
		advice:  "Use another role for previews: what an owner may do cannot be taken from it in earnest.",
	},
	{
		id: "write-grants", severity: Serious,
		query: me + `select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
			where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.oid <> 'pg_catalog.pg_settings'::regclass
			and not exists (select from me where me.oid = c.relowner)
			and exists (select from me where has_table_privilege(me.oid, c.oid, 'INSERT,UPDATE,DELETE,TRUNCATE')
				or has_any_column_privilege(me.oid, c.oid, 'INSERT,UPDATE')) order by 1`,
		message: "the role may write to tables or views",
		advice:  "Use another role for previews.",
		remedy:  `revoke insert, update, delete, truncate, references, trigger on {name} from {role};`,
	},
	{
		id: "sequence-grants", severity: Serious,
		query: me + `select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
			where c.relkind = 'S' and not exists (select from me where me.oid = c.relowner)
			and exists (select from me where has_sequence_privilege(me.oid, c.oid, 'USAGE,UPDATE')) order by 1`,
		message: "the role may advance sequences",
		advice:  "Use another role for previews.",
		remedy:  `revoke usage, update on sequence {name} from {role};`,
	},
	{
		id: "create-grants", severity: Serious,
		query: me + `select 'schema ' || quote_ident(n.nspname) from pg_namespace n where not exists (select from me where me.oid = n.nspowner)
			and exists (select from me where has_schema_privilege(me.oid, n.oid, 'CREATE'))
			and n.nspname not like 'pg\_temp\_%' escape '\' and n.nspname not like 'pg\_toast\_temp\_%' escape '\'
			union all select 'database ' || quote_ident(d.datname) from pg_database d where d.datname = current_database()
			and not exists (select from me where me.oid = d.datdba)
			and exists (select from me where has_database_privilege(me.oid, d.oid, 'CREATE'))`,
		message: "the role may create objects, and so a function that others call by mistake (CVE-2018-1058)",
		advice:  "Use a role that may not create objects. Before PostgreSQL 15 every role may, in schema public.",
		remedy:  `revoke create on {name} from {role};`,
	},
	{
		id: "secret-catalogs", severity: Serious,
		query: me + `select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
			where n.nspname = 'pg_catalog' and c.relname in ('pg_authid', 'pg_shadow', 'pg_statistic', 'pg_statistic_ext_data',
				'pg_user_mapping', 'pg_largeobject', 'pg_hba_file_rules', 'pg_file_settings')
			and exists (select from me where has_table_privilege(me.oid, c.oid, 'SELECT')) order by 1`,
		message: "the role may read catalogs that hold passwords, other tables' values or the server's files",
		advice:  "Use another role for previews.",
		remedy:  `revoke select on {name} from {role};`,
	},
	{
		id: "dangerous-functions", severity: Serious,
		query: me + `select distinct format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
			from pg_proc p join pg_namespace n on n.oid = p.pronamespace
			where p.proname in (` + dangerousFunctions + `)
			and not (p.proname like 'pg\_replication\_origin\_%' escape '\' and current_setting('server_version_num')::int < 140000)
			and (n.nspname = 'pg_catalog' or exists (select from pg_depend d
				where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'))
			and exists (select from me where has_function_privilege(me.oid, p.oid, 'EXECUTE')) order by 1`,
		message: "the role may call functions that reach files, other servers, other sessions or the write-ahead log",
		advice:  "Use another role for previews.",
		remedy:  `revoke execute on function {name} from {role};`,
	},
	{
		id: "definer-functions", severity: Warning,
		query: me + `select distinct format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
			from pg_proc p join pg_namespace n on n.oid = p.pronamespace
			where p.prosecdef and` + userObject + `and not exists (select from me where me.oid = p.proowner)
			and exists (select from me where has_function_privilege(me.oid, p.oid, 'EXECUTE')) order by 1`,
		message: "the role may call functions that run with their owner's rights (SECURITY DEFINER)",
		advice:  "Look at what these functions do; the guard lets a preview call those that are not declared volatile.",
		remedy:  `revoke execute on function {name} from {role};`,
	},
	{
		id: "untrusted-languages", severity: Warning,
		query: me + `select distinct format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
			from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
			where not l.lanpltrusted and l.lanname not in ('internal', 'c') and` + userObject + `
			and exists (select from me where has_function_privilege(me.oid, p.oid, 'EXECUTE')) order by 1`,
		message: "the role may call functions in languages that can do anything on the server",
		advice:  "Look at what these functions do; the guard lets a preview call those that are not declared volatile.",
		remedy:  `revoke execute on function {name} from {role};`,
	},
	{
		id: "monitoring-memberships", severity: Warning,
		query:   me + `select format('%I', rolname) from me where rolname in ('pg_monitor', 'pg_read_all_stats', 'pg_read_all_settings', 'pg_stat_scan_tables')`,
		message: "the role can read other sessions' queries, values in them included, or settings that hold secrets",
		advice:  "Use another role for previews.",
		remedy:  `revoke {name} from {role};`,
	},
	{
		id: "other-memberships", severity: Warning,
		query:   me + `select format('%I', rolname) from me where rolname <> current_user and rolname not like 'pg\_%' escape '\' and not rolsuper`,
		message: "the role is a member of other roles, whose rights may grow without anybody thinking of previews",
		advice:  "Use a role that is a member of no other.",
		remedy:  `revoke {name} from {role};`,
	},
	{
		id: "foreign-servers", severity: Warning,
		query: me + `select quote_ident(s.srvname) from pg_foreign_server s
			where exists (select from me where has_server_privilege(me.oid, s.oid, 'USAGE')) order by 1`,
		message: "the role may use foreign servers: a preview can then act on another database",
		advice:  "Use another role for previews.",
		remedy:  `revoke usage on foreign server {name} from {role};`,
	},
	{
		id: "read-only-default", severity: Advice, evenSuper: true,
		query:   `select name from pg_settings where name = 'default_transaction_read_only' and reset_val <> 'on'`,
		message: "transactions of the role are not read-only by default",
		advice:  "Every preview is read-only in any case; this would be a second defence.",
		remedy:  `alter role {role} set default_transaction_read_only = on;`,
	},
	{
		id: "connection-limit", severity: Advice,
		query:   `select format('%I', rolname) from pg_roles where rolname = current_user and rolconnlimit < 0`,
		message: "the role has no limit of connections",
		advice:  "The setting sessions bounds what one sidecar opens.",
		remedy:  `alter role {role} connection limit 10;`,
	},
	{
		id: "string-syntax", severity: Advice, evenSuper: true,
		query:   `select name from pg_settings where name = 'standard_conforming_strings' and reset_val <> 'on'`,
		message: "standard_conforming_strings is off, so the server reads strings in another way than the guard; every preview turns it on for itself",
		remedy:  `alter role {role} set standard_conforming_strings = on;`,
	},
	{
		id: "no-encoding", severity: Advice, evenSuper: true,
		query:   `select getdatabaseencoding() where getdatabaseencoding() = 'SQL_ASCII'`,
		message: "the database has no encoding (SQL_ASCII): what is no UTF-8 is replaced in previews",
	},
	{
		id: "nothing-to-read", severity: Advice,
		query: `select quote_ident(current_database()) where not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
			where c.relkind in ('r', 'p', 'v', 'm', 'f') and` + userObject + `
			and has_schema_privilege(n.oid, 'USAGE') and has_any_column_privilege(c.oid, 'SELECT'))`,
		message: "the role can read no table of this database",
		advice:  "Grant SELECT on what may be previewed.",
		remedy:  `grant select on all tables in schema public to {role};`,
	},
	{
		id: "public-functions", severity: Note,
		query: `select distinct p.proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
			where n.nspname = 'pg_catalog' and p.proname in (` + publicFunctions + `) and has_function_privilege(p.oid, 'EXECUTE') order by 1`,
		message: "the role may call functions with effects that PostgreSQL gives to everybody; the guard refuses them by name",
		advice:  "Nothing needs to be done; applications may rely on these functions.",
	},
	{
		id: "temporary-tables", severity: Note,
		query:   `select quote_ident(current_database()) where has_database_privilege(current_database(), 'TEMPORARY')`,
		message: "the role may make temporary tables, which PostgreSQL allows everybody; the guard refuses the statements",
		advice:  "Nothing needs to be done; applications may rely on temporary tables.",
	},
}

// dangerousFunctions are not for everybody on a server as it is installed, or
// come with an extension. Left out are those that look at the caller themselves
// (replication slots ask for REPLICATION, pg_read_file_old, before 14 pg_replication_origin_*
// and before 15 pg_log_backend_memory_contexts for a superuser) and those that only list and measure,
// which come with pg_monitor.
const dangerousFunctions = `
'pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'pg_stat_file', 'pg_file_read',
'pg_file_write', 'pg_file_rename', 'pg_file_unlink', 'pg_file_sync', 'pg_logdir_ls', 'lo_import', 'lo_export',
'dblink', 'dblink_connect', 'dblink_connect_u', 'dblink_exec', 'dblink_open', 'dblink_send_query',
'pg_reload_conf', 'pg_rotate_logfile', 'pg_switch_wal', 'pg_create_restore_point', 'pg_promote',
'pg_wal_replay_pause', 'pg_wal_replay_resume', 'pg_backup_start', 'pg_backup_stop', 'pg_start_backup', 'pg_stop_backup',
'pg_replication_origin_create', 'pg_replication_origin_drop',
'pg_stat_reset', 'pg_stat_reset_shared', 'pg_stat_reset_single_table_counters', 'pg_stat_reset_single_function_counters',
'pg_stat_reset_slru', 'pg_stat_reset_replication_slot', 'pg_stat_reset_subscription_stats', 'pg_stat_statements_reset',
'pg_config', 'pg_hba_file_rules', 'pg_show_all_file_settings',
'heap_force_kill', 'heap_force_freeze', 'pg_prewarm', 'autoprewarm_start_worker', 'get_raw_page', 'pg_truncate_visibility_map',
'file_fdw_handler', 'http_get', 'http_post', 'http_put', 'http_delete', 'http', 'schedule', 'unschedule', 'schedule_in_database'`

// publicFunctions have effects, and everybody may call them on a server as it
// is installed. set_config, pg_notify and pg_advisory_unlock_all are left out:
// the previews themselves need the first and the last, and the second is undone.
const publicFunctions = `
'lo_create', 'lo_creat', 'lo_from_bytea', 'lo_open', 'lo_put', 'lo_truncate', 'lo_truncate64', 'lo_unlink', 'lowrite',
'pg_advisory_lock', 'pg_advisory_lock_shared', 'pg_try_advisory_lock', 'pg_try_advisory_lock_shared',
'pg_cancel_backend', 'pg_terminate_backend', 'pg_logical_emit_message', 'pg_export_snapshot', 'pg_sleep', 'pg_sleep_for',
'pg_sleep_until', 'query_to_xml', 'database_to_xml', 'ts_stat'`
