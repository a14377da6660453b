package analyze

import (
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// expr analyses an expression.
func (a *analyzer) expr(n pgtree.Node, s *scope) value {
	if !n.Exists() {
		return value{typ: typeUnknown, literal: true, flow: computed}
	}
	if at := n.Location(); at >= 0 {
		a.at = at
	}
	if !a.spend(1) {
		return value{flow: computed}
	}
	switch n.Kind() {
	case "ColumnRef":
		return a.columnRef(n, s)
	case "A_Const":
		return constant(n)
	case "FuncCall":
		return a.call(n, s)
	case "A_Expr":
		return a.operatorExpr(n, s)
	case "TypeCast":
		return a.typeCast(n, s)
	case "SubLink":
		return a.subLink(n, s)
	case "A_Indirection":
		return a.indirection(a.expr(n.Node("arg"), s), n.List("indirection"), n, s)
	case "A_ArrayExpr":
		return a.array(n, s, undetermined, n)
	case "BoolExpr":
		for _, arg := range n.List("args") {
			a.condition(arg, s)
		}
		return value{typ: typeBool, flow: computed}
	case "BooleanTest":
		a.condition(n.Node("arg"), s)
		return value{typ: typeBool, flow: computed}
	case "NullTest":
		v := a.expr(n.Node("arg"), s)
		a.mention(NullTest, v, value{}, a.place(n))
		return value{typ: typeBool, flow: computed}
	case "CaseExpr":
		return a.caseExpr(n, s)
	case "CoalesceExpr":
		return a.unified(n, n.List("args"), s)
	case "MinMaxExpr":
		v := a.unified(n, n.List("args"), s)
		a.compareValue(v, n)
		return v
	case "RowExpr":
		return a.rowExpr(n, s)
	case "CollateClause":
		v := a.expr(n.Node("arg"), s)
		a.mention(Computes, v, value{}, a.place(n))
		v.flow = computed
		return v
	case "GroupingFunc":
		for _, arg := range n.List("args") {
			a.expr(arg, s)
		}
		return value{typ: typeInt4, flow: computed}
	case "SQLValueFunction":
		return value{typ: valueFunctions[n.Text("op")], flow: computed}
	case "NamedArgExpr":
		return a.expr(n.Node("arg"), s)
	case "ParamRef":
		if i := n.Int("number"); i >= 1 && i <= len(a.parameters) {
			return a.parameters[i-1]
		}
		return value{typ: undetermined, flow: computed}
	case "List":
		for _, item := range n.List("items") {
			a.expr(item, s)
		}
		return value{typ: undetermined, flow: computed}
	}
	return a.xmlOrJSON(n, s)
}

var valueFunctions = map[string]OID{
	"SVFOP_CURRENT_DATE": typeDate, "SVFOP_CURRENT_TIME": typeTimeTZ, "SVFOP_CURRENT_TIME_N": typeTimeTZ,
	"SVFOP_CURRENT_TIMESTAMP": typeTimestampTZ, "SVFOP_CURRENT_TIMESTAMP_N": typeTimestampTZ,
	"SVFOP_LOCALTIME": typeTime, "SVFOP_LOCALTIME_N": typeTime,
	"SVFOP_LOCALTIMESTAMP": typeTimestamp, "SVFOP_LOCALTIMESTAMP_N": typeTimestamp,
	"SVFOP_CURRENT_ROLE": typeName, "SVFOP_CURRENT_USER": typeName, "SVFOP_USER": typeName,
	"SVFOP_SESSION_USER": typeName, "SVFOP_CURRENT_CATALOG": typeName, "SVFOP_CURRENT_SCHEMA": typeName,
}

func constant(n pgtree.Node) value {
	v := value{flow: computed, node: n}
	switch {
	case n.Node("ival").Exists():
		v.typ = typeInt4
	case n.Node("fval").Exists():
		v.typ = numberType(n.Node("fval").Text("fval"))
	case n.Node("boolval").Exists():
		v.typ = typeBool
	case n.Node("bsval").Exists():
		v.typ = typeBit
	default:
		v.typ, v.literal, v.null = typeUnknown, true, n.Bool("isnull")
	}
	return v
}

// numberType is bigint for a whole number that fits, else numeric (make_const).
func numberType(text string) OID {
	const mostDigits = 19 // of a bigint
	if len(text) > mostDigits {
		return typeNumeric
	}
	var n uint64
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			// 0x1F, 1_000, 1.5: the first two are of PostgreSQL 16, and an older server
			// reads them as something else.
			return otherNumber(text)
		}
		n = n*10 + uint64(text[i]-'0')
	}
	if n > 1<<63-1 {
		return typeNumeric
	}
	return typeInt8
}

func otherNumber(text string) OID {
	for i := range len(text) {
		switch text[i] {
		case '.', 'e', 'E':
			return typeNumeric
		case 'x', 'X', 'o', 'O', 'b', 'B', '_':
			return undetermined
		}
	}
	return undetermined
}

// condition analyses an expression that must be boolean (coerce_to_boolean).
func (a *analyzer) condition(n pgtree.Node, s *scope) {
	if !n.Exists() {
		return
	}
	v := a.expr(n, s)
	a.mention(Computes, v, value{}, a.place(n))
	a.coerce(v, typeBool, assignment, n)
}

