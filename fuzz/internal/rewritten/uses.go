package rewritten

import "slices"

// Use is one function that the server would run, or may run, for a text.
type Use struct {
	Function *Function
	// Why says by which construct and through which objects the tree leads to it.
	Why string
	// View is the innermost view in whose text the function stands, or nil.
	View *Relation
	// Certain tells that the statement itself asks for the function. Without it the
	// function may run, depending on the planner or on what a function that takes
	// any type does with its argument.
	Certain bool
}

// useKey tells two uses apart: a function may stand in a view and in the text.
type useKey struct{ function, view uint32 }

// uses collects the functions that a tree leads to.
type uses struct {
	catalog *Catalog
	all     map[useKey]*Use
	order   []useKey
	seen    map[visitOf]bool
	read    map[string]bool // trees of the catalog that were walked

	// These say where the collector is.
	view    uint32
	certain bool

	comparing map[uint32]bool // operator families that conditions use
	keyed     []uint32        // operator classes of the indexes of the relations read
	relations map[uint32]bool // relations read
}

// Functions lists the functions that the server would run for the queries, in
// the order of the tree. outputs are the types of the output columns, whose
// output functions run.
func (c *Catalog) Functions(queries []*Node, outputs []uint32) []Use {
	u := &uses{
		catalog: c, all: map[useKey]*Use{}, seen: map[visitOf]bool{}, read: map[string]bool{}, certain: true,
		comparing: map[uint32]bool{}, relations: map[uint32]bool{},
	}
	for _, query := range queries {
		u.walk(query)
		s := &scope{query: query}
		for _, target := range query.Field("targetList").Nodes() {
			if target.Field("resjunk").Text != "true" && exprType(target) == typeRecord {
				for _, t := range s.leafTypes(c, target, maxClimb) {
					u.output(t, "output column")
				}
			}
		}
	}
	u.view = 0
	for _, t := range outputs {
		u.output(t, "output column")
	}
	for _, oid := range u.keyed {
		u.certain = u.comparing[c.classes[oid].family]
		u.class(oid, "index")
	}
	list := make([]Use, len(u.order))
	for i, key := range u.order {
		list[i] = *u.all[key]
	}
	return list
}

// function adds a function, and those that it leads to.
func (u *uses) function(oid uint32, why string) {
	f := u.catalog.functions[oid]
	if f == nil {
		return
	}
	key := useKey{oid, u.view}
	use := u.all[key]
	if use != nil && (use.Certain || !u.certain) {
		return
	}
	if use == nil {
		u.order = append(u.order, key)
	}
	u.all[key] = &Use{Function: f, Why: why, View: u.catalog.relations[u.view], Certain: u.certain}
	for _, part := range u.catalog.aggregates[oid] {
		u.function(part, why+", part of "+f.Name)
	}
	if !f.Builtin() && f.Language != "c" && f.Language != "internal" {
		// The language checks the domains in what it hands over.
		u.perhaps(func() {
			for _, t := range append([]uint32{f.result}, f.outputs...) {
				u.input(t, why+", result of "+f.Name)
			}
		})
	}
	if f.body != "" {
		u.perhaps(func() { u.expression(u.catalog.tree(f.body), why+", body of "+f.Name) })
	}
}

// perhaps runs a step whose functions only may run.
func (u *uses) perhaps(step func()) {
	before := u.certain
	u.certain = false
	step()
	u.certain = before
}

// operator adds an operator's function, and with sorts the functions that sort,
// compare and hash by it.
func (u *uses) operator(oid uint32, types []uint32, why string, sorts bool) {
	u.function(u.catalog.operators[oid], why)
	if !sorts {
		return
	}
	own := u.catalog.ownFamily(oid)
	for _, family := range u.catalog.operatorIn[oid] {
		for _, s := range u.catalog.familyOps[family] {
			switch {
			case s.object != oid:
			case own && family >= firstNormal:
				// PostgreSQL's own family comes first, unless an index has the other.
				u.perhaps(func() { u.family(family, s.left, why) })
			default:
				u.family(family, s.left, why)
			}
		}
	}
	for _, t := range types {
		// array_eq and its like compare the parts by the parts' own operators.
		if info := u.catalog.types[t]; info != nil && u.composed(oid, info) {
			u.compare(t, why)
		}
	}
}

// ownFamily reports whether an operator is in an operator family that initdb made.
func (c *Catalog) ownFamily(operator uint32) bool {
	return slices.ContainsFunc(c.operatorIn[operator], func(family uint32) bool { return family < firstNormal })
}

// composed reports whether an operator compares values of a type part by part.
func (u *uses) composed(operator uint32, t *typeInfo) bool {
	f := u.catalog.functions[u.catalog.operators[operator]]
	return f != nil && comparers[f.Name] && (t.elem != 0 || slices.Contains([]byte{'c', 'r', 'm', 'd'}, t.kind))
}

// expression walks an expression or a query of the catalog.
func (u *uses) expression(tree Item, why string) {
	for _, node := range tree.nodesIn(nil) {
		u.walkFrom(node, why)
	}
}

// relation adds what the planner may run because a relation is read: index
// expressions, constraints of children, partition keys.
func (u *uses) relation(oid uint32) {
	r := u.catalog.relations[oid]
	if r == nil || u.relations[oid] {
		return
	}
	u.relations[oid] = true
	u.keyed = append(u.keyed, r.classes...)
	for _, class := range r.keys {
		u.class(class, "order of the partitions of "+r.Name) // sorted when a session first reads it
	}
	u.perhaps(func() {
		for _, text := range slices.Concat(r.indexes, r.checks) {
			u.expression(u.catalog.tree(text), "planning "+r.Name)
		}
		for _, column := range r.columns {
			if column.generated != "" {
				u.expression(u.catalog.tree(column.generated), "generated column of "+r.Name)
			}
		}
	})
	for _, child := range r.children {
		u.relation(child)
	}
}

// Relations lists the stored relations and views that the queries read.
func (c *Catalog) Relations(queries []*Node) []*Relation {
	seen := map[uint32]bool{}
	var all []*Relation
	stack := append([]*Node{}, queries...)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if oid := n.OID("relid"); n.Name == "RANGETBLENTRY" && oid != 0 && !seen[oid] && c.relations[oid] != nil {
			seen[oid] = true
			all = append(all, c.relations[oid])
		}
		stack = n.children(stack)
	}
	return all
}
