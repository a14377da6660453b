package rewritten

import "maps"

// Origin is a column of a stored relation, or a whole row of one.
type Origin struct {
	Relation uint32
	// Column is pg_attribute.attnum; 0 is the whole row.
	Column int
}

// Column is what the tree says of an output column.
type Column struct {
	// Origins are the stored columns whose values the output column's value is made
	// of, through subqueries, set operations, views, generated columns and calls. What
	// only counts rows or asks for NULL is left out, as is what only decides
	// which rows there are.
	Origins map[Origin]bool
	// Plain tells that the output column shows one stored column unchanged.
	Plain bool
}

// Columns returns the output columns of a query.
func (c *Catalog) Columns(query *Node) []Column {
	s := &scope{query: query}
	var columns []Column
	for _, target := range query.Field("targetList").Nodes() {
		if target.Field("resjunk").Text == "true" {
			continue
		}
		t := tracer{catalog: c, seen: map[any]bool{}, origins: map[Origin]bool{}, plain: true}
		t.column(s, target.Int("resno"))
		columns = append(columns, Column{Origins: t.origins, Plain: t.plain && len(t.origins) == 1})
	}
	return columns
}

// Mentions returns the stored columns that the text itself computes with: in a
// condition, an argument, an order. A column that is only passed on, counted or
// compared with NULL is left out. What stands in the text of a view is not the
// author's mention.
func (c *Catalog) Mentions(query *Node) map[Origin]bool {
	origins := map[Origin]bool{}
	stack := []frame{{node: query}}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := f.node
		switch n.Name {
		case "QUERY":
			f.scope = &scope{query: n, parent: f.scope}
			if f.scope.oldView(c) != 0 {
				continue
			}
		case "RANGETBLENTRY":
			if n.Int("rtekind") == rteSubquery && n.OID("relid") != 0 || n.Int("rtekind") == rteJoin || n.Int("rtekind") == rteGroup {
				continue
			}
		case "AGGREF", "SUBLINK":
			f.why = n.Name // what is put in is not passed on, but computed with
		case "TARGETENTRY":
			if expr := n.Field("expr").Node; expr != nil && expr.Name == "VAR" && n.Int("ressortgroupref") == 0 && f.why == "" {
				continue
			}
		case "VAR":
			t := tracer{catalog: c, seen: map[any]bool{}, origins: map[Origin]bool{}}
			t.variable(f.scope, n)
			maps.Copy(origins, t.origins)
		}
		// What EXISTS, or an argument that is no bare column, computes with is a mention.
		if silent(c, n) && n.Name != "SUBLINK" && bare(n) {
			continue
		}
		for _, child := range n.children(nil) {
			next := f
			next.node = child
			stack = append(stack, next)
		}
	}
	return origins
}

// silent reports whether a node's value says nothing of its arguments' values.
func silent(c *Catalog, n *Node) bool {
	switch n.Name {
	case "NULLTEST":
		return true
	case "AGGREF":
		fn := c.functions[n.OID("aggfnoid")]
		return fn != nil && fn.Builtin() && fn.Name == "count"
	case "SUBLINK":
		return n.Int("subLinkType") == sublinkExists
	}
	return false
}

// bare reports whether a node's arguments are columns as they are.
func bare(n *Node) bool {
	args := n.Field("arg").Nodes()
	for _, target := range n.Field("args").Nodes() {
		args = append(args, target.Field("expr").Nodes()...)
	}
	for _, arg := range args {
		if arg.Name != "VAR" {
			return false
		}
	}
	return len(n.Field("aggfilter").Nodes()) == 0
}

// tracer collects the origins of one output column.
type tracer struct {
	catalog *Catalog
	seen    map[any]bool // what was followed: recursion ends here
	origins map[Origin]bool
	plain   bool
}

type columnKey struct {
	query  *Node
	column int
}

// column follows one output column of a query; 0 stands for all.
func (t *tracer) column(s *scope, number int) {
	key := columnKey{s.query, number}
	if s.query == nil || t.seen[key] {
		return
	}
	t.seen[key] = true
	if operation := s.query.Field("setOperations").Node; operation != nil {
		t.plain = false
		t.arms(s, operation, number)
		return
	}
	for _, target := range s.query.Field("targetList").Nodes() {
		if number == 0 && target.Field("resjunk").Text != "true" || number != 0 && target.Int("resno") == number {
			t.expression(s, target.Field("expr").Node)
		}
	}
}

