package sqlgen

import (
	"math/rand"
	"strings"
)

// LookAlike is a query that uses what a trap uses, and runs nothing that the
// policy refuses.
const LookAlike = "look-alike"

// trapClass is one way in which reading can run code of the database's own. Its
// texts are written over the tables of the fixture's traps, each kind of which is
// there twice: trap are the names of the one with a VOLATILE function behind it,
// honest those of the other, in the order of names.
type trapClass struct {
	name   string
	names  []string
	trap   []string
	honest []string
	// exprs are expressions over a row t of the table {tab}; queries whole queries.
	exprs   []string
	queries []string
}

// swap puts one of the two lists of names into a template.
func (c *trapClass) swap(names []string, template string) string {
	var pairs []string
	for i, name := range c.names {
		pairs = append(pairs, "{"+name+"}", names[i])
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

// trapClasses are the classes, in a fixed order.
var trapClasses = []trapClass{
	{
		name: "row-function", names: []string{"tab", "f", "many", "dom", "any"},
		trap:   []string{"ship", "ship_log", "fleet_log", "registered_log", "any_log"},
		honest: []string{"ship", "ship_label", "fleet_size", "registered_label", "any_label"},
		exprs: []string{
			"t.{f}", "(t).{f}", "{f}(t)", "public.{f}(t)", "t.{many}", "{many}(t)", "{many}(t, t)", "{many}(variadic array[t])", "t.{dom}", "{dom}(t)", "t.{any}", "(t).{any}", "(t.id).{any}", "{any}(t.name)",
			"{any}(null::int)", "(row(1, 'a', 2, 'b')::ship).{f}", "{f}((1, 'a', 2, 'b'))", "{f}(row(t.id, t.name, t.tons, t.code))", "(select s from public.ship s limit 1).{f}", "(coalesce(t, null)).{f}", "(case when t.id > 0 then t end).{f}", "((array[t])[1]).{f}",
			"(t.*).{f}", "(select x.{f} from (select t.*) x)", "(select x.{f} from (values (1, 'a'::text, 2, 'b'::text)) x(a, b, c, d))", "(select x.{f} from json_to_recordset('[{\"a\": 1}]') x(a int, b text, c int, d text) limit 1)",
			"(select x.{f} from unnest(array[t]) x)", "(with x as (select t.*) select x.{f} from x)", "array(select x.{f} from (select t.id, t.name, t.tons, t.code) x)", "(select x.{f} from xmltable('/r' passing '<r><a>1</a></r>' columns a int, b text, c int, d text) x)",
			"(select (x).{f} from (select t.id, t.name union select 1, 'b') u(i, n), lateral (select u.i, u.n, 3, 'z'::text) x limit 1)", "max({f}(t)) over ()", "(select count(*) from {tab} x group by x.{f} limit 1)", "(select 1 from {tab} x order by x.{f} limit 1)",
		},
	},
	{
		name: "overload", names: []string{"tab", "num", "txt", "def", "b"},
		trap: []string{"ship", "t.tons", "1", "stepped", ""}, honest: []string{"ship", "t.name", "'x'::text", "doubled", ", 2"},
		exprs: []string{
			"either({num})", "({num}).either", "either({txt})", "either((select {num}))", "either(coalesce({num}, {num}))", "(select either(x) from (select {num} as x) s)", "either(x => {num})", "either(case when true then {num} end)", "{def}(1{b})", "{def}(t.id{b})",
		},
	},
	{
		name: "neighbour-literal", names: []string{"tab", "arr", "val", "comp", "rng"},
		trap:   []string{"goods", "t.ms", "t.m", "t.c", "t.mr"},
		honest: []string{"plain_goods", "t.ps", "t.p", "t.c", "t.pr"},
		exprs: []string{
			"coalesce({arr}, '{boom}')", "{arr} || '{boom}'", "array_append({arr}, 'boom')", "array_prepend('boom', {arr})", "array_remove({arr}, 'boom')", "array_replace({arr}, 'a', 'boom')", "array_position({arr}, 'boom')", "array_cat({arr}, '{a,b}')",
			"coalesce({comp}, '(1,boom)')", "case when true then {comp} else '(1,boom)' end", "case t.id when 1 then '(1,boom)' else {comp} end", "array[{comp}, '(1,boom)']", "(select x from (select {comp} as x union all select '(1,boom)') s limit 1)",
			"(select x from (values ({comp}), ('(1,boom)')) s(x) limit 1)", "{rng} @> '[a,b]'", "{rng} && '[a,b]'", "coalesce({rng}, '[a,b]')", "'[a,b]' <@ {rng}", "greatest({comp}, '(1,boom)')", "first_value({comp}) over (order by t.id)::text || coalesce({comp}, '(1,x)')::text",
			"lag({comp}, 1, '(1,boom)') over (order by t.id)", "lead({val}, 1, 'boom') over (order by t.id)", "coalesce(({arr})[1:1], '{boom}')", "(with recursive r(x) as (select {comp} union all select '(1,boom)' from r where false) select x from r)",
		},
	},
	{
		name: "made-of", names: []string{"tab", "dom", "crate", "fld", "rng", "mrng", "col"},
		trap:   []string{"ship", "marked", "crate", "m", "marked_range", "marked_multirange", "t.name"},
		honest: []string{"ship", "plain", "plain_crate", "p", "plain_range", "plain_multirange", "t.name"},
		exprs: []string{
			"'x'::{dom}", "{col}::{dom}", "cast({col} as public.{dom})", "array[{col}]::{dom}[]", "'{x}'::{dom}[]", "'{{x},{y}}'::{dom}[][]", "row(1, {col})::{crate}", "(1, 'x')::{crate}", "'(1,x)'::{crate}", "'{\"(1,x)\"}'::{crate}[]", "array[row(1, 'x')]::{crate}[]",
			"{rng}('a', 'b')", "'[a,b]'::{rng}", "'{[a,b]}'::{mrng}", "{mrng}({rng}('a', 'b'))", "json_populate_record(null::{crate}, '{\"{fld}\":\"x\"}')", "jsonb_populate_record(row(1, 'q')::{crate}, '{\"{fld}\":\"x\"}')", "(select x.{fld} from json_to_recordset('[{\"{fld}\":\"x\"}]') x({fld} {dom}))",
			"(select x.v from xmltable('/r' passing '<r><v>1</v></r>' columns v {dom}) x)", "t.tons::text::{dom}", "({col} || 'x')::{dom}", "(select (array_agg({col}))[1:1]::{dom}[])", "upper({col}::{dom})", "coalesce({col}::{dom}, 'x')", "public.{dom} 'x'", "(select {dom} 'x')",
		},
	},
	{
		name: "hidden-cast", names: []string{"tab", "v", "arr", "box", "typ", "enum", "enums"},
		trap:   []string{"loads", "t.w", "t.ws", "weight_box", "weight", "t.g", "t.gs"},
		honest: []string{"spans", "t.s", "t.ss", "span_box", "span", "t.t", "t.ts"},
		exprs: []string{
			"case when {v} then 1 end", "not {v}", "{v} and true", "true or {v}", "{v} is true", "count(*) filter (where {v}) over ()", "(select 1 where {v})", "(select 1 from public.port limit (select {v}))", "(select 1 from public.port offset (select {v}))", "(select x.id from public.port x join public.ship y on {v} limit 1)",
			"{arr}::int[]", "{arr}::bool[]", "{v}::int", "{v}::bigint::text", "{v}::whole", "1::{typ}", "array[1, 2]::{typ}[]", "row(1)::{box}", "(select y::int from unnest({arr}) y limit 1)", "to_json({enum})", "to_jsonb({enums})", "row_to_json(t)", "json_build_object('a', {enum})", "json_agg({enum}) over ()", "jsonb_build_array({enums}, 1)",
			"(select to_json(q) from (select {enum}) q)", "to_jsonb(row({enum}, 1))", "json_object_agg('a', {enum}) over ()", "(select json_agg(x) from (select {enums} as a) x)",
		},
	},
	{
		name: "own-order", names: []string{"tab", "v", "arr", "rng", "typ", "rngt"},
		trap:   []string{"pairs", "p", "ps", "pr", "pair", "pair_range"},
		honest: []string{"duos", "d", "ds", "dr", "duo", "duo_range"},
		exprs: []string{
			"greatest(t.{v}, t.{v})", "t.{v} = row(1)::{typ}", "t.{v} in (row(1)::{typ}, row(2)::{typ})", "t.{v} = any (t.{arr})", "nullif(t.{v}, t.{v})", "t.{v} is distinct from t.{v}", "t.{v} between t.{v} and t.{v}", "case t.{v} when row(1)::{typ} then 1 end", "t.{arr} = t.{arr}", "t.{arr} && t.{arr}",
			"array_position(t.{arr}, t.{v})", "array_remove(t.{arr}, t.{v})", "t.{rng} @> t.{v}", "t.{rng} && t.{rng}", "{rngt}(t.{v}, t.{v})", "row(t.id, t.{v}) < row(2, t.{v})", "row(t.{v}) = row(t.{v})", "rank() over (order by t.{v})", "count(*) over (partition by t.{v})", "t = t", "(t.id, t.{v}) in (select x.id, x.{v} from {tab} x)",
			"(select count(distinct x.{v}) from {tab} x)", "(select array_agg(x.{v} order by x.{v}) from {tab} x)", "(select percentile_disc(0.5) within group (order by x.{v}) from {tab} x)", "(select max(x.{arr}) from {tab} x)", "t.{v} > all (select x.{v} from {tab} x)", "array(select x.{v} from {tab} x order by 1)", "(select count(*) from {tab} a natural join {tab} b)",
		},
		queries: []string{
			"select {v} from {tab} order by {v}", "select distinct {v} from {tab}", "select distinct on ({v}) id from {tab}", "select {v}, count(*) from {tab} group by {v}", "select count(*) from {tab} group by grouping sets (({v}), ())", "select {v} from {tab} union select {v} from {tab}", "select {v} from {tab} intersect all select {v} from {tab}",
			"select {arr} from {tab} order by {arr}", "select {rng} from {tab} group by {rng}", "select a.id from {tab} a join {tab} b using ({v})", "select a.id from {tab} a, {tab} b where a.{v} = b.{v}", "with recursive r(x) as (select {v} from {tab} union select x from r) select x from r", "select t from {tab} t order by t", "select distinct t from {tab} t",
			"select id from {tab} order by {v} desc, id", "select * from (select {v}, row_number() over (order by {v}) from {tab}) s(a, b)", "select id from {tab} where {v} = (select {v} from {tab} limit 1)",
		},
	},
	{
		name: "own-view", names: []string{"v", "w", "op"},
		trap: []string{"logged", "by_domain", "="}, honest: []string{"labelled", "labelled_twice", "~"},
		queries: []string{
			"select * from {v}", "select * from {w}", "select count(*) from {v}", "select (select count(*) from {w})", "with x as (table {v}) select * from x", "select x from {v} x", "select 1 from public.port p left join {w} x on true", "select s.id from public.ship s where exists (select from {v})",
			"select * from {v} a, {w} b", "(select count(*) from {v}) union all select 1", "select a.* from lateral (select * from {w}) a", "select row_to_json(x) from {v} x",
		},
	},
	{
		name: "own-aggregate", names: []string{"tab", "agg"},
		trap: []string{"ship", "counted"}, honest: []string{"ship", "summed"},
		exprs:   []string{"{agg}(t.tons) over ()", "{agg}(t.tons) over (order by t.id)", "(select {agg}(x.tons) from {tab} x)", "(select {agg}(distinct x.tons) filter (where x.id > 0) from {tab} x)"},
		queries: []string{"select {agg}(tons) from {tab}", "select {agg}(tons) from {tab} group by name having {agg}(tons) > 0", "select name from {tab} group by name order by {agg}(tons)", "select public.{agg}(all id) from {tab}"},
	},
}

// ofTraps writes a text of a class over one of the two lists of names.
func (w *writer) ofTraps(c *trapClass, names []string) *Node {
	if len(c.exprs) == 0 || len(c.queries) > 0 && w.chance(3) {
		query := leaf(Query, c.swap(names, w.pick(c.queries...)))
		if w.chance(2) {
			query = w.bury(query)
		}
		return query
	}
	table := c.swap(names, "{tab}")
	expr := leaf(Expr, c.swap(names, w.pick(c.exprs...)))
	from := w.rowsOf(table)
	switch w.Intn(6) {
	case 0:
		return form(Query, "select count(*) from ¤ t where (¤) is not null", from, expr)
	case 1:
		return form(Query, "select t.id, ¤ from ¤ t order by t.id", expr, from)
	case 2:
		return w.bury(form(Query, "select ¤ as c from ¤ t", expr, from))
	case 3:
		return form(Query, "select s.c from public.port p, lateral (select ¤ as c from ¤ t) s", expr, from)
	case 4:
		return form(Query, "select (select ¤ from ¤ t limit 1) as c", expr, from)
	}
	return form(Query, "select ¤ as c from ¤ t", expr, from)
}

// rowsOf writes an item of FROM that gives the rows of a table.
func (w *writer) rowsOf(table string) *Node {
	return leaf(Relation, w.pick(table, table, "public."+table, "(select * from "+table+")", "(table "+table+")", "(select * from "+table+" union all select * from "+table+")",
		"(select x.* from "+table+" x)", "(with x as materialized (select * from "+table+") select * from x)", "lateral (select * from "+table+")", "(select * from "+table+" limit 1)"))
}

// trapTechniques are the attacks over the traps.
func trapTechniques() []technique {
	var all []technique
	for i := range trapClasses {
		c := &trapClasses[i]
		all = append(all, technique{"trap-" + c.name, func(w *writer) *Node { return w.disguise(w.ofTraps(c, c.trap)) }})
	}
	return append(all, technique{"trap-any", func(w *writer) *Node { return w.anyOfTraps() }})
}

// lookAlikes are queries beside the traps that must pass, and that no class of
// traps has: columns that are called like a function, operators of a name that has
// another meaning for other types, functions without a label that do nothing.
var lookAlikes = []string{
	"select s.ship_log from (select 'x'::text as ship_log) s", "select s.ship_log from ship as s(ship_log, b, c, d)", "select j.text_log from jsonb_to_recordset('[{\"text_log\":1}]') as j(text_log int)", "select u.number_log from unnest(array[1, 2]) with ordinality as u(number_log, ord)",
	"select u.number_log from unnest(array[1.5]) as u(number_log)", "select v.text_log from (values ('x'::text)) v(text_log)", "with c(ship_log) as (select 1) select c.ship_log from c", "select x.text_log from xmltable('/r' passing '<r><text_log>1</text_log></r>' columns text_log text) x",
	"select 1 = 1", "select id from ship where name = 'x'", "select a.id from ship a join port b on a.id = b.id", "select 'a' =~= 'b'", "select name =~= code from ship", "select 1 in (1, 2)", "select * from ship a join port b using (id)", "select unlabelled_sum(1, 2)", "select unlabelled_total(tons) from ship",
	"select id, w, g, b from loads", "select (w).kilos from loads", "select w is null from loads", "select p, ps from pairs", "select count(p), array_agg(p) from pairs", "select p from pairs union all select p from pairs", "select m, ms, c, mr from goods", "select (c).m, ms[1] from goods", "select m || 'x' from goods", "select m = 'x' from goods",
	"select coalesce(m, 'x'::text) from goods", "select * from defaulted", "select * from weighed", "select either('x')", "select pg_typeof(p) from pairs", "select to_json(w) from loads", "select cardinality(ps), array_length(ps, 1) from pairs", "select stepped(1, 2)", "select * from port p, lateral (select p.note as text_log) l where l.text_log is not null",
	"select lower(m), length(m) from goods", "select id from pairs order by id", "select first_value(p) over (order by id) from pairs", "select array(select p from pairs)", "select exists (select p from pairs)", "select row(p) is null from pairs", "select min(id) from loads group by id", "select (select w from loads limit 1) is not null",
}

// LookAlike writes an honest query over what the traps are made of. The schema
// must have the traps.
func (g *Generator) LookAlike(r *rand.Rand) *Case {
	w := &writer{Rand: r, schema: g.schema}
	var tree *Node
	if w.chance(3) {
		if tree = leaf(Query, w.pick(lookAlikes...)); w.chance(3) {
			tree = w.bury(tree)
		}
	} else {
		c := &trapClasses[w.Intn(len(trapClasses))]
		tree = w.ofTraps(c, c.honest)
	}
	return &Case{SQL: tree.String(), Tree: tree, Technique: LookAlike, Honest: true}
}
