package analyze

import (
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// literals says what becomes of quoted constants in the output of a statement to which
// nothing in it gave a type.
type literals bool

const (
	// settleLiterals gives them the type text.
	settleLiterals literals = false
	// keepLiterals leaves them to the set operation around the statement.
	keepLiterals literals = true
)

// statement analyses a SELECT node, wrapped in its kind or not.
func (a *analyzer) statement(n pgtree.Node, outer *scope, untyped literals) []field {
	if !a.spend(1) {
		return nil
	}
	s := &scope{parent: outer}
	if outer != nil {
		s.ctes = outer.ctes
	}
	if with := n.Node("withClause"); with.Exists() {
		a.with(with, s)
	}
	var columns []field
	switch op := n.Text("op"); {
	case len(n.List("valuesLists")) > 0:
		columns = a.values(n, s)
		a.tail(n, s, columns, nil)
	case op != "" && op != "SETOP_NONE":
		columns = a.setOperation(n, s)
		a.tail(n, &scope{parent: outer, ctes: s.ctes}, columns, nil)
	default:
		columns = a.selectQuery(n, s)
	}
	if untyped == settleLiterals {
		a.settle(columns)
	}
	return columns
}

// settle gives quoted constants that nothing else gave a type the type text.
func (a *analyzer) settle(columns []field) {
	for i := range columns {
		if c := &columns[i]; c.typ == typeUnknown {
			c.typ, c.literal = typeText, false
		}
	}
}

func (a *analyzer) selectQuery(n pgtree.Node, s *scope) []field {
	for _, from := range n.List("fromClause") {
		s.items = append(s.items, a.from(from, s)...)
	}
	targets := a.targets(n.List("targetList"), s)
	columns := make([]field, 0, len(targets))
	for _, t := range targets {
		columns = append(columns, t.field)
	}
	a.condition(n.Node("whereClause"), s)
	a.condition(n.Node("havingClause"), s)
	for _, g := range n.List("groupClause") {
		a.grouping(g, s, targets)
	}
	for _, w := range n.List("windowClause") {
		a.window(w, s)
	}
	a.tail(n, s, columns, targets)
	return columns
}

// tail reads ORDER BY, DISTINCT and LIMIT, which stand behind set operations too.
func (a *analyzer) tail(n pgtree.Node, s *scope, columns []field, targets []target) {
	if targets == nil {
		for _, c := range columns {
			targets = append(targets, target{field: c})
		}
	}
	for _, sort := range n.List("sortClause") {
		v := a.clause(sort.Node("node"), s, targets, outputFirst)
		a.sort(sort, v)
	}
	for _, d := range n.List("distinctClause") {
		if !d.Exists() || d.Kind() == "" {
			// A plain DISTINCT: over all columns.
			for _, c := range columns {
				a.compareValue(a.asText(c.value), n)
			}
			continue
		}
		v := a.clause(d, s, targets, outputFirst)
		a.mention(Computes, v, value{}, a.place(d))
		a.compareValue(v, d)
	}
	for _, field := range []string{"limitCount", "limitOffset"} {
		if limit := n.Node(field); limit.Exists() {
			v := a.expr(limit, s)
			a.mention(Computes, v, value{}, a.place(limit))
			a.coerce(v, typeInt8, assignment, limit)
		}
	}
}

func (a *analyzer) asText(v value) value {
	if v.typ == typeUnknown {
		v.typ = typeText
	}
	return v
}

// sort notes what one item of ORDER BY runs.
func (a *analyzer) sort(n pgtree.Node, v value) {
	v = a.asText(v)
	a.mention(Computes, v, value{}, a.place(n))
	if op := lastTwo(n.Names("useOp")); op.Name != "" {
		a.operator(op, &v, v, n)
		for _, c := range a.operatorCandidates(op, binaryOperator) {
			if a.allCoerce([]OID{v.typ, v.typ}, c.args) {
				a.support(a.source.SortSupport(c.op.OID), c.op, op, runsPossibly, n)
			}
		}
	}
	a.compareValue(v, n)
}

// target is an entry of the select list and what it is made of.
type target struct {
	field
	node pgtree.Node
}

// maxTargets is more columns than PostgreSQL takes in one list (MaxTupleAttributeNumber,
// 1664, in access/htup_details.h).
const maxTargets = 2000

func (a *analyzer) targets(list []pgtree.Node, s *scope) []target {
	var all []target
	for _, t := range list {
		if !a.spend(1+len(all)/columnsAtOnce) || len(all) > maxTargets {
			a.result.TooComplex = true
			return nil
		}
		val := t.Node("val")
		if fields, ok := a.star(val, s); ok {
			for _, f := range fields {
				all = append(all, target{field: f})
			}
			continue
		}
		v := a.expr(val, s)
		v.whole = nil // further out the row has the names of its type
		a.occurs(v.typ)
		name := t.Text("name")
		if name == "" {
			name = columnName(val)
		}
		all = append(all, target{field{name, v}, val})
	}
	return all
}

// lookup says where the name in an item of a clause is looked for first.
type lookup bool

const (
	// outputFirst is the rule of ORDER BY and DISTINCT ON.
	outputFirst lookup = false
	// fromFirst is the rule of GROUP BY: a column of FROM comes before a name of the output.
	fromFirst lookup = true
)

// clause finds what an item of ORDER BY, GROUP BY or DISTINCT ON means
// (findTargetlistEntrySQL92): a position, a name of the output, or an expression.
func (a *analyzer) clause(n pgtree.Node, s *scope, targets []target, first lookup) value {
	if n.Kind() == "ColumnRef" {
		names := n.Names("fields")
		if len(names) == 1 && names[0] != pgtree.Star {
			if first == fromFirst && a.ownColumn(s, names[0]) {
				return a.expr(n, s)
			}
			if i, ok := a.targetNamed(targets, names[0]); ok {
				return targets[i].value
			}
		}
	}
	if n.Kind() == "A_Const" && n.Node("ival").Exists() {
		if i := n.Node("ival").Int("ival"); i >= 1 && i <= len(targets) {
			return targets[i-1].value
		}
	}
	return a.expr(n, s)
}

// targetNamed finds the first of the columns of an output that has a name.
func (a *analyzer) targetNamed(targets []target, name string) (int, bool) {
	if len(targets) == 0 {
		return 0, false
	}
	if a.targetsOf != &targets[0] {
		a.spend(len(targets))
		a.targetsOf, a.targetNames = &targets[0], make(map[string]int, len(targets))
		for i := range targets {
			if _, known := a.targetNames[targets[i].name]; !known {
				a.targetNames[targets[i].name] = i
			}
		}
	}
	i, ok := a.targetNames[name]
	return i, ok
}

func (a *analyzer) grouping(n pgtree.Node, s *scope, targets []target) {
	switch n.Kind() {
	case "GroupingSet":
		for _, c := range n.List("content") {
			a.grouping(c, s, targets)
		}
	case "RowExpr":
		for _, c := range n.List("args") {
			a.grouping(c, s, targets)
		}
	default:
		v := a.asText(a.clause(n, s, targets, fromFirst))
		a.mention(Computes, v, value{}, a.place(n))
		a.compareValue(v, n)
	}
}

// values reads VALUES lists.
func (a *analyzer) values(n pgtree.Node, s *scope) []field {
	var rows [][]value
	for _, list := range n.List("valuesLists") {
		var row []value
		for _, item := range list.List("items") {
			row = append(row, a.expr(item, s))
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil
	}
	columns := make([]field, len(rows[0]))
	for i := range columns {
		var column []value
		var flows []*Flow
		for _, row := range rows {
			if i < len(row) {
				column = append(column, row[i])
				flows = append(flows, row[i].flow)
			}
		}
		v := a.together(column, n)
		v.flow = merged(flows...)
		if len(column) == 1 {
			v = column[0]
		}
		columns[i] = field{"column" + itoa(i+1), v}
	}
	return columns
}

// setOperation reads UNION, INTERSECT and EXCEPT.
func (a *analyzer) setOperation(n pgtree.Node, s *scope) []field {
	left := a.statement(n.Node("larg"), s, keepLiterals)
	right := a.statement(n.Node("rarg"), s, keepLiterals)
	return a.combine(n, left, right)
}

// combine brings the columns of two arms together by position.
func (a *analyzer) combine(n pgtree.Node, left, right []field) []field {
	if len(left) != len(right) {
		a.opaque("the columns of a set operation", n)
	}
	columns := make([]field, 0, len(left))
	for i := range left {
		if i >= len(right) {
			columns = append(columns, left[i])
			continue
		}
		l, r := left[i].value, right[i].value
		v := value{typ: a.unify([]value{l, r}, n), flow: merged(l.flow, r.flow)}
		switch v.typ {
		case typeRecord:
			v.fields = a.bothFields(l, r)
		case typeRecordArray:
			v.fields = a.columnsOf([]value{l, r})
		}
		if !n.Bool("all") || n.Text("op") != "SETOP_UNION" {
			a.compareValue(v, n)
		}
		columns = append(columns, field{left[i].name, v})
	}
	return columns
}

// bothFields are the fields of rows of two arms: those of the left one, as PostgreSQL
// has it, whose values come from either.
func (a *analyzer) bothFields(l, r value) []field {
	if !a.spend(len(l.fields)) {
		return nil
	}
	fields := make([]field, len(l.fields))
	for i, f := range l.fields {
		fields[i] = f
		if isRecord(r.typ) && len(r.fields) != len(l.fields) {
			fields[i].typ, fields[i].fields = undetermined, nil // the other rows have columns that are not listed here
		}
		other := r.flow // of a row whose fields are not known, all of it
		if i < len(r.fields) {
			other = r.fields[i].flow
			if a.asText(f.value).typ != a.asText(r.fields[i].value).typ {
				fields[i].typ = undetermined // rows of any columns stand in one column
			}
		}
		fields[i].flow = merged(f.flow, other, r.flow)
		if i < len(r.fields) && len(f.fields) > 0 {
			fields[i].fields = a.bothFields(f.value, r.fields[i].value)
		}
	}
	return fields
}

// renamed gives the first columns other names.
func renamed(columns []field, names []string) []field {
	if len(names) == 0 {
		return columns
	}
	columns = append([]field(nil), columns...)
	for i, name := range names {
		if i < len(columns) {
			columns[i].name = name
		}
	}
	return columns
}
