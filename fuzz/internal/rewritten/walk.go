package rewritten

import "strings"

// frame is a node that is to be walked, and what is known around it.
type frame struct {
	node    *Node
	scope   *scope
	view    uint32
	why     string
	targets []*Node // what SORTGROUPCLAUSEs refer to
}

// The kinds of range-table entries (RTEKind).
const (
	rteRelation = 0
	rteSubquery = 1
	rteJoin     = 2
	rteFunction = 3
	rteTable    = 4 // a table function: XMLTABLE, JSON_TABLE
	rteValues   = 5
	rteCTE      = 6
	rteGroup    = 9
)

// walk collects the functions of a query.
func (u *uses) walk(query *Node) { u.walkFrom(query, "") }

func (u *uses) walkFrom(root *Node, why string) {
	outside := u.view
	stack := []frame{{node: root, view: outside, why: why}}
	var children []*Node
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		u.view = f.view
		children = children[:0]
		if u.visit(&f) {
			children = f.node.children(children)
		}
		for i := len(children) - 1; i >= 0; i-- {
			next := f
			next.node = children[i]
			stack = append(stack, next)
		}
	}
	u.view = outside
}

// visit adds the functions of one node, sets in the frame what its children
// need to know, and tells whether they are to be walked.
func (u *uses) visit(f *frame) bool {
	n := f.node
	because := func(construct string) string {
		if f.why == "" {
			return construct
		}
		return f.why + ", " + construct
	}
	switch n.Name {
	case "QUERY":
		f.scope = &scope{query: n, parent: f.scope}
		f.targets = n.Field("targetList").Nodes()
		if view := f.scope.oldView(u.catalog); view != 0 {
			f.view, u.view = view, view
		}
	case "RANGETBLENTRY":
		return u.visitEntry(f, because)
	case "FUNCEXPR":
		u.call(f, n.OID("funcid"), because("call"))
		u.defaults(n, because)
	case "OPEXPR", "DISTINCTEXPR", "NULLIFEXPR", "SCALARARRAYOPEXPR":
		u.visitOperator(f, because("operator"))
	case "AGGREF":
		u.call(f, n.OID("aggfnoid"), because("aggregate"))
		f.targets = n.Field("args").Nodes()
	case "WINDOWFUNC":
		u.call(f, n.OID("winfnoid"), because("window function"))
	case "WINDOWCLAUSE":
		u.function(n.OID("startInRangeFunc"), because("window frame"))
		u.function(n.OID("endInRangeFunc"), because("window frame"))
	case "TABLESAMPLECLAUSE":
		u.function(n.OID("tsmhandler"), because("sampling method"))
	case "SORTGROUPCLAUSE":
		var types []uint32
		if ref := n.Int("tleSortGroupRef"); ref != 0 {
			for _, target := range f.targets {
				if target.Int("ressortgroupref") == ref {
					types = f.scope.leafTypes(u.catalog, target, maxClimb)
				}
			}
		}
		u.operator(n.OID("eqop"), types, because("equality"), true)
		u.operator(n.OID("sortop"), types, because("order"), true)
	case "SETOPERATIONSTMT":
		if len(n.Field("groupClauses").List) > 0 {
			for _, t := range n.Field("colTypes").OIDs() {
				u.compare(t, because("set operation"))
			}
		}
	case "CTECYCLECLAUSE":
		u.operator(n.OID("cycle_mark_neop"), nil, because("CYCLE"), false)
	case "ROWCOMPAREEXPR":
		for i, operator := range n.Field("opnos").OIDs() {
			var types []uint32
			if args := n.Field("largs").Nodes(); i < len(args) {
				types = f.scope.leafTypes(u.catalog, args[i], maxClimb)
			}
			u.operator(operator, types, because("row comparison"), true)
		}
	case "MINMAXEXPR":
		for _, t := range f.scope.leafTypes(u.catalog, n, maxClimb) {
			u.compare(t, because("GREATEST or LEAST"))
		}
	case "COERCEVIAIO":
		for _, t := range f.scope.leafTypes(u.catalog, n.Field("arg").Node, maxClimb) {
			u.output(t, because("cast through text"))
		}
		u.input(n.OID("resulttype"), because("cast through text"))
	case "COERCETODOMAIN":
		u.domain(n.OID("resulttype"), because("cast to a domain"))
	case "CONST":
		u.literal(n, because("literal"))
	case "SUBSCRIPTINGREF":
		if t := u.catalog.types[n.OID("refcontainertype")]; t != nil {
			u.function(t.subscript, because("subscript"))
		}
	default:
		u.visitJSON(f, because)
	}
	return true
}

// visitEntry looks at a range-table entry.
func (u *uses) visitEntry(f *frame, because func(string) string) bool {
	n := f.node
	switch n.Int("rtekind") {
	case rteRelation:
		relation := u.catalog.relations[n.OID("relid")]
		if relation == nil {
			return false
		}
		u.relation(relation.OID)
		if len(n.Field("securityQuals").List) > 0 {
			f.why = because("policy of " + relation.Name)
		}
	case rteSubquery:
		// From 16 on the entry keeps the view that it was made of.
		if view := n.OID("relid"); view != 0 {
			f.view, u.view = view, view
			for _, qual := range n.Field("securityQuals").Nodes() {
				u.walkFrom(qual, because("policy"))
			}
		}
	case rteTable:
		for _, t := range n.Field("tablefunc").Node.Field("coltypes").OIDs() {
			u.input(t, because("column of a table function"))
		}
	}
	return true
}

