package sqlgen

import "strings"

// trapTables are the tables of the traps and their columns.
var trapTables = []struct {
	name    string
	columns []string
}{
	{"ship", []string{"id", "name", "tons", "code"}}, {"port", []string{"id", "note"}}, {"goods", []string{"id", "m", "ms", "c", "mr", "r"}}, {"plain_goods", []string{"id", "p", "ps", "c", "pr"}},
	{"loads", []string{"id", "w", "ws", "wb", "g", "gs", "b"}}, {"spans", []string{"id", "s", "ss", "sb", "t", "ts"}}, {"pairs", []string{"id", "p", "ps", "pr"}}, {"duos", []string{"id", "d", "ds", "dr"}}, {"trios", []string{"id", "t", "ts"}},
	{"logged_twice", []string{"id", "name"}}, {"labelled", []string{"id", "label", "u"}}, {"by_domain", []string{"m"}}, {"parted", []string{"p", "t"}}, {"weighed", []string{"a", "g"}},
}

// trapTypes are types that a value may be cast to.
var trapTypes = []string{
	"text", "int", "bool", "bigint", "json", "jsonb", "text[]", "int[]", "varchar", "name", "numeric", "date", "marked", "plain", "marked[]", "plain[]", "crate", "plain_crate", "crate[]", "remarked", "crossed", "marked_list", "ship", "registered",
	"weight", "span", "weight[]", "span[]", "weight_box", "span_box", "weight_domain", "whole", "grade", "tier", "badge", "pair", "duo", "pair[]", "duo[]", "pair_range", "marked_range", "plain_range", "big_crate", "record", "regclass", "xml",
}

// trapFunctions are functions of one argument.
var trapFunctions = []string{
	"ship_log", "ship_label", "fleet_log", "fleet_size", "registered_log", "registered_label", "any_log", "any_label", "array_log", "text_log", "text_label", "number_log", "either", "stepped", "doubled", "counted", "summed", "ending", "unlabelled_total",
	"upper", "length", "to_json", "to_jsonb", "row_to_json", "cardinality", "unnest", "pg_typeof", "quote_literal", "md5", "json_agg", "jsonb_agg", "max", "min", "count", "sum", "array_agg", "array_to_json", "array_ndims", "lower", "abs", "concat", "num_nulls", "bit_length", "text", "int4", "bool_or", "to_char",
	"string_to_array", "json_typeof", "xmlforest", "range_agg", "isempty", "array_dims", "jsonb_typeof", "json_build_array", "jsonb_build_array", "pg_column_size", "array_reverse", "any_value", "first_value", "mode", "weight", "span", "marked", "plain", "pair", "json_array", "json_scalar", "json_serialize", "hashtext",
}

// anyShapes are expressions whose parts may be of any type: many are none for the
// server, which then says so.
var anyShapes = []string{
	"¤ = ¤", "¤ <> ¤", "¤ < ¤", "¤ || ¤", "¤ @> ¤", "¤ && ¤", "¤ + ¤", "¤ ~ ¤", "¤ =~= ¤", "¤ -> ¤", "¤ ->> ¤", "¤ is null", "¤ is distinct from ¤", "¤ in (¤, ¤)", "¤ not in (¤)", "¤ = any (¤)", "¤ < all (¤)", "¤ between ¤ and ¤", "¤ between symmetric ¤ and ¤", "coalesce(¤, ¤)", "nullif(¤, ¤)",
	"greatest(¤, ¤)", "least(¤, ¤, ¤)", "case when ¤ then ¤ else ¤ end", "case ¤ when ¤ then ¤ when ¤ then ¤ end", "array[¤, ¤]", "row(¤, ¤)", "(¤, ¤) = (¤, ¤)", "(¤, ¤) < (¤, ¤)", "(¤)[1]", "(¤)[1:2]", "not ¤", "¤ and ¤", "¤ is true", "¤ is not unknown", "array_append(¤, ¤)", "array_prepend(¤, ¤)", "array_cat(¤, ¤)",
	"array_position(¤, ¤)", "array_remove(¤, ¤)", "array_replace(¤, ¤, ¤)", "array_fill(¤, array[1])", "width_bucket(¤, ¤)", "format('%s', ¤)", "concat(¤, ¤)", "concat_ws(¤, ¤, ¤)", "json_build_object('a', ¤)", "jsonb_build_object(¤, ¤)", "json_object_agg('a', ¤)", "string_agg(¤, ¤)", "array_to_string(¤, ',')", "lag(¤, 1, ¤) over (order by ¤)",
	"lead(¤, 1, ¤) over (partition by ¤)", "nth_value(¤, 1) over (order by ¤ range between unbounded preceding and current row)", "count(distinct ¤)", "array_agg(¤ order by ¤)", "array_agg(distinct ¤)", "rank(¤) within group (order by ¤)", "percentile_disc(0.5) within group (order by ¤)", "mode() within group (order by ¤)",
	"count(*) filter (where ¤)", "(select ¤)", "array(select ¤)", "exists (select ¤)", "¤ in (select ¤)", "¤ = any (select ¤)", "(select x from (values (¤), (¤)) v(x) limit 1)", "(select x from (select ¤ as x union select ¤) u limit 1)", "(select x from (select ¤ as x union all select ¤) u limit 1)", "(select x from (select ¤ as x) u order by x limit 1)",
	"(select count(*) from (select ¤ as x) u group by x)", "(select 1 where ¤)", "(select 1 limit ¤)", "(select count(*) from (select ¤ as x) a join (select ¤ as x) b using (x))", "(select distinct x from (select ¤ as x) u)", "(with recursive r(x) as (select ¤ union all select ¤ from r where false) select x from r limit 1)",
	"overlay(¤ placing ¤ from 1)", "substring(¤ from ¤)", "position(¤ in ¤)", "trim(¤)", "extract(year from ¤)", "¤ at time zone ¤", "¤ like ¤", "¤ collate \"C\"", "xmlelement(name a, ¤)", "xmlforest(¤ as a)", "xmlserialize(content ¤ as text)", "xmlconcat(¤, ¤)", "json_populate_record(¤, ¤)", "jsonb_populate_recordset(¤, ¤)",
	"json_each_text(¤)", "generate_series(¤, ¤)", "unnest(¤)", "grouping(¤)", "¤ is document", "¤ overlaps ¤", "(¤).id", "(¤).v", "(¤).c", "(¤).kilos", "(¤).m", "(¤).*", "(array[¤])[1]", "json_object(¤, ¤)", "json_exists(¤, ¤)", "pair_range(¤, ¤)", "plain_range(¤, ¤)", "marked_range(¤, ¤, '[]')",
}

