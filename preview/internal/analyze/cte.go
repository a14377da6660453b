package analyze

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// with reads a WITH clause into the scope.
func (a *analyzer) with(n pgtree.Node, s *scope) {
	recursive := n.Bool("recursive")
	list := queries(n.List("ctes"))
	if recursive {
		// All see each other; PostgreSQL reads them in the order of their use.
		list = dependencyOrder(list)
	}
	for _, q := range list {
		cte := q.node
		inner := &scope{parent: s.parent, ctes: s.ctes, items: s.items}
		var columns []field
		if recursive && q.reads[q.name] {
			columns = a.recursive(cte, inner)
		} else {
			columns = a.statement(cte.Node("ctequery"), inner, settleLiterals)
		}
		columns = renamed(columns, cte.Names("aliascolnames"))
		s.ctes = &ctes{name: q.name, columns: a.cycle(cte, columns, s), parent: s.ctes}
	}
}

// recursive reads a query that refers to itself: base UNION [ALL] step.
func (a *analyzer) recursive(cte pgtree.Node, s *scope) []field {
	n := cte.Node("ctequery")
	if n.Text("op") == "" || n.Text("op") == "SETOP_NONE" {
		// Its own name cannot be meant in another place.
		s.ctes = &ctes{name: cte.Text("ctename"), parent: s.ctes}
		return a.statement(n, s, settleLiterals)
	}
	if with := n.Node("withClause"); with.Exists() {
		a.with(with, s)
	}
	base := a.statement(n.Node("larg"), s, keepLiterals)
	own := a.ownColumns(base)
	step := a.step(cte, own, s)
	if a.widen(own, step) { // its own rows are then of other columns too
		step = a.step(cte, own, s)
	}
	for i := range own {
		if i < len(step) {
			own[i].flow.from = append(own[i].flow.from, step[i].flow)
		}
	}
	combined := a.combine(n, base, step)
	a.settle(combined)
	a.tail(n, &scope{parent: s.parent, ctes: s.ctes}, own, nil)
	return own
}

// ownColumns are those of a recursive query as its step sees them: of the types of the
// base, with values that the step makes too.
func (a *analyzer) ownColumns(base []field) []field {
	own := make([]field, len(base))
	for i, c := range base {
		own[i] = field{c.name, value{typ: c.typ, fields: c.fields, flow: &Flow{from: []*Flow{c.flow}}}}
		// What the step brings in comes through the column's own flow.
		own[i].fields = a.bothFields(own[i].value, value{flow: own[i].flow})
	}
	a.settle(own)
	return own
}

// step reads the part of a recursive query that refers to itself.
func (a *analyzer) step(cte pgtree.Node, own []field, s *scope) []field {
	visible := renamed(own, cte.Names("aliascolnames"))
	inner := &scope{parent: s.parent, items: s.items, ctes: &ctes{
		name: cte.Text("ctename"), columns: a.cycle(cte, visible, s), parent: s.ctes,
	}}
	return a.statement(cte.Node("ctequery").Node("rarg"), inner, keepLiterals)
}

// widen leaves open what rows without a type of their own are made of, in the columns of
// a recursive query, where its step makes other ones. It reports whether there are any.
func (a *analyzer) widen(own, step []field) (widened bool) {
	for i := range own {
		if i >= len(step) || !isRecord(own[i].typ) || a.madeOf(step[i].value, own[i].value) {
			continue
		}
		widened = true
		if own[i].typ == typeRecordArray {
			own[i].fields = append(slices.Clone(own[i].fields), field{"", value{flow: computed}})
			continue
		}
		for k := range own[i].fields {
			own[i].fields[k].typ, own[i].fields[k].fields = undetermined, nil
		}
	}
	return widened
}

// madeOf reports whether rows have the columns of others, by their order; in arrays, some
// of them.
func (a *analyzer) madeOf(v, of value) bool {
	if v.typ != of.typ || v.unlisted() && !of.unlisted() || !a.spend(len(v.fields)+1) {
		return false
	}
	same := func(l, r field) bool {
		return a.asText(l.value).typ == a.asText(r.value).typ && (!isRecord(l.typ) || a.madeOf(l.value, r.value))
	}
	if v.typ == typeRecordArray {
		for _, f := range v.fields {
			if !slices.ContainsFunc(of.fields, func(other field) bool { return same(f, other) }) {
				return false
			}
		}
		return true
	}
	return slices.EqualFunc(v.fields, of.fields, same)
}

// cycle adds the columns of SEARCH and CYCLE clauses.
func (a *analyzer) cycle(cte pgtree.Node, columns []field, s *scope) []field {
	search, cycle := cte.Node("search_clause"), cte.Node("cycle_clause")
	if !search.Exists() && !cycle.Exists() {
		return columns
	}
	columns = append([]field(nil), columns...)
	for _, clause := range []pgtree.Node{search, cycle} {
		names := append(clause.Names("search_col_list"), clause.Names("cycle_col_list")...)
		for _, name := range names {
			for _, c := range columns {
				if c.name == name {
					a.mention(Computes, c.value, value{}, a.place(clause))
					a.compareValue(c.value, clause)
				}
			}
		}
	}
	if search.Exists() {
		t := typeRecordArray
		if search.Bool("search_breadth_first") {
			t = typeRecord
		}
		columns = append(columns, field{search.Text("search_seq_column"), value{typ: t, flow: computed}})
	}
	if cycle.Exists() {
		marks := []value{{typ: typeBool, flow: computed}}
		if cycle.Node("cycle_mark_value").Exists() {
			marks = []value{a.expr(cycle.Node("cycle_mark_value"), s), a.expr(cycle.Node("cycle_mark_default"), s)}
		}
		mark := value{typ: a.unify(marks, cycle), flow: computed}
		a.compareValue(mark, cycle)
		columns = append(columns, field{cycle.Text("cycle_mark_column"), mark},
			field{cycle.Text("cycle_path_column"), value{typ: typeRecordArray, flow: computed}})
	}
	return columns
}
