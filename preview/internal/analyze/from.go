package analyze

import (
	"cmp"
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// from reads one item of FROM and returns what names can refer to.
func (a *analyzer) from(n pgtree.Node, s *scope) []*item {
	switch n.Kind() {
	case "RangeVar":
		return []*item{a.relation(n, s)}
	case "RangeSubselect":
		outer := s
		if !n.Bool("lateral") {
			// What stands before it in this FROM is not visible to it.
			outer = &scope{parent: s.parent, ctes: s.ctes}
		}
		columns := a.statement(n.Node("subquery"), outer, false)
		return []*item{a.named(n, columns, "")}
	case "RangeFunction":
		return []*item{a.rangeFunction(n, s)}
	case "RangeTableSample":
		return a.sample(n, s)
	case "RangeTableFunc":
		return []*item{a.named(n, a.xmlTable(n, s), "xmltable")}
	case "JsonTable":
		return []*item{a.named(n, a.jsonTable(n, s), "json_table")}
	case "JoinExpr":
		return a.join(n, s)
	}
	a.opaque("an item of FROM", n)
	return []*item{{unknown: true}}
}

// named makes an item of columns under the alias of a node.
func (a *analyzer) named(n pgtree.Node, columns []field, name string) *item {
	alias := n.Node("alias")
	if text := alias.Text("aliasname"); text != "" {
		name = text
	}
	columns = renamed(columns, alias.Names("colnames"))
	return &item{alias: name, columns: columns, row: rowOf(columns)}
}

// rowOf is the whole row of columns.
func rowOf(columns []field) value {
	flows := make([]*Flow, 0, len(columns))
	for _, c := range columns {
		flows = append(flows, c.flow)
	}
	return value{typ: typeRecord, fields: columns, flow: merged(flows...)}
}

func (a *analyzer) relation(n pgtree.Node, s *scope) *item {
	schema, name := n.Text("schemaname"), n.Text("relname")
	a.at = max(a.at, n.Location())
	if schema == "" {
		if cte := s.ctes.find(name); cte != nil {
			return a.named(n, cte.columns, name)
		}
	}
	known, ok := a.source.Relation(catalog.Name{Schema: schema, Name: name})
	if !ok {
		a.opaque("the relation "+written(catalog.Name{Schema: schema, Name: name}), n)
		item := a.named(n, nil, name)
		item.unknown, item.row = true, value{}
		return item
	}
	read := Read{known, a.place(n)}
	if !a.seenReads[read] {
		a.seenReads[read] = true
		a.result.Relations = append(a.result.Relations, read)
	}
	columns := make([]field, 0, len(known.Columns))
	for _, c := range known.Columns {
		a.occurs(c.Type)
		if known.PartitionedBy(c.Name) {
			// A session that first reads a partitioned table sorts its partitions.
			a.compare(c.Type, n)
		}
		columns = append(columns, field{c.Name, value{typ: c.Type, flow: &Flow{columns: []Column{{known.OID, c.Number}}}}})
	}
	for _, t := range known.KeyTypes {
		a.compare(t, n)
	}
	item := a.named(n, columns, name)
	item.row.typ = known.RowType
	if n.Node("alias").Has("colnames") {
		item.row.fields = nil // the row itself has the names of its type
	}
	a.rows[known.RowType] = known
	item.system = known.Kind != 'v' && known.Kind != 'f'
	if alias := n.Node("alias"); !alias.Exists() {
		item.schema = known.Schema
	}
	a.occurs(known.RowType)
	return item
}

// systemColumn tells the columns that every table has and no star shows.
func systemColumn(name string) (OID, bool) {
	switch name {
	case "ctid":
		return 27, true
	case "xmin", "xmax":
		return 28, true
	case "cmin", "cmax":
		return 29, true
	case "tableoid":
		return 26, true
	}
	return undetermined, false
}

func (a *analyzer) sample(n pgtree.Node, s *scope) []*item {
	items := a.from(n.Node("relation"), s)
	name := lastTwo(n.Names("method"))
	for _, fn := range a.source.Functions(name) {
		a.run(Run{Function: fn.OID, How: Call, Through: written(name), At: a.place(n)})
	}
	for _, arg := range n.List("args") {
		// A method of the database's own says itself what it takes.
		v := a.expr(arg, s)
		a.mention(Computes, v, value{}, a.place(arg))
		a.coerce(v, typeFloat4, assignment, arg)
	}
	if seed := n.Node("repeatable"); seed.Exists() {
		v := a.expr(seed, s)
		a.mention(Computes, v, value{}, a.place(seed))
		a.coerce(v, typeFloat8, assignment, seed)
	}
	return items
}

// rangeFunction reads functions in FROM, which see the items before them.
func (a *analyzer) rangeFunction(n pgtree.Node, s *scope) *item {
	alias := n.Node("alias")
	functions := n.List("functions")
	var columns []field
	var row value
	name := alias.Text("aliasname")
	for _, f := range functions {
		parts := f.List("items")
		if len(parts) == 0 {
			continue
		}
		definitions := n.List("coldeflist")
		if len(parts) > 1 && len(parts[1].List("items")) > 0 {
			definitions = parts[1].List("items")
		}
		if args := parts[0].List("args"); isUnnest(parts[0]) && len(args) > 1 {
			columns, name = append(columns, a.unnestAll(args, parts[0], s)...), cmp.Or(name, unnest.Name)
			continue
		}
		if parts[0].Kind() == "FuncCall" {
			a.defines = a.definedTypes(definitions)
		}
		v := a.expr(parts[0], s)
		own := columnName(parts[0])
		if name == "" {
			name = own
		}
		if alias.Text("aliasname") != "" && len(functions) == 1 {
			own = alias.Text("aliasname")
		}
		produced := a.functionColumns(parts[0], v, own, definitions)
		columns = append(columns, produced...)
		row = v
	}
	if n.Bool("ordinality") {
		columns = append(columns, field{"ordinality", value{typ: typeInt8, flow: computed}})
	}
	columns = renamed(columns, alias.Names("colnames"))
	made := &item{alias: name, columns: columns, row: rowOf(columns)}
	// The name of a single function without more is its value: a scalar, or a row of
	// a named type.
	if len(functions) == 1 && !n.Bool("ordinality") && row.typ != typeRecord {
		made.row = row
		made.row.flow = rowOf(columns).flow
	}
	made.unknown = len(columns) == 0 && row.typ == undetermined
	return made
}

// unnest is the one function of which PostgreSQL makes several, one for each argument,
// where it stands in FROM with more than one (transformRangeFunction).
var unnest = catalog.Name{Schema: "pg_catalog", Name: "unnest"}

func isUnnest(n pgtree.Node) bool {
	names := n.Names("funcname")
	return n.Kind() == "FuncCall" && len(names) == 1 && names[0] == unnest.Name && !n.Bool("func_variadic") &&
		!n.Bool("agg_distinct") && !n.Bool("agg_star") && !n.Node("over").Exists() && !n.Node("agg_filter").Exists()
}

func (a *analyzer) unnestAll(args []pgtree.Node, n pgtree.Node, s *scope) []field {
	var columns []field
	for _, arg := range args {
		v := a.invoke(invocation{name: unnest, args: []value{a.expr(arg, s)}, node: n, how: Call})
		columns = append(columns, a.functionColumns(n, v, unnest.Name, nil)...)
	}
	return columns
}

// definedTypes are the types of a column definition list.
func (a *analyzer) definedTypes(definitions []pgtree.Node) ArgumentTypes {
	types := make([]OID, len(definitions))
	for i, d := range definitions {
		types[i], _ = a.typeOf(d.Node("typeName"))
	}
	return argumentTypes(types)
}

// functionColumns are the columns of one function in FROM.
func (a *analyzer) functionColumns(n pgtree.Node, v value, name string, definitions []pgtree.Node) []field {
	if len(definitions) > 0 {
		columns := make([]field, 0, len(definitions))
		for _, d := range definitions {
			t, _ := a.typeOf(d.Node("typeName"))
			// The function makes values of these types by itself, of texts perhaps.
			if v.defined {
				a.input(t, d.Node("typeName"))
			} else {
				a.anyCastTo(t, d.Node("typeName"))
			}
			a.occurs(t)
			columns = append(columns, field{d.Text("colname"), value{typ: t, flow: computed}})
		}
		return columns
	}
	if len(v.fields) > 0 {
		if len(v.fields) == 1 && v.typ != typeRecord {
			return []field{{v.fields[0].name, value{typ: v.typ, flow: v.flow}}}
		}
		return v.fields
	}
	if a.isComposite(v.typ) {
		t := a.typeInfo(a.base(v.typ))
		columns := make([]field, 0, len(t.Columns))
		for _, c := range t.Columns {
			a.occurs(c.Type)
			columns = append(columns, field{c.Name, value{typ: c.Type, flow: a.part(v, c)}})
		}
		return columns
	}
	if v.typ == typeRecord {
		a.opaque("the columns of a function", n)
		return nil
	}
	return []field{{name, v}}
}

// part is the flow of one column of a row.
func (a *analyzer) part(row value, c catalog.Column) *Flow {
	if row.flow == nil || row.flow == computed {
		return computed
	}
	for _, f := range row.fields {
		if f.name == c.Name {
			return f.flow
		}
	}
	return row.flow
}

// join reads a JOIN.
func (a *analyzer) join(n pgtree.Node, s *scope) []*item {
	left := a.from(n.Node("larg"), s)
	// The right side sees the left one where it is lateral.
	a.spend(len(s.items) + len(left))
	inner := &scope{items: append(slices.Clone(s.items), left...), parent: s.parent, ctes: s.ctes}
	right := a.from(n.Node("rarg"), inner)
	kind := n.Text("jointype")
	names := n.Names("usingClause")
	var leftColumns, rightColumns []field
	if n.Bool("isNatural") || len(names) > 0 {
		leftColumns, rightColumns = a.visibleColumns(left), a.visibleColumns(right)
	}
	if n.Bool("isNatural") {
		inRight, seen := a.indexOf(rightColumns), make(map[string]bool)
		for _, c := range leftColumns {
			if inRight[c.name] != nil && !seen[c.name] {
				seen[c.name] = true
				names = append(names, c.name)
			}
		}
		if slices.ContainsFunc(append(slices.Clone(left), right...), func(i *item) bool { return i.unknown }) {
			a.opaque("the columns of a NATURAL join", n)
		}
	}
	merge := make([]field, 0, len(names))
	for _, name := range names {
		l, r := a.column(leftColumns, name, n), a.column(rightColumns, name, n)
		a.comparison("=", l, r, n)
		merge = append(merge, field{name, a.mergedColumn(kind, l, r, n)})
	}
	if quals := n.Node("quals"); quals.Exists() {
		on := &scope{items: append(slices.Clone(left), right...), parent: s.parent, ctes: s.ctes}
		a.condition(quals, on)
	}
	if using := n.Node("join_using_alias"); using.Exists() {
		right = append(right, &item{alias: using.Text("aliasname"), columns: merge, row: rowOf(merge), hidden: true})
	}
	return a.joined(n, left, right, names, merge)
}

// joined returns what names can refer to behind a join.
func (a *analyzer) joined(n pgtree.Node, left, right []*item, names []string, merge []field) []*item {
	all := append(slices.Clone(left), right...)
	alias := n.Node("alias")
	if len(names) == 0 && !alias.Exists() {
		return all
	}
	unknown := slices.ContainsFunc(all, func(i *item) bool { return i.unknown })
	columns, once := slices.Clone(merge), setOf(names)
	for _, c := range append(a.visibleColumns(left), a.visibleColumns(right)...) {
		if !once[c.name] {
			columns = append(columns, c)
		}
	}
	a.spend(len(all) + len(columns))
	if alias.Exists() {
		made := a.named(n, columns, "")
		made.unknown = unknown
		return []*item{made}
	}
	// The merged columns stand once; the others keep their item for `t.column`.
	shown := &item{columns: columns, unknown: unknown}
	items := []*item{shown}
	for _, i := range all {
		behind := *i
		behind.hidden = true
		items = append(items, &behind)
	}
	return items
}

// visibleColumns are those that a star shows.
func (a *analyzer) visibleColumns(items []*item) []field {
	var columns []field
	for _, i := range items {
		if !i.hidden && a.spend(len(i.columns)) {
			columns = append(columns, i.columns...)
		}
	}
	return columns
}

func (a *analyzer) column(columns []field, name string, n pgtree.Node) value {
	if v, found := a.amongColumns(columns, name); found {
		return v
	}
	a.opaque("the column "+name, n)
	return value{}
}

// mergedColumn is a column of JOIN ... USING: the left one, the right one, or
// whichever is not NULL.
func (a *analyzer) mergedColumn(kind string, l, r value, n pgtree.Node) value {
	t := a.unify([]value{l, r}, n)
	v := value{typ: t, flow: merged(l.flow, r.flow)}
	switch {
	case kind == "JOIN_RIGHT" && r.typ == t:
		v.flow = r.flow
	case kind != "JOIN_FULL" && kind != "JOIN_RIGHT" && l.typ == t:
		v.flow = l.flow
	}
	return v
}
