package guard

// This file is what the walk gathers, node by node.

// facts is what the rules look at once the tree has been read.
type facts struct {
	functions  []Function
	tables     []table
	attributes []attribute
	operators  []named
	types      []named
	keywords   []named // calls to an older server
	scopes     []scope
	// Names that FROM gives: those of function calls, whose value may be of
	// any type, and those of everything else, whose value is a row.
	functionAliases []string
	rowAliases      []string
	aliased         int // how many of functions have been looked at for that
	// broken rules of the tree itself, and where.
	breaks []ruleBreak
}

// A table is a relation in FROM, before names of CTEs are told apart.
type table struct {
	catalog, schema, name string
	alias                 string
	loc                   int
	scope                 int32
}

// An attribute is `value.name`, which PostgreSQL reads as name(value) where
// value has no such column.
type attribute struct {
	qualifier string // the range variable of `range_variable.name`, or empty
	row       bool   // a schema is written too: it is a table
	name      string
	loc       int
}

// named is an operator or a type, as written.
type named struct {
	schema, name string
	loc          int
}

type ruleBreak struct {
	rule   string
	detail string
	loc    int
}

// noPlace is the location of a break until its CTE's is known.
const noPlace = -1

// A scope holds the names that one WITH gives. The query of a CTE is a scope
// too: it sees the CTEs before it, or all of them under RECURSIVE.
type scope struct {
	parent    int32
	upTo      int32 // how many of the parent's CTEs are visible; -1 for all
	recursive bool
	count     int32            // of CTEs so far
	ctes      map[string]int32 // the place of the first CTE of a name
}

func (s *scope) define(name string) {
	if s.ctes == nil {
		s.ctes = make(map[string]int32)
	}
	if _, ok := s.ctes[name]; !ok {
		s.ctes[name] = s.count
	}
	s.count++
}

func (w *walker) enter(f *frame) {
	switch f.kind.id {
	case kindSelect:
		w.openScope(-1)
	case kindCTE:
		w.openScope(w.scopes[w.scope].count)
	}
}

func (w *walker) openScope(upTo int32) {
	w.scopes = append(w.scopes, scope{parent: w.scope, upTo: upTo})
	w.scope = int32(len(w.scopes) - 1)
}

func (w *walker) setText(f *frame, field string) {
	switch field {
	case "catalogname":
		f.catalog = w.text()
	case "schemaname":
		f.schema = w.text()
	case "relname", "aliasname", "ctename":
		f.name = w.text()
	case "name":
		if f.kind.id != kindResTarget {
			w.skipText()
			return
		}
		f.name = w.text()
	case "sval":
		if f.attribute {
			f.name = w.text()
			return
		}
		w.skipText()
	default:
		w.skipText()
	}
}

func (w *walker) setInt(f *frame, field string, value int) {
	if field == "location" && value >= 0 {
		f.loc = max(0, value-Indent)
		w.last = f.loc
	}
}

func (w *walker) setBool(f *frame, field string) {
	switch field {
	case "recursive":
		if f.kind.id == kindWith {
			w.scopes[w.scope].recursive = true
		}
	case "func_variadic", "agg_star", "agg_within_group":
		f.plainArgs = false
	case "isNatural":
		f.implied = true
	}
}

// leave gathers what a finished node says.
func (w *walker) leave(f, parent *frame) {
	if f.keyword != "" {
		w.keywords = append(w.keywords, named{"", f.keyword, max(f.loc, w.last)})
	}
	switch f.kind.id {
	case kindCTE:
		w.scopes[w.scopes[w.scope].parent].define(f.name)
		for i := range w.breaks[f.breaks:] {
			if b := &w.breaks[f.breaks+i]; b.loc == noPlace {
				b.loc = f.loc
			}
		}
		w.rowAliases = append(w.rowAliases, f.name)
	case kindAlias:
		parent.alias = f.name
		if parent.kind.id != kindRangeFunction {
			w.rowAliases = append(w.rowAliases, f.name)
		}
	case kindRangeVar:
		w.tables = append(w.tables, table{f.catalog, f.schema, f.name, f.alias, f.loc, w.scope})
		if f.alias == "" {
			w.rowAliases = append(w.rowAliases, f.name)
		}
	case kindRangeFunction:
		w.functionAlias(f)
	case kindParam:
		w.breaks = append(w.breaks, ruleBreak{rule: "parameter", loc: f.loc})
	case kindNamedArg:
		parent.plainArgs = false
	case kindColumnRef:
		w.column(f)
	case kindString:
		if f.attribute {
			w.attributes = append(w.attributes, attribute{name: f.name, loc: w.last})
		}
	case kindFuncCall:
		w.function(f)
	case kindTableSample:
		schema, name := qualified(f.names)
		w.functions = append(w.functions, Function{Schema: schema, Name: name, Offset: w.last, Args: -1, sample: true})
	default:
		w.leaveOperator(f)
	}
}

