package sqlgen

// shadowed are calls and operators of pg_catalog's names that the fixture has
// functions of its own for, which write.
var shadowed = []string{
	"to_ascii('x'::varchar)", "(select to_ascii(v::varchar) from public.victim limit 1)", "public.to_ascii('x'::varchar)", "TO_ASCII('x'::character varying)", "'x'::varchar |>> 1::smallint", "bit_length(1::smallint)",
	"coalesce(to_ascii('x'::varchar(3)), 'y')", "(select to_ascii(c) from (select 'x'::varchar as c) s)", "(select f.to_ascii from unnest(array['x'::varchar]) f)", "bit_length(2::smallint)", "'x'::varchar operator(public.|>>) 1::smallint",
}

// lying are functions that the fixture declares to be harmless and that are not.
var lying = []string{
	"public.trap_lock_immutable()", "public.trap_write_stable()", "public.trap_setting_stable()", "public.trap_notify_stable()", "public.trap_listen_stable()", "public.trap_temp_stable()", "trap_lock_immutable()",
	"public.trap_prepare_stable()", "public.trap_question_stable()", "public.trap_seq_stable()",
}

// operators are the fixture's own, whose functions write or lock.
var operators = []string{
	"1 ### 2", "1 operator(public.###) 2", "'a'::text ~~~~ 'b'::text", "!!! 1", "1 = any (array[1]) and (1 ### 2) is null", "3 ### all (array[1,2])", "3 operator(public.###) any (array[1,2])", "row(1) = row(1) and (2 ### 2) = 1", "nullif(1 ### 2, 3)",
	"(select 1 ### 2)", "(1, 2) = (1 ### 1, 2)", "case 1 when 1 ### 2 then 3 end",
}

// casts are the fixture's own, whose functions write or lock.
var casts = []string{
	"row(1)::public.trap_type::refcursor", "(row(1)::public.trap_type)::refcursor || 'x'", "cast(row(1)::public.trap_type as refcursor)", "5::public.trap_domain", "'5'::public.trap_domain", "cast('7' as public.trap_domain)", "array[1]::public.trap_domain[]",
	"public.trap_domain '9'", "refcursor(row(1)::public.trap_type)", "'{5}'::public.trap_domain[]", "jsonb_populate_record(null::public.trap_holder, '{\"d\": 5}')", "(select x::public.trap_domain from generate_series(1, 2) x)",
}

// relations are the fixture's own; reading them makes something happen.
var relations = []string{
	"public.trap_view", "public.trap_view_lock", "public.trap_rls", "public.victim_partitioned", "public.trap_rule", "public.victim_seq", "public.trap_matview", "trap_view",
}

// slow are expressions that take longer than a preview may.
var slow = []string{
	"pg_sleep(30)", "pg_sleep_for('30 seconds')", "pg_sleep_until(now() + interval '30 seconds')", "(select count(*) from generate_series(1, 1e11))", "(select count(*) from pg_attribute a, pg_attribute b, pg_attribute c)",
	"(with recursive r as (select 1 as n union all select n + 1 from r) select max(n) from r)", "repeat('a', 30) ~ '(a|a|aa)+(a|b)*(a|c)*$x'", "factorial(30000)", "(2::numeric ^ 100000)", "(with recursive r as (select 1 union all select 1 from r) select count(*) from r)",
	"power(9.9999::numeric, 90000.5)", "regexp_replace(repeat('a', 20000), '(.*)(.*)(.*)b', 'x')", "length(repeat('a', 1000000000))", "sum(1) over (order by generate_series(1, 100000000))",
}

// big are queries whose answer is larger than a preview may be.
var big = []string{
	"select repeat('x', 100000000)", "select repeat('x', 40000000)", "select repeat('x', 30000000), repeat('y', 30000000)", "select repeat('x', 60000000) || 'é' as c", "select repeat('x', 10000000) from generate_series(1, 100)", "select repeat('é', 2000) from generate_series(1, 100)", "select * from generate_series(1, 10000000)", "select string_agg(repeat('y', 1000), '') from generate_series(1, 10000)",
	"select convert_to(repeat('z', 5000000), 'UTF8')", "select array_agg(n) from generate_series(1, 100000) n", "select jsonb_agg(n) from generate_series(1, 100000) n", "select repeat('a', 1023) || 'é' || repeat('b', 100)", "select repeat(U&'\\+01F468\\200D', 600)",
	"select * from (select repeat('w', 1024) a, repeat('w', 1024) b, repeat('w', 1024) c, repeat('w', 1024) d, repeat('w', 1024) e, repeat('w', 1024) f, repeat('w', 1024) g, repeat('w', 1024) h, repeat('w', 1024) i, repeat('w', 1024) j, repeat('w', 1024) k, repeat('w', 1024) l) x, generate_series(1, 200)",
	"select n as \"" + longName + "\" from generate_series(1, 200) n", "select row(repeat('x', 1000000), repeat('y', 1000000))", "select a.* from generate_series(1, 101) a", "select a.* from generate_series(1, 100) a", "select e'\\x41' || repeat(e'\\r\\n', 600)", "select xmlelement(name a, repeat('<', 1000000))",
	"select array_fill(0, array[3000000])", "select a, a.*, b.*, c.* from pg_class a, pg_class b, pg_class c", "select '' from generate_series(1, 100000)", "select from generate_series(1, 100000)", "select null from generate_series(1, 1000)", "select lpad('', 100000, '=1+1')",
}