// used analyses expressions whose values take part in another.
func (a *analyzer) used(list []pgtree.Node, s *scope) []value {
	values := make([]value, 0, len(list))
	for _, n := range list {
		v := a.expr(n, s)
		a.mention(Computes, v, value{}, a.place(n))
		values = append(values, v)
	}
	return values
}

// unified analyses alternatives of one value.
func (a *analyzer) unified(n pgtree.Node, list []pgtree.Node, s *scope) value {
	return a.together(a.used(list, s), n)
}

func (a *analyzer) caseExpr(n pgtree.Node, s *scope) value {
	var results []pgtree.Node
	arg := n.Node("arg")
	var tested value
	if arg.Exists() {
		tested = a.asText(a.expr(arg, s))
	}
	for _, when := range n.List("args") {
		if arg.Exists() {
			a.comparison("=", tested, a.expr(when.Node("expr"), s), when)
		} else {
			a.condition(when.Node("expr"), s)
		}
		results = append(results, when.Node("result"))
	}
	// The ELSE is the first for the choice of a type.
	if result := n.Node("defresult"); result.Exists() {
		results = append([]pgtree.Node{result}, results...)
	}
	return a.unified(n, results, s)
}

func (a *analyzer) rowExpr(n pgtree.Node, s *scope) value {
	v := value{typ: typeRecord, isRow: true}
	var flows []*Flow
	for i, arg := range a.expandRows(n.List("args"), s) {
		v.items = append(v.items, arg)
		flows = append(flows, arg.flow)
		v.fields = append(v.fields, field{"f" + itoa(i+1), a.asText(arg)})
	}
	v.flow = merged(flows...)
	return v
}

// expandRows analyses a list of expressions in which t.* stands for its columns.
func (a *analyzer) expandRows(list []pgtree.Node, s *scope) []value {
	var values []value
	for _, n := range list {
		if fields, ok := a.star(n, s); ok {
			for _, f := range fields {
				values = append(values, f.value)
			}
			continue
		}
		values = append(values, a.expr(n, s))
	}
	return values
}

// array reads ARRAY[...]. Element is the type that a cast around it asks for, which
// stands at the node as.
func (a *analyzer) array(n pgtree.Node, s *scope, element OID, as pgtree.Node) value {
	var values []value
	nested := false
	for _, e := range n.List("elements") {
		var v value
		if e.Kind() == "A_ArrayExpr" {
			v, nested = a.array(e, s, element, as), true
		} else {
			v = a.expr(e, s)
		}
		a.mention(Computes, v, value{}, a.place(e))
		values = append(values, v)
	}
	if element != undetermined {
		target := element
		for _, v := range values {
			if a.element(v.typ) != undetermined && nested {
				target = v.typ
			}
			a.coerce(v, target, explicit, as)
		}
		return value{typ: a.arrayOf(element), flow: computed}
	}
	v := a.together(values, n)
	if a.element(v.typ) == undetermined { // an array of arrays is one of more dimensions
		v.typ = a.arrayOf(v.typ)
	}
	return v
}

func (a *analyzer) typeCast(n pgtree.Node, s *scope) value {
	t, modifiers := a.typeOf(n.Node("typeName"))
	a.occurs(t)
	arg := n.Node("arg")
	var v value
	if element := a.element(t); arg.Kind() == "A_ArrayExpr" && element != undetermined {
		v = a.array(arg, s, element, n.Node("typeName"))
	} else {
		v = a.expr(arg, s)
	}
	if v.typ == t && t != undetermined && !modifiers {
		return v // PostgreSQL leaves such a cast out
	}
	a.mention(Computes, v, value{}, a.place(arg))
	written := n.Node("typeName")
	result := a.coerce(v, t, explicit, written)
	if modifiers {
		a.modify(t, written)
	}
	if known := a.typeInfo(t); known != nil {
		a.uses(known, a.place(written))
		if known.Kind == 'd' {
			a.modify(known.Base, written) // a domain can be over varchar(10)
		}
	}
	result.flow = computed
	return result
}

func (a *analyzer) subLink(n pgtree.Node, s *scope) value {
	columns := a.statement(n.Node("subselect"), s, settleLiterals)
	switch n.Text("subLinkType") {
	case "EXISTS_SUBLINK":
		return value{typ: typeBool, flow: computed}
	case "ANY_SUBLINK", "ALL_SUBLINK":
		op := lastTwo(n.Names("operName"))
		if op.Name == "" {
			op.Name = "="
		}
		test := a.expr(n.Node("testexpr"), s)
		left := []value{test}
		if test.isRow {
			left = test.items
		}
		for i, l := range left {
			if i < len(columns) {
				a.compareBy(op, l, columns[i].value, n)
			}
		}
		return value{typ: typeBool, flow: computed}
	}
	if len(columns) != 1 {
		// A row of several columns is compared as a whole.
		row := rowOf(columns)
		row.isRow = true
		for _, c := range columns {
			row.items = append(row.items, c.value)
		}
		return row
	}
	v := columns[0].value
	if n.Text("subLinkType") != "ARRAY_SUBLINK" {
		return v
	}
	a.mention(Computes, v, value{}, a.place(n))
	result := value{typ: v.typ, flow: computed}
	if a.element(v.typ) == undetermined {
		result.typ = a.arrayOf(v.typ)
	}
	if isRecord(result.typ) {
		result.fields = a.columnsOf([]value{v})
	}
	return result
}
