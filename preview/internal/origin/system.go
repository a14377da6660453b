package origin

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/sanitize"
)

// systemColumns are columns of PostgreSQL's own relations, and of widespread
// extensions', that can hold a secret or other people's data. They were found by
// going through every column of every catalog and system view of PostgreSQL 14 to 18:
//
//   - the values of settings: a connection string, a key that an owner keeps in a
//     setting of his own. pg_settings has its own rule, since most of its rows are
//     harmless (settingsNamed);
//   - the text of statements that other sessions run or have run, with the values
//     in it: those of other authors too, since previews share a role;
//   - options of foreign tables, wrappers and columns: some wrappers take keys there;
//   - the value that a column added with a default has in the rows before it.
//
// Definitions (of functions, views, triggers, constraints, defaults) are the
// database's design and stay visible. What guard refuses by name (password
// hashes, connection strings, statistics of columns) is masked where a view of the
// database's own shows it.
var systemColumns = map[string][]string{
	"pg_catalog.pg_settings":                          {"setting", "reset_val"},
	"pg_catalog.pg_db_role_setting":                   {"setconfig"},
	"pg_catalog.pg_roles":                             {"rolconfig"},
	"pg_catalog.pg_user":                              {"useconfig"},
	"pg_catalog.pg_stat_activity":                     {"query"},
	"pg_catalog.pg_proc":                              {"proconfig"},
	"pg_catalog.pg_prepared_statements":               {"statement"},
	"pg_catalog.pg_cursors":                           {"statement"},
	"pg_catalog.pg_backend_memory_contexts":           {"ident"},
	"pg_catalog.pg_foreign_data_wrapper":              {"fdwoptions"},
	"pg_catalog.pg_foreign_table":                     {"ftoptions"},
	"pg_catalog.pg_attribute":                         {"attfdwoptions", "attmissingval"},
	"information_schema.foreign_data_wrapper_options": {"option_value"},
	"information_schema.foreign_table_options":        {"option_value"},
	"information_schema.column_options":               {"option_value"},
	"information_schema._pg_foreign_data_wrappers":    {"fdwoptions"},
	"information_schema._pg_foreign_tables":           {"ftoptions"},
	"information_schema._pg_foreign_table_columns":    {"attfdwoptions"},
	"pg_stat_statements":                              {"query"},
	"pg_stat_monitor":                                 {"query", "top_query", "bind_variables", "comments", "query_plan", "planid", "message"},
	"pg_stat_plans":                                   {"query", "plan"},
	"pg_store_plans":                                  {"query", "plan"},
	"pg_show_plans":                                   {"query", "plan"},
	"pg_show_plans_q":                                 {"query", "plan"},
	"pg_password_history":                             {"password_hash"},
	"pgq_node.node_location":                          {"node_location"},
	"pg_stat_kcache_detail":                           {"query"},
	"pg_track_settings_history":                       {"setting", "setting_pretty"},
	"pg_track_db_role_settings_history":               {"setting"},
	"pg_track_settings_settings_src_tmp":              {"setting", "current_setting"},
	"pg_track_settings_rds_src_tmp":                   {"setting"},
	"powa_statements":                                 {"query"},
	"powa_statements_src_tmp":                         {"query"},
	"powa_servers":                                    {"hostname", "username", "password"},
	"powa_qualstats_constvalues_history":              {"most_used", "most_filtering", "least_filtering", "most_executed", "most_errestim_ratio", "most_errestim_num"},
	"powa_qualstats_constvalues_history_current":      {"constvalues"},
	"powa_qualstats_src_tmp":                          {"constvalues"},
	"powa_stat_wal_receiver_src_tmp":                  {"conninfo"},
	"pg_qualstats":                                    {"constvalue"},
	"pg_qualstats_all":                                {"constvalue", "constvalues"},
	"pg_qualstats_pretty":                             {"constvalue"},
	"pg_qualstats_by_query":                           {"constvalues"},
	"citus_stat_activity":                             {"query"},
	"citus_dist_stat_activity":                        {"query"},
	"citus_worker_stat_activity":                      {"query"},
	"citus_lock_waits":                                {"blocked_statement", "current_statement_in_blocking_process"},
	"citus_stat_statements":                           {"query"},
	"pg_dist_authinfo":                                {"authinfo"},
	"pg_dist_poolinfo":                                {"poolinfo"},
	"cron.job":                                        {"command"},
	"cron.job_run_details":                            {"command", "return_message"},
	"net.http_request_queue":                          {"url", "headers", "body"},
	"net._http_response":                              {"headers", "content"},
	"pglogical.node_interface":                        {"if_dsn"},
	"pglogical.queue":                                 {"message"},
	"pgl_ddl_deploy.events":                           {"ddl_sql_raw", "ddl_sql_sent"},
	"pgl_ddl_deploy.exceptions":                       {"ddl_sql", "err_msg"},
	"pgl_ddl_deploy.unhandled":                        {"ddl_sql_raw"},
	"pgl_ddl_deploy.queue":                            {"message"},
	"pgl_ddl_deploy.killed_blockers":                  {"query"},
	"pgl_ddl_deploy.subscriber_logs":                  {"ddl_sql", "full_ddl_sql", "error_message"},
	"londiste.applied_execute":                        {"execute_sql"},
	"pgagent.pga_jobstep":                             {"jstconnstr", "jstcode"},
	"pgagent.pga_jobsteplog":                          {"jsloutput"},
	"dblink_mapping_mimeo":                            {"data_source", "username", "pwd"},
	"repmgr.nodes":                                    {"conninfo"},
}

// settings is the view whose rows guard knows how to tell apart.
const settings = "pg_settings"

func isSettings(r *catalog.Relation) bool { return r.Schema == "pg_catalog" && r.Name == settings }

// listedColumns are the columns of a relation that systemColumns lists. Relations of
// extensions can lie in any schema.
func listedColumns(r *catalog.Relation) []string {
	if listed, ok := systemColumns[r.Schema+"."+r.Name]; ok {
		return listed
	}
	return systemColumns[r.Name]
}

// systemRule returns the rule of a column that can hold a secret or other people's
// data, or "".
func (p *pass) systemRule(r *catalog.Relation, column string) string {
	policy := p.masks.policy
	if policy.AllowsRelation(r.Schema, r.Name) {
		return ""
	}
	if policy.ColumnHoldsSecrets(r.Schema, r.Name, column) || slices.Contains(listedColumns(r), column) {
		return sanitize.RuleSystemColumn
	}
	return ""
}
