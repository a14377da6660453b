package analyze

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// ownColumn reports whether a name is a column of the query's own FROM.
func (a *analyzer) ownColumn(s *scope, name string) bool {
	for _, i := range s.items {
		if i.hidden {
			continue
		}
		for range a.columnsNamed(i.columns, name) {
			return true
		}
	}
	return false
}

// columnsAtOnce is how many names are compared for the price of one copy.
const columnsAtOnce = 16

// columnNamed looks a name up through the queries around, innermost first.
func (a *analyzer) columnNamed(s *scope, name string) (v value, found bool) {
	for ; s != nil; s = s.parent {
		for _, i := range s.items {
			if i.hidden {
				continue
			}
			a.spend(1)
			if i.unknown {
				// It may have the column, and then comes before those further out.
				return value{}, false
			}
			for c := range a.columnsNamed(i.columns, name) {
				if found {
					v = either(v, c.value)
					continue
				}
				v, found = c.value, true
			}
		}
		if found {
			return v, true
		}
		if t, ok := systemColumn(name); ok && slices.ContainsFunc(s.items, func(i *item) bool { return i.system && !i.hidden }) {
			return value{typ: t, flow: &Flow{}}, true
		}
	}
	return value{}, false
}

// either is the value of a name that can mean two columns. Every one counts.
func either(one, other value) value {
	both := value{typ: one.typ, flow: merged(one.flow, other.flow)}
	if one.typ != other.typ {
		both.typ = undetermined
	}
	return both
}

// itemNamed finds the entry of FROM that a name refers to.
func (a *analyzer) itemNamed(s *scope, schema, name string) *item {
	for ; s != nil; s = s.parent {
		for _, i := range s.items {
			if name != "" && a.source.MayMean(name, i.alias) && (schema == "" || schema == i.schema) {
				return i
			}
		}
	}
	return nil
}

// argument finds an argument of the function whose body is analysed.
func (a *analyzer) argument(name string) (value, bool) {
	if a.arguments == nil {
		return value{}, false
	}
	return a.amongColumns(a.arguments.columns, name)
}

// amongColumns finds a name in a list of columns.
func (a *analyzer) amongColumns(columns []field, name string) (v value, found bool) {
	for c := range a.columnsNamed(columns, name) {
		if found {
			v = either(v, c.value)
		} else {
			v, found = c.value, true
		}
	}
	return v, found
}

// columnRef reads a name: a column, a whole row, or a call by attribute notation.
func (a *analyzer) columnRef(n pgtree.Node, s *scope) value {
	names := n.Names("fields")
	if len(names) == 0 || names[len(names)-1] == pgtree.Star {
		return a.starRow(n, s)
	}
	last := names[len(names)-1]
	if len(names) == 1 {
		if v, found := a.columnNamed(s, last); found {
			return v
		}
		if i := a.itemNamed(s, "", last); i != nil {
			return i.wholeRow()
		}
		if v, found := a.argument(last); found {
			return v
		}
		a.opaque("the column "+last, n)
		return value{flow: computed}
	}
	schema := ""
	if len(names) > 2 {
		schema = names[len(names)-3]
	}
	i := a.itemNamed(s, schema, names[len(names)-2])
	if i == nil && a.arguments != nil {
		if v, found := a.argument(names[len(names)-2]); found && schema == "" {
			return a.attribute(v, last, n)
		}
		if names[len(names)-2] == a.arguments.alias {
			i = a.arguments
		}
	}
	if i == nil {
		a.opaque("the name "+names[len(names)-2], n)
		return a.attribute(value{flow: computed}, last, n)
	}
	if v, found := a.amongColumns(i.columns, last); found {
		return v
	}
	if t, ok := systemColumn(last); ok && i.system {
		return value{typ: t, flow: &Flow{}}
	}
	if i.unknown {
		a.opaque("the column "+last, n)
	}
	return a.attribute(i.wholeRow(), last, n)
}

// wholeRow is the entry's row, named directly.
func (i *item) wholeRow() value {
	row := i.row
	row.whole = i
	return row
}

// star expands `*`, `t.*` and `(row).*` of a select list. It reports false for
// other expressions.
func (a *analyzer) star(n pgtree.Node, s *scope) ([]field, bool) {
	switch n.Kind() {
	case "ColumnRef":
		names := n.Names("fields")
		if len(names) == 0 || names[len(names)-1] != pgtree.Star {
			return nil, false
		}
		if len(names) == 1 {
			for _, i := range s.items {
				if i.unknown {
					a.opaque("the columns of *", n)
				}
			}
			return a.visibleColumns(s.items), true
		}
		return a.paid(a.rowFields(a.starRow(n, s), n)), true
	case "A_Indirection":
		parts := n.List("indirection")
		if len(parts) == 0 || parts[len(parts)-1].Kind() != "A_Star" {
			return nil, false
		}
		v := a.indirection(a.expr(n.Node("arg"), s), parts[:len(parts)-1], n, s)
		return a.paid(a.rowFields(v, n)), true
	}
	return nil, false
}