// functionAlias notes the names by which a function in FROM can be used as a
// value: its alias or, without one, the name of the function.
func (w *walker) functionAlias(f *frame) {
	if f.alias != "" {
		w.functionAliases = append(w.functionAliases, f.alias)
		return
	}
	for _, fn := range w.functions[max(f.functions, w.aliased):] {
		w.functionAliases = append(w.functionAliases, fn.Name)
	}
	w.aliased = len(w.functions)
}

// column notes what may be a call by attribute notation: the last of two or
// more names. One name alone never calls.
func (w *walker) column(f *frame) {
	n := len(f.names)
	if n < 2 || f.names[n-1] == star {
		return
	}
	w.attributes = append(w.attributes, attribute{qualifier: f.names[n-2], row: n > 2, name: f.names[n-1], loc: f.loc})
}

func (w *walker) function(f *frame) {
	schema, name := qualified(f.names)
	args := f.args
	if !f.plainArgs {
		args = -1
	}
	fn := Function{Schema: schema, Name: name, Offset: f.loc, Args: args}
	if readsSettings(name) && f.plainArgs {
		fn.setting, fn.named = constantArgument(f.list)
	}
	w.functions = append(w.functions, fn)
}

func (w *walker) leaveOperator(f *frame) {
	switch f.kind.id {
	case kindExpr, kindSubLink, kindSortBy:
		if len(f.names) > 0 {
			schema, name := qualified(f.names)
			w.operator(name, schema, f.loc)
		} else if f.kind.id == kindSubLink {
			w.operator("=", "", f.loc) // IN (select ...)
		}
	case kindTypeName:
		if len(f.names) > 0 {
			schema, name := qualified(f.names)
			w.types = append(w.types, named{schema, name, f.loc})
		}
	case kindJoin:
		if f.implied {
			w.operator("=", "", w.last)
		}
	}
}

func (w *walker) operator(name, schema string, loc int) {
	w.operators = append(w.operators, named{schema, name, loc})
}

// impliedOperators notes the operators that a kind of expression uses without
// naming them.
func (w *walker) impliedOperators(kind string) {
	switch kind {
	case "AEXPR_BETWEEN", "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN", "AEXPR_NOT_BETWEEN_SYM":
		for _, op := range []string{"<", "<=", ">", ">="} {
			w.operator(op, "", w.last)
		}
	}
}

// qualified splits a name into its schema, empty when there is none, and the
// name itself.
func qualified(names []string) (schema, name string) {
	switch n := len(names); n {
	case 0:
		return "", ""
	case 1:
		return "", names[0]
	default:
		return names[n-2], names[n-1]
	}
}

func (w *walker) refuseRule(rule string) {
	w.breaks = append(w.breaks, ruleBreak{rule: rule, loc: w.last})
}

func (w *walker) refuseKind(kind string) {
	switch kind {
	case "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt":
		w.breaks = append(w.breaks, ruleBreak{rule: "data-modifying-cte", detail: kind, loc: noPlace})
	default:
		if !w.loose {
			w.breaks = append(w.breaks, ruleBreak{rule: "unknown-syntax", detail: kind, loc: w.last})
		}
	}
}

func (w *walker) refuseField(f *frame, name string) {
	if !w.loose {
		w.breaks = append(w.breaks, ruleBreak{rule: "unknown-syntax", detail: f.kind.name + "." + name, loc: w.last})
	}
}
