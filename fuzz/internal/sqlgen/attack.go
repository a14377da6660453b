package sqlgen

import (
	"strconv"
	"strings"
)

// Targets are what the attacks aim at. The zero value aims at things that do
// not exist, which is enough for a gateway without a database.
type Targets struct {
	// Table and Sequence may be read by an honest query and must not change.
	Table, Sequence string
	// Secrets is a table whose column token holds planted secrets.
	Secrets string
	// Folder is a folder on the server, relative to its data directory; File a
	// file in it with a planted secret.
	Folder, File string
	// Port is a TCP port of 127.0.0.1 that nothing must dial.
	Port int
	// Bystander is the process id of a session that must live.
	Bystander int
	// LargeObject is the OID of a large object that must not change.
	LargeObject int
}

func (t Targets) withDefaults() Targets {
	or := func(s *string, fallback string) {
		if *s == "" {
			*s = fallback
		}
	}
	or(&t.Table, "public.victim")
	or(&t.Sequence, "public.victim_seq")
	or(&t.Secrets, "public.secrets")
	or(&t.Folder, "canary")
	or(&t.File, "canary/secret.txt")
	return t
}

// fill puts the targets into a template.
func (t Targets) fill(template string) string {
	return strings.NewReplacer("{table}", t.Table, "{seq}", t.Sequence, "{secrets}", t.Secrets, "{dir}", t.Folder,
		"{file}", t.File, "{port}", strconv.Itoa(t.Port), "{pid}", strconv.Itoa(t.Bystander), "{lo}", strconv.Itoa(t.LargeObject)).Replace(template)
}

// technique is one way to attack. It writes a text whose technique is its name.
type technique struct {
	name  string
	write func(*writer) *Node
}

// techniques lists them, in a fixed order.
func techniques(t Targets) []technique {
	fill := func(of []string) []string {
		out := make([]string, len(of))
		for i, s := range of {
			out[i] = t.fill(s)
		}
		return out
	}
	statements := fill(statements)
	modifying := fill(modifyingStatements)
	all := []technique{
		{"statement", func(w *writer) *Node { return w.disguise(leaf(Statement, w.pick(statements...))) }},
		{"stacking", func(w *writer) *Node { return w.stacked(statements) }},
		{"wrap-break", func(w *writer) *Node { return w.wrapBreak(statements) }},
		{"modifying-cte", func(w *writer) *Node { return w.modifyingCTE(modifying) }},
		{"row-lock", func(w *writer) *Node { return w.rowLock(t) }},
		{"select-into", func(w *writer) *Node { return w.selectInto() }},
		{"parameter", func(w *writer) *Node {
			return w.place(leaf(Expr, w.pick("$1", "$2::text", "$1 + 1", "($1)", "$99999")))
		}},
		{"attribute-notation", func(w *writer) *Node { return w.attribute(t) }},
		{"shadowed-name", func(w *writer) *Node { return w.place(leaf(Expr, w.pick(shadowed...))) }},
		{"lying-function", func(w *writer) *Node { return w.place(leaf(Expr, w.pick(lying...))) }},
		{"user-operator", func(w *writer) *Node { return w.place(leaf(Expr, w.pick(operators...))) }},
		{"user-cast", func(w *writer) *Node { return w.place(leaf(Expr, w.pick(casts...))) }},
		{"user-relation", func(w *writer) *Node { return w.placeRelation(w.pick(relations...)) }},
		{"backslash-string", func(w *writer) *Node { return w.backslash(t) }},
		{"quoting", func(w *writer) *Node { return w.quoting(statements) }},
		{"encoding", func(w *writer) *Node { return w.encoding(statements) }},
		{"deep-nesting", func(w *writer) *Node { return w.nesting() }},
		{"lexer-stall", func(w *writer) *Node { return w.stall() }},
		{Growth, func(w *writer) *Node { return w.growth() }},
		{"catalog-function", func(w *writer) *Node { return w.catalogFunction() }},
		{"catalog-relation", func(w *writer) *Node { return w.catalogRelation() }},
		{"error-leak", func(w *writer) *Node { return w.errorLeak(t) }},
		{"raised-leak", func(w *writer) *Node { return w.raisedLeak(t) }},
		{"time", func(w *writer) *Node { return w.place(leaf(Expr, w.pick(slow...))) }},
		{"memory", func(w *writer) *Node { return leaf(Query, w.pick(big...)) }},
		{"mutation", func(w *writer) *Node { return w.mutation(statements) }},
	}
	for _, family := range functionFamilies {
		calls := make([]call, len(family.calls))
		for i, c := range family.calls {
			calls[i] = call{c.name, t.fill(c.args)}
		}
		all = append(all, technique{"function-" + family.name, func(w *writer) *Node {
			return w.place(w.call(calls[w.Intn(len(calls))]))
		}})
	}
	return all
}