const longName = "a_column_name_of_exactly_sixty_three_bytes_which_is_the_maximum"

// errorLeak makes the server speak of a secret in an error, a notice or a name.
func (w *writer) errorLeak(t Targets) *Node {
	value := "(select token from " + t.Secrets + " limit 1)"
	return w.place(leaf(Expr, replaceAll(w.pick(
		"{v}::int", "{v}::regclass", "{v}::regproc", "{v}::regtype", "{v}::regnamespace", "{v}::regrole", "{v}::regoper", "{v}::regconfig", "{v}::regdictionary", "{v}::regcollation", "{v}::date", "{v}::json", "('{\"a\": ' || {v})::jsonb", "{v}::inet", "{v}::uuid", "{v}::numeric", "{v}::bool", "{v}::interval",
		"{v}::point", "{v}::xml", "{v}::int[]", "{v}::bit(3)", "{v}::money", "{v}::macaddr", "{v}::tsquery", "{v}::jsonpath", "{v}::pg_lsn", "{v}::xid8", "{v}::int4range", "has_table_privilege({v}, 'select')", "has_schema_privilege({v}, 'usage')", "has_database_privilege({v}, 'connect')", "has_function_privilege({v}, 'execute')",
		"has_column_privilege('public.victim', {v}, 'select')", "current_setting({v})", "to_timestamp({v}, 'YYYY')", "to_number({v}, {v})", "to_date({v}, 'YYYY-MM-DD')", "encode('x', {v})", "decode({v}, 'hex')", "convert_from('x', {v})", "now() at time zone {v}", "regexp_match('a', '(' || {v})", "'a' similar to 'b' escape {v}", "'a' like 'b' escape {v}",
		"('{}'::jsonb) @@ ({v})::jsonpath", "jsonb_path_query('{}', ({v})::jsonpath)", "pg_get_serial_sequence({v}, 'a')", "date_trunc({v}, now())", "extract(epoch from {v}::timestamptz)", "xmlparse(document {v})", "xpath({v}, '<a/>')", "set_byte('x', length({v}), 1)", "{v}::\"char\"::int / 0",
		"array_fill(0, array[length({v}) * -1])", "to_regclass({v} || '.')", "jsonb_set('{}', array[null], '1', true) || {v}::jsonb", "format('%' || {v}, 1)", "make_date(length({v}), 99, 1)", "string_to_array({v}, ',')::int[]", "{v} collate \"nope\"", "pg_input_is_valid({v}, 'nope')", "ts_headline({v}::regconfig, 'a', 'b')", "setweight('a', {v}::\"char\")"), "{v}", value)))
}

// raisedLeak lets a function of the database speak of a secret.
func (w *writer) raisedLeak(t Targets) *Node {
	value := "(select token from " + t.Secrets + " limit 1)"
	return w.place(leaf(Expr, replaceAll(w.pick("public.trap_raise({v})", "public.trap_notice({v})", "public.trap_raise_detail({v})", "public.trap_raise_plain({v})"), "{v}", value)))
}

// catalogRelation reads a relation of the server's own, whole or by column.
func (w *writer) catalogRelation() *Node {
	of := []string{"pg_catalog.pg_authid", "pg_catalog.pg_shadow", "pg_catalog.pg_user_mappings", "pg_catalog.pg_user_mapping", "pg_catalog.pg_subscription", "pg_catalog.pg_stats", "pg_catalog.pg_statistic", "pg_catalog.pg_foreign_server", "pg_catalog.pg_largeobject", "pg_catalog.pg_hba_file_rules", "pg_catalog.pg_file_settings", "information_schema.user_mapping_options", "pg_catalog.pg_stat_activity", "pg_catalog.pg_settings", "pg_catalog.pg_db_role_setting", "pg_catalog.pg_attribute"}
	if len(w.schema.Relations) > 0 && w.chance(2) {
		of = w.schema.Relations
	}
	name := w.pick(of...)
	query := form(Query, w.pick("select * from ¤ x", "select x from ¤ x", "select to_jsonb(x) from ¤ x", "select x::text from ¤ x", "table ¤", "select count(*) from ¤ x", "select row_to_json(x)::text from ¤ x", "select string_agg(x::text, ' ') from ¤ x", "select * from only ¤ x"), leaf(Relation, name))
	if w.chance(3) {
		query = w.bury(query)
	}
	return w.disguise(query)
}
