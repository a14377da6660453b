package pgtree

// A Frame is the node that the walk is reading. Its fields fill up as they are
// read; all are known when the node is left.
//
// Locations are byte offsets into the author's text (see Indent). A Frame is used
// again for another node: keep what you need of it, not the Frame.
type Frame struct {
	// Parent is the node around it; nil for the statement itself.
	Parent *Frame
	Kind   Kind
	// KindName is the parser's name of the kind, such as "BoolExpr".
	KindName string
	// Location is the node's own, 0 where the parser gives none. Near is the last
	// location that was read before the node, Last the last one when it is left:
	// where a node without a location stands, nearly.
	Location, Near, Last int
	// Names is its list of names: a function's, a column's, a type's, the columns
	// of USING. The star of `t.*` is Star.
	Names []string
	// Catalog and Schema are those of a RangeVar. Name is that of a relation, an
	// alias, a CTE, an output column, a column that is defined, or of the field behind a dot (a String below
	// an A_Indirection); it is the text of a constant argument of XMLTABLE.
	Catalog, Schema, Name string
	// Alias is the name that an Alias below it gives, Renamed says that it lists
	// the columns as well.
	Alias   string
	Renamed bool
	// Columns are the names of columns that an Alias or column definitions below it
	// list.
	Columns []string
	// Variant is the kind of an A_Expr, such as "AEXPR_IN", and the
	// materialization of a CTE.
	Variant string
	// Args is the number of elements of the field `args`, or of the List itself;
	// ArgsJSON is that field as the parser wrote it.
	Args     int
	ArgsJSON string
	// PlainArgs: a call without VARIADIC, star or named arguments.
	PlainArgs bool
	// Natural is that of a join, Recursive that of a WITH.
	Natural, Recursive bool
}

// Inside reports whether the node stands directly below one of the given kind.
func (f *Frame) Inside(kind Kind) bool { return f.Parent != nil && f.Parent.Kind == kind }

// Compares reports whether a join compares columns without writing an operator.
func (f *Frame) Compares() bool { return f.Natural || len(f.Names) > 0 }

// A Visitor is called for the nodes of a statement in the order of the tree. Nodes
// that the allow-list does not know are refused, not visited.
type Visitor interface {
	// Enter is called when a node begins. Only Parent, Kind, KindName and
	// Near are known.
	Enter(f *Frame)
	// Field is called behind a field that holds a node, with n = 1, or a list of n
	// nodes.
	Field(f *Frame, name string, n int)
	// Leave is called when a node ends.
	Leave(f *Frame)
	// Refuse is called for what the allow-list forbids.
	Refuse(r Refusal)
}

// A Refusal is something that grammar.txt does not allow.
type Refusal struct {
	// Rule is the rule that grammar.txt names for a field that must be absent.
	// Without one, the kind, field or value is not listed.
	Rule string
	// Kind is the kind that is not listed, or the kind of the node whose field or
	// value is not. Field is empty in the first case.
	Kind, Field string
	// Near is the last location that was read before it.
	Near int
	// Inner says that it stands inside something else that is refused.
	Inner bool
}
