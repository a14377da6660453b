package sqlgen

// from writes an item of FROM.
func (w *writer) from(depth int) relation {
	left := w.relation(depth)
	if depth <= 0 || !w.chance(3) {
		return left
	}
	right := w.relation(depth - 1)
	columns := append(append([]column(nil), left.columns...), right.columns...)
	if w.chance(4) {
		return relation{Node: form(Relation, "¤, ¤", left.Node, right.Node), columns: columns}
	}
	outer := w.scope
	w.scope = columns // what ON may name
	on := w.expr('B', 0)
	w.scope = outer
	kind := w.pick("join", "left join", "right join", "inner join", "left outer join")
	if w.chance(6) {
		return relation{Node: form(Relation, "¤ cross join ¤", left.Node, right.Node), columns: columns}
	}
	return relation{Node: form(Relation, "¤ "+kind+" ¤ on (¤)", left.Node, right.Node, on), columns: columns}
}

// relation writes a table, a subselect, a function or a CTE's name, with an alias.
func (w *writer) relation(depth int) relation {
	alias := w.alias()
	qualify := func(columns []column) []column {
		out := make([]column, len(columns))
		for i, c := range columns {
			out[i] = column{ref: alias + "." + c.name, name: c.name, category: c.category}
		}
		return out
	}
	switch {
	case len(w.ctes) > 0 && w.chance(3):
		cte := w.ctes[w.Intn(len(w.ctes))]
		return relation{Node: leaf(Relation, cte.name+" as "+alias), columns: qualify(cte.columns)}
	case depth > 0 && w.chance(3):
		inner := w.query(depth - 1)
		return relation{Node: form(Relation, w.pick("", "", "lateral ")+"(¤¤) as "+alias, inner.Node, w.space()), columns: qualify(inner.columns)}
	case w.chance(6):
		return w.functionRelation(alias)
	}
	table := w.schema.Tables[w.Intn(len(w.schema.Tables))]
	columns := make([]column, len(table.Columns))
	for i, c := range table.Columns {
		columns[i] = column{ref: alias + "." + c.Name, name: c.Name, category: c.Type.Category}
	}
	only := w.pick("", "", "", "only ", "public.")
	return relation{Node: leaf(Relation, only+table.Name+w.pick(" ", " as ")+alias), columns: columns}
}

func (w *writer) functionRelation(alias string) relation {
	n := func(name string, category byte) column {
		return column{ref: alias + "." + name, name: name, category: category}
	}
	switch w.Intn(6) {
	case 0:
		return relation{Node: form(Relation, "generate_series(1, ¤) as "+alias+"(n)", leaf(Expr, w.pick("3", "20", "250"))), columns: []column{n("n", 'N')}}
	case 1:
		return relation{Node: leaf(Relation, "unnest(array['a', null, 'c']) with ordinality as "+alias+"(v, i)"), columns: []column{n("v", 'S'), n("i", 'N')}}
	case 2:
		return relation{Node: leaf(Relation, "rows from (generate_series(1, 2), unnest(array[true])) as "+alias+"(n, b)"), columns: []column{n("n", 'N'), n("b", 'B')}}
	case 3:
		return relation{Node: leaf(Relation, `jsonb_to_recordset('[{"a":1,"b":"x"}]') as `+alias+"(a int, b text)"), columns: []column{n("a", 'N'), n("b", 'S')}}
	case 4:
		return relation{Node: leaf(Relation, `jsonb_each_text('{"k": "v", "n": null}') as `+alias), columns: []column{n("key", 'S'), n("value", 'S')}}
	}
	return relation{Node: form(Relation, "(values (¤, 'x'), (2, null)) as "+alias+"(n, s)", leaf(Expr, "1")), columns: []column{n("n", 'N'), n("s", 'S')}}
}
