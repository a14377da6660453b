package analyze

import (
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// window reads the definition of a window.
func (a *analyzer) window(n pgtree.Node, s *scope) {
	for _, p := range n.List("partitionClause") {
		v := a.asText(a.expr(p, s))
		a.mention(Computes, v, value{}, a.place(p))
		a.compareValue(v, p)
	}
	framed := n.Node("startOffset").Exists() || n.Node("endOffset").Exists()
	var orders []OID
	for _, o := range n.List("orderClause") {
		v := a.expr(o.Node("node"), s)
		a.sort(o, v)
		orders = append(orders, a.base(a.asText(v).typ))
	}
	if framed && len(orders) == 0 && a.ranged(n) {
		// Another window has the order: that of any value.
		for t := range a.types {
			orders = append(orders, a.base(t))
		}
	}
	for _, t := range orders {
		if known := a.typeInfo(t); framed && known != nil {
			a.byType(ByCompare, known, a.place(n), a.source.FrameSupport(t)...)
		}
	}
	for _, field := range []string{"startOffset", "endOffset"} {
		if offset := n.Node(field); offset.Exists() {
			v := a.expr(offset, s)
			a.mention(Computes, v, value{}, a.place(offset))
			if a.ranged(n) {
				a.rangeOffset(v, orders, offset)
			} else {
				a.coerce(v, typeInt8, assignment, offset)
			}
			a.anyUse(v, true, offset)
		}
	}
}

// ranged reports whether the frame of a window is bounded by values (FRAMEOPTION_RANGE in
// nodes/parsenodes.h).
func (a *analyzer) ranged(n pgtree.Node) bool {
	const frameRange = 0x2
	return n.Int("frameOptions")&frameRange != 0
}

// rangeOffset notes the conversion of a bound to what the in_range function of the order's
// type takes (transformFrameOffsetClause). Of a type of the database's own it can take any.
func (a *analyzer) rangeOffset(v value, orders []OID, n pgtree.Node) {
	own := false
	for _, t := range orders {
		own = own || !t.BuiltIn() || t == undetermined || len(a.source.FrameSupport(t)) > 0
	}
	if own {
		for _, cast := range a.source.CastsFrom(a.base(v.typ)) {
			if cast.Method == 'f' && assignment.allows(cast) {
				a.run(Run{Function: cast.Function, How: ByCast, Through: a.castName(cast), At: a.place(n)})
			}
		}
	}
	for _, target := range frameOffsets {
		if v.typ == undetermined {
			a.anyCastTo(target, n)
		} else if path, _ := a.pathway(v.typ, target, implicit); path == byFunction {
			a.coerce(v, target, implicit, n)
		}
	}
}

// frameOffsets are the types that PostgreSQL's own in_range functions take as a bound
// (pg_amproc.dat).
var frameOffsets = []OID{typeInt2, typeInt4, typeInt8, typeFloat8, typeNumeric, typeInterval}
