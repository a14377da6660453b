package analyze

import (
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// xmlOrJSON analyses the expressions of the SQL/XML and SQL/JSON standards.
func (a *analyzer) xmlOrJSON(n pgtree.Node, s *scope) value {
	a.keywordMeaning(keywordCalls[n.Kind()], n)
	switch n.Kind() {
	case "XmlExpr":
		return a.xmlExpr(n, s)
	case "XmlSerialize":
		v := a.expr(n.Node("expr"), s)
		a.mention(Computes, v, value{}, a.place(n))
		a.coerce(v, typeXML, assignment, n)
		t, _ := a.typeOf(n.Node("typeName"))
		a.coerce(value{typ: typeText}, t, explicit, n)
		return value{typ: t, flow: computed}
	case "JsonFuncExpr":
		a.keywordMeaning(keywordCalls[n.Text("op")], n)
		return a.jsonFunction(n, s)
	case "JsonIsPredicate":
		a.jsonText(a.jsonValue(n.Node("expr"), s), n)
		return value{typ: typeBool, flow: computed}
	case "JsonValueExpr":
		v := a.jsonValue(n, s)
		v.flow = computed
		return v
	case "JsonArrayQueryConstructor":
		for _, c := range a.statement(n.Node("query"), s, settleLiterals) {
			a.mention(Computes, c.value, value{}, a.place(n))
			a.toJSON(c.value, n)
		}
		return a.returning(n, typeJSON)
	case "JsonParseExpr":
		v := a.jsonValue(n.Node("expr"), s)
		if n.Bool("unique_keys") {
			a.jsonText(v, n)
		}
		return a.returning(n, typeJSON)
	case "JsonObjectConstructor", "JsonArrayConstructor":
		a.jsonParts(n, s)
		return a.returning(n, typeJSON)
	case "JsonScalarExpr":
		a.jsonParts(n, s)
		return a.returning(n, typeJSON)
	case "JsonSerializeExpr":
		a.jsonParts(n, s)
		return a.returning(n, typeText)
	case "JsonObjectAgg", "JsonArrayAgg":
		a.jsonParts(n, s)
		return a.returning(n.Node("constructor"), typeJSON)
	}
	a.opaque("an expression of the kind "+n.Kind(), n)
	a.jsonParts(n, s)
	return value{typ: undetermined, flow: computed}
}

// jsonParts analyses all expressions below a node as values that become JSON.
func (a *analyzer) jsonParts(n pgtree.Node, s *scope) {
	n.Children(func(field string, child pgtree.Node) {
		switch field {
		case "output", "format", "typeName":
		case "over":
			a.window(child, s)
		case "agg_filter":
			a.condition(child, s)
		case "agg_order":
			a.sort(child, a.expr(child.Node("node"), s))
		default:
			a.jsonPart(child, s)
		}
	})
}

func (a *analyzer) jsonPart(n pgtree.Node, s *scope) {
	switch n.Kind() {
	case "", "JsonValueExpr", "JsonKeyValue", "JsonArgument", "JsonBehavior", "JsonAggConstructor", "JsonTablePathSpec", "List":
		a.jsonParts(n, s)
	default:
		a.toJSON(a.usedValue(n, s), n)
	}
}

func (a *analyzer) usedValue(n pgtree.Node, s *scope) value {
	v := a.expr(n, s)
	a.mention(Computes, v, value{}, a.place(n))
	return v
}

// jsonValue reads a JsonValueExpr, with or without its kind.
func (a *analyzer) jsonValue(n pgtree.Node, s *scope) value {
	if raw := n.Node("raw_expr"); raw.Exists() {
		n = raw
	}
	v := a.usedValue(n, s)
	a.toJSON(v, n)
	return v
}

// jsonText notes the cast to text of a value whose text is read as JSON
// (transformJsonParseArg in parse_expr.c).
func (a *analyzer) jsonText(v value, n pgtree.Node) {
	if category, _ := a.category(a.base(v.typ)); v.typ == undetermined || category == categoryString {
		a.coerce(v, typeText, implicit, n)
	}
}

// jsonFunction reads JSON_EXISTS, JSON_VALUE and JSON_QUERY.
func (a *analyzer) jsonFunction(n pgtree.Node, s *scope) value {
	a.jsonValue(n.Node("context_item"), s)
	if path := n.Node("pathspec"); path.Exists() {
		a.coerce(a.usedValue(path, s), typeJSONPath, explicit, path)
	}
	for _, arg := range n.List("passing") {
		a.jsonPart(arg, s)
	}
	usual := typeJSONB
	switch n.Text("op") {
	case "JSON_EXISTS_OP":
		usual = typeBool
	case "JSON_VALUE_OP":
		usual = typeText
	}
	result := a.returning(n, usual)
	a.jsonDefaults(n, result.typ, s)
	return result
}

// jsonDefaults reads the values that stand in the place of what is missing or wrong.
func (a *analyzer) jsonDefaults(n pgtree.Node, t OID, s *scope) {
	for _, behaviour := range []string{"on_empty", "on_error"} {
		if expr := n.Node(behaviour).Node("expr"); expr.Exists() {
			a.coerce(a.usedValue(expr, s), t, explicit, expr)
		}
	}
}

// returning is the type that RETURNING names, or the one without it.
func (a *analyzer) returning(n pgtree.Node, usual OID) value {
	name := n.Node("output").Node("typeName")
	if !name.Exists() {
		return value{typ: usual, flow: computed}
	}
	t, modifiers := a.typeOf(name)
	a.made(t, modifiers, name)
	return value{typ: t, flow: computed}
}

// made notes what it takes to make a value of a type from JSON, XML or text.
func (a *analyzer) made(t OID, modifiers bool, n pgtree.Node) {
	if t == undetermined {
		return
	}
	a.input(t, n)
	for _, source := range []OID{typeJSON, typeJSONB, typeText, typeBool, typeInt4, typeNumeric} {
		if path, _ := a.pathway(source, t, explicit); path == byFunction {
			a.coerce(value{typ: source}, t, explicit, n)
		}
	}
	if modifiers {
		a.modify(t, n)
	}
	if known := a.typeInfo(t); known != nil {
		a.uses(known, a.place(n))
	}
}

// jsonTable reads JSON_TABLE.
func (a *analyzer) jsonTable(n pgtree.Node, s *scope) []field {
	a.keywordMeaning(keywordCalls[n.Kind()], n)
	a.jsonValue(n.Node("context_item"), s)
	for _, arg := range n.List("passing") {
		a.jsonPart(arg, s)
	}
	return a.jsonColumns(n.List("columns"), s)
}

func (a *analyzer) jsonColumns(list []pgtree.Node, s *scope) []field {
	var columns []field
	for _, c := range list {
		switch c.Text("coltype") {
		case "JTC_NESTED":
			columns = append(columns, a.jsonColumns(c.List("columns"), s)...)
		case "JTC_FOR_ORDINALITY":
			columns = append(columns, field{c.Text("name"), value{typ: typeInt4, flow: computed}})
		default:
			t, modifiers := a.typeOf(c.Node("typeName"))
			a.made(t, modifiers, c.Node("typeName"))
			a.jsonDefaults(c, t, s)
			a.occurs(t)
			columns = append(columns, field{c.Text("name"), value{typ: t, flow: computed}})
		}
	}
	return columns
}

// xmlTable reads XMLTABLE.
func (a *analyzer) xmlTable(n pgtree.Node, s *scope) []field {
	a.coerce(a.usedValue(n.Node("docexpr"), s), typeXML, assignment, n)
	a.coerce(a.usedValue(n.Node("rowexpr"), s), typeText, assignment, n)
	for _, space := range n.List("namespaces") {
		a.coerce(a.usedValue(space.Node("val"), s), typeText, assignment, n)
	}
	var columns []field
	for _, c := range n.List("columns") {
		if c.Bool("for_ordinality") {
			columns = append(columns, field{c.Text("colname"), value{typ: typeInt4, flow: computed}})
			continue
		}
		t, modifiers := a.typeOf(c.Node("typeName"))
		a.made(t, modifiers, c.Node("typeName"))
		if path := c.Node("colexpr"); path.Exists() {
			a.coerce(a.usedValue(path, s), typeText, assignment, path)
		}
		if value := c.Node("coldefexpr"); value.Exists() {
			a.coerce(a.usedValue(value, s), t, assignment, value)
		}
		a.occurs(t)
		columns = append(columns, field{c.Text("colname"), value{typ: t, flow: computed}})
	}
	return columns
}

// xmlExpr reads XMLELEMENT and its kin.
func (a *analyzer) xmlExpr(n pgtree.Node, s *scope) value {
	for _, named := range n.List("named_args") {
		a.toJSON(a.usedValue(named.Node("val"), s), named)
	}
	for i, arg := range n.List("args") {
		v := a.usedValue(arg, s)
		a.toJSON(v, arg)
		switch n.Text("op") {
		case "IS_XMLCONCAT", "IS_DOCUMENT":
			a.coerce(v, typeXML, assignment, arg)
		case "IS_XMLPARSE", "IS_XMLPI":
			a.coerce(v, typeText, assignment, arg)
		case "IS_XMLROOT":
			if i == 0 {
				a.coerce(v, typeXML, assignment, arg)
			}
		}
	}
	if n.Text("op") == "IS_DOCUMENT" {
		return value{typ: typeBool, flow: computed}
	}
	return value{typ: typeXML, flow: computed}
}