// positions are the places in which an expression may stand; each ¤ is the same one.
var positions = []string{
	"select ¤", "select 1 where (¤) is null", "select 1 order by ¤", "select count(*) from (select 1) x group by (¤)::text",
	"select 1 having (¤) is not null", "select 1 limit length((¤)::text)", "select 1 offset length((¤)::text)",
	"select 1 fetch first (length((¤)::text)) rows with ties", "select * from (select ¤) x", "with x as (select ¤) select * from x",
	"with x as materialized (select ¤) select 1 from x", "select row(¤)", "select array[(¤)::text]", "select case when (¤) is null then 1 end",
	"select coalesce(null, (¤)::text)", "select (select ¤)", "select exists (select ¤)", "select 1 where 1 in (select length((¤)::text))",
	"select * from (values ((¤)::text)) v(x)", "select sum(1) filter (where (¤) is null)", "select sum(1) over (partition by (¤)::text)",
	"select sum(1) over (order by (¤)::text)", "select sum(1) over w from (select 1) x window w as (order by (¤)::text)",
	"select sum(1) over (rows length((¤)::text) preceding)", "select distinct on ((¤)::text) 1",
	"select 1 from public.victim tablesample bernoulli (length((¤)::text))", "select 1 from public.victim tablesample system (50) repeatable (length((¤)::text))",
	"select 1 from (select 1) a join (select 1) b on (¤) is null", "select from lateral (select ¤) x", "select 1 union all select length((¤)::text)",
	"with recursive r as (select 1 as n union all select n + 1 from r where n < 2 and (¤) is not null) select * from r",
	"with recursive r(n) as (select 1 union all select n + 1 from r where n < 3) search depth first by n set o cycle n set c to (true) default (false) using p select (¤)::text from r",
	"select xmlelement(name a, xmlattributes((¤)::text as b))", "select xmlforest((¤)::text as b)", "select jsonb_build_object('a', (¤)::text)",
	"select (array[1])[length((¤)::text)]", "select (array[1])[1:length((¤)::text)]", "select nullif((¤)::text, 'x')",
	"select (¤) is distinct from null", "select 1 between 0 and length((¤)::text)", "select greatest((¤)::text, 'x')",
	"select * from generate_series(1, length((¤)::text))", "select * from rows from (generate_series(1, length((¤)::text)), unnest(array[1])) x",
	"select (¤)::text collate \"C\"", "select (¤)::text like 'a' escape '!'", "select ((¤)::text, 1) = ('a', 1)", "select (¤)::text = any (array['a'])",
	"select * from (select 1) x, lateral (select ¤) y", "select grouping(a) from (select (¤)::text as a) x group by cube (a)",
	"select * from xmltable('/r' passing xmlparse(document '<r/>') columns a text default (¤)::text)", "select extract(epoch from now()) + length((¤)::text)",
	"select string_agg('a', (¤)::text order by 1)", "select percentile_disc(0.5) within group (order by (¤)::text)", "select not ((¤) is null)",
	"select (¤)::text at time zone 'x' is null", "(select ¤)", "((select ¤)) union (select null)", "select overlay('a' placing (¤)::text from 1)",
	"select position((¤)::text in 'a')", "select normalize((¤)::text)", "select 1 except select length((¤)::text)",
}

// place puts an expression somewhere: in one of the positions, which are then
// put inside an honest query half of the time, or in the place of any
// expression of one.
func (w *writer) place(evil *Node) *Node {
	if w.chance(5) {
		host := w.query(2).Node
		if old := w.part(host, Expr); old != nil {
			return w.disguise(host.replace(old, evil))
		}
	}
	template := w.pick(positions...)
	kids := make([]*Node, strings.Count(template, slot))
	for i := range kids {
		kids[i] = evil
	}
	query := form(Query, template, kids...)
	if w.chance(2) {
		query = w.bury(query)
	}
	return w.disguise(query)
}

// placeRelation puts a relation into FROM.
func (w *writer) placeRelation(evil string) *Node {
	query := form(Query, w.pick("select * from ¤ x", "select count(*) from ¤ x", "with c as (select * from ¤ x) select * from c",
		"select 1 where exists (select from ¤ x)", "select * from (select 1) y left join ¤ x on true", "select * from (table ¤) x"), leaf(Relation, evil))
	if w.chance(3) {
		query = w.bury(query)
	}
	return w.disguise(query)
}

// bury puts a query inside another, as deep as three levels.
func (w *writer) bury(query *Node) *Node {
	for range 1 + w.Intn(3) {
		query = form(Query, w.pick(
			"select * from (¤) b", "select (select count(*) from (¤) b)", "with b as (¤) select * from b", "select 1 where exists (¤)",
			"with recursive b as (¤) select * from b", "select array(select 1 from (¤) b)", "select 1 union all select count(*) from (¤) b",
			"select * from (select 1) h, lateral (¤) b", "with a as (select 1), b as materialized (¤) select * from a, b",
			"select case when exists (¤) then 1 end", "select 1 order by (select count(*) from (¤) b)"), query)
	}
	return query
}

// disguise changes what means nothing: case, white space, comments, a
// semicolon at the end.
func (w *writer) disguise(tree *Node) *Node {
	if w.chance(3) {
		return tree
	}
	return form(Statement, "¤¤¤", leaf(Noise, w.pick("", " ", "\n\t", "/* select */ ", "-- x\n", "/*/**/*/", "\r", "(/**/")), tree, leaf(Noise, w.pick("", ";", " ;\n", " -- x", " /* x */", ";;", "\n--;", ")", " ; --'", "--")))
}

// part returns any part of the kind, or nil when there is none.
func (w *writer) part(tree *Node, kind Kind) *Node {
	var fit []*Node
	tree.walk(func(n *Node) bool {
		if n.Kind == kind {
			fit = append(fit, n)
		}
		return true
	})
	if len(fit) == 0 {
		return nil
	}
	return fit[w.Intn(len(fit))]
}