// arms follows a column into the parts of a set operation.
func (t *tracer) arms(s *scope, operation *Node, number int) {
	stack := []*Node{operation}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch n.Name {
		case "SETOPERATIONSTMT":
			for _, label := range []string{"larg", "rarg"} {
				if arm := n.Field(label).Node; arm != nil {
					stack = append(stack, arm)
				}
			}
		case "RANGETBLREF":
			if entry := s.entry(n.Int("rtindex")); entry != nil {
				t.column(&scope{query: entry.Field("subquery").Node, parent: s}, number)
			}
		}
	}
}

// expression follows every column that the value is made of.
func (t *tracer) expression(s *scope, root *Node) {
	if root == nil {
		return
	}
	t.plain = t.plain && root.Name == "VAR"
	stack := []*Node{root}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch {
		case silent(t.catalog, n):
		case n.Name == "VAR":
			t.variable(s, n)
		case n.Name == "QUERY":
			t.column(&scope{query: n, parent: s}, 0)
		default:
			stack = n.children(stack)
		}
	}
}

// variable follows a Var to its range-table entry.
func (t *tracer) variable(s *scope, n *Node) {
	s = s.up(n.Int("varlevelsup"))
	entry := s.entry(n.Int("varno"))
	if entry == nil {
		return
	}
	column := n.Int("varattno")
	key := columnKey{entry, column}
	if t.seen[key] {
		return
	}
	t.seen[key] = true
	switch entry.Int("rtekind") {
	case rteRelation:
		t.stored(entry.OID("relid"), column)
	case rteSubquery:
		t.plain = t.plain && column != 0
		t.column(&scope{query: entry.Field("subquery").Node, parent: s}, max(column, 0))
	case rteCTE:
		t.plain = t.plain && column != 0
		if cte := s.cte(entry); cte != nil {
			t.column(cte, max(column, 0))
		}
	case rteJoin:
		t.listed(s, entry.Field("joinaliasvars"), column)
	case rteGroup:
		t.listed(s, entry.Field("groupexprs"), column)
	case rteValues:
		t.plain = false
		for _, row := range entry.Field("values_lists").List {
			t.listed(s, row, column)
		}
	default: // functions, XMLTABLE, JSON_TABLE: all that goes in
		t.plain = false
		for _, child := range entry.children(nil) {
			t.expression(s, child)
		}
	}
}

// listed follows the n-th expression of a list; 0 stands for all.
func (t *tracer) listed(s *scope, list Item, number int) {
	for i, expression := range list.List {
		if expression.Node != nil && (number <= 0 || number == i+1) {
			t.expression(s, expression.Node)
		}
	}
}

// stored notes a column of a stored relation, and follows what it is made of:
// a generated column's expression, the query of a materialized view.
func (t *tracer) stored(relation uint32, column int) {
	r := t.catalog.relations[relation]
	if r == nil || column < 0 {
		return
	}
	t.plain = t.plain && column != 0
	t.origins[Origin{relation, column}] = true
	for number, c := range r.columns {
		if c.generated == "" || column != 0 && column != number {
			continue
		}
		for _, node := range t.catalog.tree(c.generated).nodesIn(nil) {
			stack := []*Node{node}
			for len(stack) > 0 {
				n := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				if n.Name == "VAR" {
					t.origins[Origin{relation, n.Int("varattno")}] = true
				}
				stack = n.children(stack)
			}
		}
	}
	if r.rule == "" {
		return
	}
	for _, query := range t.catalog.tree(r.rule).nodesIn(nil) {
		if query.Name == "QUERY" {
			t.column(&scope{query: query}, column)
		}
	}
}

// ColumnName returns the names of an origin, and whether it is a whole row.
func (c *Catalog) ColumnName(o Origin) (relation *Relation, column string, whole bool) {
	relation = c.relations[o.Relation]
	if relation == nil || o.Column == 0 {
		return relation, "", true
	}
	if found := relation.columns[o.Column]; found != nil {
		column = found.name
	}
	return relation, column, false
}

// ColumnNames lists the names of a relation's columns.
func (r *Relation) ColumnNames() []string {
	var names []string
	for _, column := range r.columns {
		names = append(names, column.name)
	}
	return names
}

// Ancestors lists the tables that the relation is a partition or a child of,
// directly or through others.
func (c *Catalog) Ancestors(r *Relation) []*Relation {
	var all []*Relation
	seen := map[uint32]bool{}
	open := r.parents
	for len(open) > 0 {
		parent := c.relations[open[0]]
		open = open[1:]
		if parent == nil || seen[parent.OID] {
			continue
		}
		seen[parent.OID] = true
		all = append(all, parent)
		open = append(open, parent.parents...)
	}
	return all
}
