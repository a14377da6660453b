package rewritten

// maxClimb bounds how far a column is followed through subqueries.
const maxClimb = 200

// scope is a query and the one around it.
type scope struct {
	query   *Node
	parent  *scope
	entries []*Node
}

// up climbs to the query that a column belongs to.
func (s *scope) up(levels int) *scope {
	for ; s != nil && levels > 0; levels-- {
		s = s.parent
	}
	return s
}

// entry returns the n-th entry of the range table, counted from 1.
func (s *scope) entry(n int) *Node {
	if s == nil {
		return nil
	}
	if s.entries == nil {
		s.entries = s.query.Field("rtable").Nodes()
	}
	if n < 1 || n > len(s.entries) {
		return nil
	}
	return s.entries[n-1]
}

// cte finds the common table expression that an entry refers to.
func (s *scope) cte(entry *Node) *scope {
	s = s.up(entry.Int("ctelevelsup"))
	if s == nil {
		return nil
	}
	for _, cte := range s.query.Field("cteList").Nodes() {
		if cte.Field("ctename").Text == entry.Field("ctename").Text {
			if query := cte.Field("ctequery").Node; query != nil {
				return &scope{query: query, parent: s}
			}
		}
	}
	return nil
}

// oldView returns the view whose text the query is, as the servers before 16
// mark it: its first entry is the view itself under the name "old".
func (s *scope) oldView(c *Catalog) uint32 {
	entry := s.entry(1)
	if entry == nil || entry.Int("rtekind") != rteRelation || entry.Field("eref").Node.Field("aliasname").Text != "old" {
		return 0
	}
	if second := s.entry(2); second == nil || second.Field("eref").Node.Field("aliasname").Text != "new" {
		return 0
	}
	relation := c.relations[entry.OID("relid")]
	if relation == nil || relation.Kind != 'v' && relation.Kind != 'm' {
		return 0
	}
	return relation.OID
}

// resultLabels says behind which label a node's result type stands.
var resultLabels = map[string]string{
	"VAR": "vartype", "CONST": "consttype", "PARAM": "paramtype", "AGGREF": "aggtype", "WINDOWFUNC": "wintype", "SUBSCRIPTINGREF": "refrestype",
	"FUNCEXPR": "funcresulttype", "OPEXPR": "opresulttype", "DISTINCTEXPR": "opresulttype", "NULLIFEXPR": "opresulttype",
	"FIELDSELECT": "resulttype", "FIELDSTORE": "resulttype", "RELABELTYPE": "resulttype", "COERCEVIAIO": "resulttype",
	"ARRAYCOERCEEXPR": "resulttype", "CONVERTROWTYPEEXPR": "resulttype", "COERCETODOMAIN": "resulttype", "CASEEXPR": "casetype", "CASETESTEXPR": "typeId",
	"COERCETODOMAINVALUE": "typeId", "ARRAYEXPR": "array_typeid", "ROWEXPR": "row_typeid", "COALESCEEXPR": "coalescetype", "MINMAXEXPR": "minmaxtype",
	"SQLVALUEFUNCTION": "type",
}

// inner says behind which label the node stands that gives a node its type.
var inner = map[string]string{"TARGETENTRY": "expr", "NAMEDARGEXPR": "arg", "COLLATEEXPR": "arg", "JSONVALUEEXPR": "formatted_expr"}

// exprType returns the type of an expression's result; 0 where it is not known.
func exprType(n *Node) uint32 {
	for n != nil {
		if label, ok := resultLabels[n.Name]; ok {
			return n.OID(label)
		}
		switch n.Name {
		case "GROUPINGFUNC":
			return typeInt4
		case "SCALARARRAYOPEXPR", "BOOLEXPR", "ROWCOMPAREEXPR", "NULLTEST", "BOOLEANTEST", "JSONISPREDICATE":
			return typeBool
		case "XMLEXPR":
			return typeXML
		case "JSONCONSTRUCTOREXPR", "JSONEXPR":
			return n.Field("returning").Node.OID("typid")
		case "SUBLINK":
			if kind := n.Int("subLinkType"); kind != sublinkExpr && kind != sublinkArray {
				return typeBool
			}
			targets := n.Field("subselect").Node.Field("targetList").Nodes()
			if len(targets) == 0 {
				return 0
			}
			n = targets[0] // of an array the element's type is as good here
		default:
			n = n.Field(inner[n.Name]).Node
		}
	}
	return 0
}