// paid counts the copying of columns and returns none where there has been too much.
func (a *analyzer) paid(fields []field) []field {
	if !a.spend(len(fields)) {
		return nil
	}
	return fields
}

// starRow is the row before the star of `t.*`.
func (a *analyzer) starRow(n pgtree.Node, s *scope) value {
	names := n.Names("fields")
	if len(names) < 2 {
		return rowOf(a.visibleColumns(s.items))
	}
	schema := ""
	if len(names) > 2 {
		schema = names[len(names)-3]
	}
	i := a.itemNamed(s, schema, names[len(names)-2])
	switch {
	case i == nil, i.unknown:
		a.opaque("the columns of "+names[len(names)-2], n)
		return value{flow: computed}
	case i.row.typ == typeRecord, len(i.columns) > 0:
		row := i.row
		row.fields = i.columns
		return row
	}
	return i.row
}

// rowFields are the columns of a row.
func (a *analyzer) rowFields(v value, n pgtree.Node) []field {
	if len(v.fields) > 0 {
		return v.fields
	}
	if a.isComposite(v.typ) {
		return a.functionColumns(n, v, "", nil)
	}
	a.opaque("the columns of a row", n)
	return nil
}

// fieldOf finds a column of a row.
func (a *analyzer) fieldOf(v value, name string) (value, bool) {
	if v.whole != nil && v.typ != typeRecord && len(v.whole.columns) > 0 && a.isComposite(v.typ) {
		return a.amongColumns(v.whole.columns, name)
	}
	if found, ok := a.amongColumns(v.fields, name); ok {
		return found, true
	}
	if v.typ != undetermined && a.isComposite(v.typ) {
		for _, c := range a.typeInfo(a.base(v.typ)).Columns {
			if a.source.MayMean(name, c.Name) {
				a.occurs(c.Type)
				return value{typ: c.Type, flow: a.part(v, c)}, true
			}
		}
	}
	return value{}, false
}

// attribute reads value.name: a column of the row, or else a function of one
// argument.
func (a *analyzer) attribute(v value, name string, n pgtree.Node) value {
	if found, ok := a.fieldOf(v, name); ok {
		return found
	}
	return a.callAttribute(v, name, n)
}

// indirection reads what stands behind a value: [subscripts] and .names.
func (a *analyzer) indirection(v value, parts []pgtree.Node, n pgtree.Node, s *scope) value {
	for k := 0; k < len(parts); {
		if parts[k].Kind() != "A_Indices" {
			if parts[k].Kind() == "A_Star" {
				return v
			}
			v = a.attribute(v, parts[k].Text("sval"), n)
			k++
			continue
		}
		start := k
		for k < len(parts) && parts[k].Kind() == "A_Indices" {
			k++
		}
		v = a.subscripts(v, parts[start:k], n, s)
	}
	return v
}

// subscripts reads value[i][j].
func (a *analyzer) subscripts(v value, list []pgtree.Node, n pgtree.Node, s *scope) value {
	a.mention(Computes, v, value{}, a.place(n))
	known := a.typeInfo(a.base(v.typ))
	slice := false
	for _, index := range list {
		slice = slice || index.Bool("is_slice")
		for _, field := range []string{"lidx", "uidx"} {
			if bound := index.Node(field); bound.Exists() {
				i := a.expr(bound, s)
				a.mention(Computes, i, value{}, a.place(bound))
				a.coerce(i, typeInt4, assignment, bound)
				if known != nil && !known.IsArray {
					a.coerce(i, typeText, assignment, bound)
				}
			}
		}
	}
	if known == nil {
		return value{typ: undetermined, flow: computed}
	}
	if known.Subscript != 0 && !known.Subscript.BuiltIn() {
		a.run(Run{Function: known.Subscript, How: ByType, Through: "the type " + a.typeName(known.OID), At: a.place(n), Certain: true})
	}
	switch {
	case slice:
		return value{typ: known.OID, fields: v.fields, flow: computed}
	case known.Element != 0:
		return value{typ: known.Element, fields: v.fields, flow: computed}
	case known.OID == typeJSONB:
		return value{typ: typeJSONB, flow: computed}
	default:
		return value{typ: undetermined, flow: computed} // as the type's own function says
	}
}