// call adds a called function, and what a function that takes any type does with
// its arguments.
func (u *uses) call(f *frame, oid uint32, why string) {
	fn := u.catalog.functions[oid]
	if fn == nil {
		return
	}
	u.function(oid, why)
	if strings.Contains(fn.Source, "range_constructor") { // of ranges and multiranges, which are put in order
		u.compare(fn.result, why+" of "+fn.Name)
	}
	if !u.catalog.polymorphic(fn) {
		return
	}
	for _, t := range u.catalog.argumentTypes(f.scope, f.node) {
		u.anyArgument(fn, t, why+" of "+fn.Name)
	}
	if populates[fn.Name] {
		u.input(exprType(f.node), why+" of "+fn.Name)
	}
}

// visitOperator adds an operator's function. An equality of two columns may be
// decided by sorting or hashing; with a constant beside it a long IN list is
// hashed, and an index is looked into.
func (u *uses) visitOperator(f *frame, why string) {
	n := f.node
	operator := n.OID("opno")
	fn := u.catalog.functions[u.catalog.operators[operator]]
	if fn == nil {
		return
	}
	u.function(fn.OID, why)
	u.function(n.OID("opfuncid"), why)
	for _, family := range u.catalog.operatorIn[operator] {
		u.comparing[family] = true
	}
	types := u.catalog.argumentTypes(f.scope, n)
	sorts := func() { u.operator(operator, types, why, true) }
	columns := 0
	for _, arg := range n.Field("args").Nodes() {
		if reads(arg) {
			columns++
		}
	}
	if columns == 2 {
		sorts()
	} else {
		u.perhaps(sorts)
	}
	if !u.catalog.polymorphic(fn) {
		return
	}
	for _, t := range types {
		u.anyArgument(fn, t, why+" "+fn.Name)
	}
	if populates[fn.Name] {
		u.input(exprType(n), why+" "+fn.Name)
	}
}

// reads reports whether an expression holds a column, or one of a subquery (PARAM).
func reads(n *Node) bool {
	stack := []*Node{n}
	for len(stack) > 0 {
		n, stack = stack[len(stack)-1], stack[:len(stack)-1]
		if n.Name == "VAR" || n.Name == "PARAM" {
			return true
		}
		stack = n.children(stack)
	}
	return false
}

// defaults adds the functions in the default values of arguments that a call
// leaves out: the planner puts them in, they are not in the tree.
func (u *uses) defaults(n *Node, because func(string) string) {
	fn := u.catalog.functions[n.OID("funcid")]
	if fn == nil || fn.defaults == "" {
		return
	}
	args := n.Field("args").Nodes()
	given := map[int]bool{}
	for i, arg := range args {
		if arg.Name == "NAMEDARGEXPR" {
			i = arg.Int("argnumber")
		}
		given[i] = true
	}
	list := u.catalog.tree(fn.defaults)
	if len(list.List) == 1 {
		list = list.List[0]
	}
	first := len(fn.Args) - len(list.List)
	for i, value := range list.List {
		if !given[first+i] && value.Node != nil {
			u.walkFrom(value.Node, because("default argument of "+fn.Name))
		}
	}
}

// literal adds the functions that made a constant: its type's input. A constant
// that is NULL was made without, unless the input function takes NULL.
func (u *uses) literal(n *Node, why string) {
	t := n.OID("consttype")
	if n.Field("constisnull").Text != "true" {
		u.input(t, why)
		return
	}
	if info := u.catalog.types[t]; info != nil {
		if fn := u.catalog.functions[info.input]; fn != nil && !fn.strict {
			u.input(t, why)
		}
	}
}

// visitJSON looks at the nodes of SQL/JSON and XML, which name no function.
func (u *uses) visitJSON(f *frame, because func(string) string) {
	n := f.node
	switch n.Name {
	case "JSONCONSTRUCTOREXPR":
		for _, arg := range n.Field("args").Nodes() {
			for _, t := range f.scope.leafTypes(u.catalog, arg, maxClimb) {
				u.json(t, because("JSON constructor"))
			}
		}
	case "JSONEXPR":
		if returning := n.Field("returning").Node; returning != nil {
			u.input(returning.OID("typid"), because("JSON query function"))
		}
	case "XMLEXPR":
		for _, label := range []string{"named_args", "args"} {
			for _, arg := range n.Field(label).Nodes() {
				for _, t := range f.scope.leafTypes(u.catalog, arg, maxClimb) {
					u.output(t, because("XML constructor"))
				}
			}
		}
	case "RANGETBLFUNCTION":
		types := func() {
			for _, t := range n.Field("funccoltypes").OIDs() {
				u.input(t, because("column definition"))
			}
		}
		fn := u.catalog.functions[n.Field("funcexpr").Node.OID("funcid")]
		if fn != nil && populates[fn.Name] {
			types()
		} else {
			u.perhaps(types)
		}
	}
}
