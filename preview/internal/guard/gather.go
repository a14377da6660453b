package guard

import "github.com/op-data/sqlpreview/preview/internal/pgtree"

// A gatherer collects facts from the tree. It is a pgtree.Visitor.
type gatherer struct {
	facts
	scope int32
	// For the functions in FROM and the CTEs that are being read: how many functions
	// and breaks there were when they began.
	functionsBefore, breaksBefore []int
	aliased                       int // how many functions have an alias or need none
}

func newGatherer() *gatherer {
	g := &gatherer{}
	g.scopes = append(g.scopes, scope{parent: -1, upTo: -1})
	return g
}

// noPlace is the location of a break until its CTE's is known.
const noPlace = -1

// Enter implements pgtree.Visitor.
func (g *gatherer) Enter(f *pgtree.Frame) {
	switch f.Kind {
	case pgtree.KindSelect:
		g.openScope(-1)
	case pgtree.KindCTE:
		g.openScope(g.scopes[g.scope].count)
		g.breaksBefore = append(g.breaksBefore, len(g.breaks))
	case pgtree.KindRangeFunction:
		g.functionsBefore = append(g.functionsBefore, len(g.functions))
	}
}

func (g *gatherer) openScope(upTo int32) {
	g.scopes = append(g.scopes, scope{parent: g.scope, upTo: upTo})
	g.scope = int32(len(g.scopes) - 1)
}

// Field implements pgtree.Visitor.
func (g *gatherer) Field(*pgtree.Frame, string, int) {}

// Refuse implements pgtree.Visitor.
func (g *gatherer) Refuse(r pgtree.Refusal) {
	b := ruleBreak{rule: "unknown-syntax", detail: r.Kind, loc: r.Near}
	switch {
	case r.Rule != "":
		b.rule, b.detail = r.Rule, ""
	case r.Field != "":
		b.detail += "." + r.Field
	case changesData(r.Kind):
		b.rule, b.loc = "data-modifying-cte", noPlace
	}
	if r.Inner && b.rule == "unknown-syntax" {
		return // it stands in what is reported already
	}
	g.breaks = append(g.breaks, b)
}

func changesData(kind string) bool {
	switch kind {
	case "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt":
		return true
	}
	return false
}

// Leave implements pgtree.Visitor.
func (g *gatherer) Leave(f *pgtree.Frame) {
	switch f.Kind {
	case pgtree.KindSelect:
		g.scope = g.scopes[g.scope].parent
	case pgtree.KindWith:
		g.scopes[g.scope].recursive = g.scopes[g.scope].recursive || f.Recursive
	case pgtree.KindCTE:
		g.leaveCTE(f)
	case pgtree.KindAlias:
		if !f.Inside(pgtree.KindRangeFunction) {
			g.rowAliases = append(g.rowAliases, f.Name)
		}
	case pgtree.KindRangeSubselect, pgtree.KindTableFunc, pgtree.KindJoin:
		g.rangeVariable(f.Alias, f.Columns)
	case pgtree.KindRangeVar:
		if f.Alias != "" {
			g.rangeVariable(f.Alias, f.Columns)
		} else {
			g.rangeVariable(f.Name, nil)
		}
		g.tables = append(g.tables, table{f.Catalog, f.Schema, f.Name, f.Alias, f.Location, g.scope})
		if f.Alias == "" {
			g.rowAliases = append(g.rowAliases, f.Name)
		}
	case pgtree.KindRangeFunction:
		g.functionAlias(f)
	case pgtree.KindParam:
		g.breaks = append(g.breaks, ruleBreak{rule: "parameter", loc: f.Location})
	case pgtree.KindColumnRef:
		g.column(f)
	case pgtree.KindString:
		if f.Inside(pgtree.KindIndirection) {
			g.attributes = append(g.attributes, attribute{name: f.Name, loc: f.Last})
		}
	case pgtree.KindFuncCall:
		g.function(f)
	case pgtree.KindTableSample:
		schema, name := qualified(f.Names)
		g.functions = append(g.functions, Function{Schema: schema, Name: name, Offset: f.Last, Args: -1, sample: true})
	}
}

func (g *gatherer) leaveCTE(f *pgtree.Frame) {
	g.scope = g.scopes[g.scope].parent
	g.scopes[g.scope].define(f.Name)
	first := pop(&g.breaksBefore)
	for i := range g.breaks[first:] {
		if b := &g.breaks[first+i]; b.loc == noPlace {
			b.loc = f.Location
		}
	}
	g.rowAliases = append(g.rowAliases, f.Name)
}

func pop(stack *[]int) int {
	last := len(*stack) - 1
	top := (*stack)[last]
	*stack = (*stack)[:last]
	return top
}

// rangeVariable notes a name that FROM gives, with the columns that the text lists.
func (g *gatherer) rangeVariable(name string, columns []string) {
	g.variables = append(g.variables, rangeVariable{name, columns})
}

// functionAlias notes the names by which a function in FROM can be used as a
// value: its alias or, without one, the name of the function.
func (g *gatherer) functionAlias(f *pgtree.Frame) {
	first := pop(&g.functionsBefore)
	if f.Alias != "" {
		g.rangeVariable(f.Alias, f.Columns)
		g.functionAliases = append(g.functionAliases, f.Alias)
		return
	}
	for _, fn := range g.functions[max(first, g.aliased):] {
		g.rangeVariable(fn.Name, nil)
		g.functionAliases = append(g.functionAliases, fn.Name)
	}
	g.aliased = len(g.functions)
}

// column notes what may be a call by attribute notation: the last of two or
// more names. One name alone never calls.
func (g *gatherer) column(f *pgtree.Frame) {
	n := len(f.Names)
	if n < 2 || f.Names[n-1] == pgtree.Star {
		return
	}
	g.attributes = append(g.attributes, attribute{qualifier: f.Names[n-2], row: n > 2, name: f.Names[n-1], loc: f.Location})
}

func (g *gatherer) function(f *pgtree.Frame) {
	schema, name := qualified(f.Names)
	args := f.Args
	if !f.PlainArgs {
		args = -1
	}
	fn := Function{Schema: schema, Name: name, Offset: f.Location, Args: args}
	if readsSettings(name) && f.PlainArgs {
		fn.setting, fn.named = pgtree.ConstantText(f.ArgsJSON)
	}
	g.functions = append(g.functions, fn)
}