// anyExpr writes an expression of any type over a row t of a table.
func (w *writer) anyExpr(columns []string, depth int) *Node {
	if depth == 0 || w.chance(4) {
		return w.anyAtom(columns)
	}
	kid := func() *Node { return w.anyExpr(columns, depth-1) }
	switch w.Intn(8) {
	case 0, 1:
		return form(Expr, w.pick("(¤)::", "(¤)::", "¤::public.")+w.pick(trapTypes...), kid())
	case 2:
		return form(Expr, w.pick(trapFunctions...)+"(¤)", kid())
	case 3:
		return form(Expr, "(¤)."+w.pick(trapFunctions...), kid())
	}
	shape := w.pick(anyShapes...)
	kids := make([]*Node, strings.Count(shape, slot))
	for i := range kids {
		kids[i] = kid()
	}
	return form(Expr, "("+shape+")", kids...)
}

func (w *writer) anyAtom(columns []string) *Node {
	switch w.Intn(9) {
	case 0:
		return leaf(Expr, w.pick("'x'", "'{a,b}'", "'(1,x)'", "'[a,b]'", "'[1,2]'", "'good'", "'low'", "'red'", "'1'", "'t'", `'{"(1,x)"}'`, `'{"a": 1}'`, "''"))
	case 1:
		return leaf(Expr, w.pick("1", "null", "1.5", "true", "current_date", "row(1)", "row(1, 'x')", "array[1]", "(1, 'a', 2, 'b')", "array['x']", "null::"+w.pick(trapTypes...)))
	case 2:
		return leaf(Expr, w.pick("t", "t", "(t)", "t.*::text", "row(t.*)"))
	case 3:
		return leaf(Expr, "t."+w.pick(trapFunctions...))
	}
	return leaf(Expr, "t."+w.pick(columns...))
}

// anyOfTraps writes a query without a label: the server's tree says what it runs.
func (w *writer) anyOfTraps() *Node {
	table := trapTables[w.Intn(len(trapTables))]
	from := w.rowsOf(table.name)
	one := func(depth int) *Node { return w.anyExpr(table.columns, depth) }
	depth := 1 + w.Intn(2)
	switch w.Intn(12) {
	case 0:
		return form(Query, "select t.* from ¤ t order by ¤", from, one(depth))
	case 1:
		return form(Query, "select distinct ¤ as c from ¤ t", one(depth), from)
	case 2:
		return form(Query, "select ¤ as c, count(*) from ¤ t group by 1", one(depth), from)
	case 3:
		return form(Query, "select 1 from ¤ t where ¤", from, one(depth))
	case 4:
		return form(Query, "select ¤ as c from ¤ t ¤ select ¤ from ¤ t", one(depth), from, leaf(Fixed, w.pick("union", "union all", "intersect", "except", "except all")), one(depth), from)
	case 5:
		return form(Query, "select s.c."+w.pick(trapFunctions...)+" from (select ¤ as c from ¤ t) s", one(depth), from)
	case 6:
		return form(Query, "select (s.c)."+w.pick(trapFunctions...)+" from (select ¤ as c from ¤ t) s", one(depth), from)
	case 7:
		return form(Query, "select s."+w.pick(trapFunctions...)+" from (select ¤, ¤ from ¤ t) s", one(depth), one(depth), from)
	case 8:
		return form(Query, "select count(*) from ¤ t join "+table.name+" u on ¤", from, one(depth))
	case 9:
		return form(Query, "select f from ¤ t, lateral unnest(array[¤, ¤]) f", from, one(depth), one(depth))
	}
	return form(Query, "select ¤ as c from ¤ t", one(depth+1), from)
}