// The kinds of sublinks (SubLinkType).
const (
	sublinkExists = 0
	sublinkExpr   = 4
	sublinkArray  = 6
)

// leafTypes returns the type of an expression; for a row without a type of its
// own those of its columns.
func (s *scope) leafTypes(c *Catalog, n *Node, climb int) []uint32 {
	t := exprType(n)
	if t != typeRecord && t != typeRecordArray {
		return []uint32{t}
	}
	if climb == 0 {
		return nil
	}
	var types []uint32
	stack := []*Node{n}
	for len(stack) > 0 {
		n, stack = stack[len(stack)-1], stack[:len(stack)-1]
		t := exprType(n)
		switch {
		case n.Name == "VAR" && (t == typeRecord || t == typeRecordArray):
			types = append(types, s.variableTypes(c, n, climb-1)...)
		case n.Name == "VAR":
			types = append(types, t)
		case n.Name == "ROWEXPR":
			for _, arg := range n.Field("args").Nodes() {
				if t := exprType(arg); t == typeRecord || t == typeRecordArray {
					stack = append(stack, arg)
				} else {
					types = append(types, t)
				}
			}
		case n.Name == "QUERY":
			sub := &scope{query: n, parent: s}
			for _, target := range n.Field("targetList").Nodes() {
				types = append(types, sub.leafTypes(c, target, climb-1)...)
			}
		default:
			stack = n.children(stack)
		}
	}
	return types
}

// variableTypes returns the types of the columns of a whole row, or of a row
// that a subquery's column is.
func (s *scope) variableTypes(c *Catalog, n *Node, climb int) []uint32 {
	s = s.up(n.Int("varlevelsup"))
	entry := s.entry(n.Int("varno"))
	if entry == nil || climb <= 0 {
		return nil
	}
	column := n.Int("varattno")
	var sub *scope
	switch entry.Int("rtekind") {
	case rteSubquery:
		sub = &scope{query: entry.Field("subquery").Node, parent: s}
	case rteCTE:
		sub = s.cte(entry)
	case rteFunction:
		var types []uint32
		for _, f := range entry.Field("functions").Nodes() {
			if listed := f.Field("funccoltypes").OIDs(); len(listed) > 0 {
				types = append(types, listed...)
			} else {
				types = append(types, exprType(f.Field("funcexpr").Node))
			}
		}
		return types
	case rteJoin:
		var types []uint32
		for i, alias := range entry.Field("joinaliasvars").Nodes() {
			if column == 0 || column == i+1 {
				types = append(types, s.leafTypes(c, alias, climb)...)
			}
		}
		return types
	case rteGroup:
		if list := entry.Field("groupexprs").Nodes(); column >= 1 && column <= len(list) {
			return s.leafTypes(c, list[column-1], climb)
		}
		return nil
	case rteValues:
		var types []uint32
		for _, row := range entry.Field("values_lists").List {
			for i, expr := range row.Nodes() {
				if column == 0 || column == i+1 {
					types = append(types, s.leafTypes(c, expr, climb)...)
				}
			}
		}
		return types
	default:
		return entry.Field("coltypes").OIDs()
	}
	if sub == nil || sub.query == nil {
		return nil
	}
	return sub.columnTypes(c, column, climb)
}

// columnTypes returns the types of a column of the query, of all arms of a set
// operation; 0 stands for all columns.
func (s *scope) columnTypes(c *Catalog, column, climb int) []uint32 {
	var types []uint32
	if climb <= 0 {
		return nil
	}
	if s.query.Field("setOperations").Node != nil {
		for _, entry := range s.query.Field("rtable").Nodes() {
			if arm := entry.Field("subquery").Node; arm != nil {
				types = append(types, (&scope{query: arm, parent: s}).columnTypes(c, column, climb-1)...)
			}
		}
		return types
	}
	for _, target := range s.query.Field("targetList").Nodes() {
		if column == 0 || target.Int("resno") == column {
			types = append(types, s.leafTypes(c, target, climb)...)
		}
	}
	return types
}
