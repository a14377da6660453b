package analyze

import (
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
	own := make([]field, len(base))
	for i, c := range base {
		own[i] = c
		own[i].flow = &Flow{from: []*Flow{c.flow}}
		// What the step brings in comes through the column's own flow.
		own[i].fields = a.bothFields(own[i].value, value{flow: own[i].flow})
	}
	a.settle(own)
	visible := renamed(own, cte.Names("aliascolnames"))
	inner := &scope{parent: s.parent, items: s.items, ctes: &ctes{
		name: cte.Text("ctename"), columns: a.cycle(cte, visible, s), parent: s.ctes,
	}}
	step := a.statement(n.Node("rarg"), inner, keepLiterals)
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
