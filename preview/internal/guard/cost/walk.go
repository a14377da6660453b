package cost

import (
	"strconv"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// A node is what the model remembers of a node of the tree while it is read.
type node struct {
	firstTerm    int // of the terms below it
	nodesBefore  float64
	growthBefore int
	outerSelect  int32 // of a SELECT: the one around it
	firstItem    int   // of a join: the first element of FROM below it

	// What the nodes below it say.
	sub       int32 // the subselect, counted from 1
	args      int   // elements of a row or of a list
	place     int   // how many elements of a list have been read
	listed    int   // elements of an IN list that are not constants
	leftRead  bool  // of an expression: its left side has been read, with
	leftEnd   int   // its terms and
	leftNodes float64
	row       bool // the left side is a row
	starred   bool
	column    string // the name that a column gives to an output
	castTo    string
	repeated  float64 // characters that calls of repeat make
}

// Enter implements pgtree.Visitor.
func (m *Model) Enter(f *pgtree.Frame) {
	m.nodes++
	n := node{firstTerm: len(m.terms), nodesBefore: m.nodes, growthBefore: m.growth}
	m.growth = 0
	switch f.Kind {
	case pgtree.KindSelect:
		n.outerSelect = m.current
		m.selects = append(m.selects, selectShape{parent: m.current, base: len(m.terms), loc: f.Near})
		m.current = int32(len(m.selects) - 1)
	case pgtree.KindJoin:
		if m.current >= 0 {
			n.firstItem = len(m.selects[m.current].items)
		}
	}
	m.open = append(m.open, n)
}

// Field implements pgtree.Visitor.
func (m *Model) Field(f *pgtree.Frame, name string, count int) {
	switch f.Kind {
	case pgtree.KindExpr:
		if name == "lexpr" {
			n := m.at(1)
			n.leftRead = true
			n.leftEnd, n.leftNodes = len(m.terms), m.nodes-n.nodesBefore
		}
	case pgtree.KindSelect:
		if count == 0 {
			return
		}
		switch name {
		case "limitOffset", "limitCount", "havingClause", "groupClause", "distinctClause", "sortClause":
			m.selects[m.current].barrier = true
		case "valuesLists":
			m.selects[m.current].rows = count
		}
	}
}

// Refuse implements pgtree.Visitor. What is refused is never planned.
func (m *Model) Refuse(pgtree.Refusal) {}

// at returns the node that is i levels from the innermost one, counted from 1.
func (m *Model) at(i int) *node {
	if len(m.open) < i {
		return &m.outside
	}
	return &m.open[len(m.open)-i]
}

// leavers handle the kinds that have a part in the cost.
var leavers = [...]func(m *Model, f *pgtree.Frame, n, parent *node){
	pgtree.KindColumnRef:      (*Model).leaveColumn,
	pgtree.KindExpr:           (*Model).leaveExpr,
	pgtree.KindIndirection:    (*Model).leaveIndirection,
	pgtree.KindRow:            (*Model).leaveRow,
	pgtree.KindStar:           (*Model).leaveStar,
	pgtree.KindList:           (*Model).leaveList,
	pgtree.KindTypeName:       (*Model).leaveType,
	pgtree.KindResTarget:      (*Model).leaveOutput,
	pgtree.KindRangeVar:       (*Model).leaveTable,
	pgtree.KindRangeSubselect: (*Model).leaveSubselect,
	pgtree.KindRangeFunction:  (*Model).leaveFunction,
	pgtree.KindTableFunc:      (*Model).leaveFunction,
	pgtree.KindJoin:           (*Model).leaveJoin,
	pgtree.KindCTE:            (*Model).leaveCTE,
	pgtree.KindFuncCall:       (*Model).leaveCall,
	pgtree.KindString:         (*Model).leaveString,
}

// Leave implements pgtree.Visitor.
func (m *Model) Leave(f *pgtree.Frame) {
	n, parent := m.at(1), m.at(2)
	m.open = m.open[:len(m.open)-1]
	switch {
	case m.current < 0:
		return
	case f.Kind == pgtree.KindSelect:
		m.leaveSelect(f, n, parent)
	default:
		before := m.nodes
		if int(f.Kind) < len(leavers) && leavers[f.Kind] != nil {
			leavers[f.Kind](m, f, n, parent)
		}
		m.selects[m.current].copied += m.nodes - before
		m.quote(n.firstTerm, n.growthBefore, growthOf(f, n))
	}
	parent.repeated = min(parent.repeated+n.repeated, tooLarge)
	if f.Inside(pgtree.KindList) {
		m.leaveElement(f, n, parent)
	}
}

// leaveElement looks at an element of a list: of IN, or of a row of VALUES.
func (m *Model) leaveElement(f *pgtree.Frame, n, parent *node) {
	if len(m.terms) > n.firstTerm {
		parent.listed++
	}
	parent.place++
	if f.Parent.Inside(pgtree.KindSelect) {
		m.addOutput(f, n, "column"+strconv.Itoa(parent.place))
	}
}

// leaveSelect takes the terms of a SELECT out of those of the expression around it.
func (m *Model) leaveSelect(f *pgtree.Frame, n, parent *node) {
	sel := &m.selects[m.current]
	sel.terms = append([]term(nil), m.terms[sel.base:]...)
	sel.growth = m.growth
	m.terms = m.terms[:sel.base]
	self := m.current + 1
	m.current = n.outerSelect
	m.growth = n.growthBefore
	switch {
	case f.Parent == nil:
	case f.Inside(pgtree.KindSelect):
		m.selects[m.current].arms = append(m.selects[m.current].arms, self)
	case f.Inside(pgtree.KindRangeSubselect), f.Inside(pgtree.KindCTE):
		parent.sub = self
	default:
		m.terms = append(m.terms, term{sub: self, copies: 1})
	}
}

func (m *Model) leaveColumn(f *pgtree.Frame, _, parent *node) {
	if len(f.Names) == 0 {
		return
	}
	t := term{name: f.Names[len(f.Names)-1], copies: 1}
	if len(f.Names) > 1 {
		t.qualifier = f.Names[len(f.Names)-2]
	}
	if f.Inside(pgtree.KindResTarget) {
		parent.starred = parent.starred || t.name == pgtree.Star
		parent.column = t.name
	}
	m.terms = append(m.terms, t)
}

// leaveExpr counts what parse analysis copies.
func (m *Model) leaveExpr(f *pgtree.Frame, n, _ *node) {
	left, right := copiesOf(f.Variant, n)
	if left == 0 {
		return
	}
	leftNodes := n.leftNodes
	rightNodes := m.nodes - n.nodesBefore - leftNodes
	m.repeat(n.firstTerm, n.leftEnd, leftNodes, left)
	m.repeat(n.leftEnd, len(m.terms), rightNodes, right)
}

// copiesOf returns how often the operands of an expression stand in what parse
// analysis makes of it; 0 where it copies nothing.
func copiesOf(variant string, n *node) (left, right float64) {
	switch variant {
	case "AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN":
		return 2, 1
	case "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN_SYM":
		return 4, 2
	case "AEXPR_IN":
		if n.row {
			return float64(n.args), 1
		}
		return float64(n.listed), 1
	}
	return 0, 0
}

func (m *Model) leaveIndirection(_ *pgtree.Frame, n, _ *node) {
	if n.starred {
		m.repeat(n.firstTerm, len(m.terms), m.nodes-n.nodesBefore, float64(max(n.args, unknownFields)))
	}
}

func (m *Model) leaveRow(f *pgtree.Frame, _, parent *node) {
	parent.row = parent.row || !parent.leftRead
	if f.Inside(pgtree.KindIndirection) {
		parent.args = f.Args
	}
}

func (m *Model) leaveStar(f *pgtree.Frame, _, parent *node) {
	if f.Inside(pgtree.KindIndirection) {
		parent.starred = true
	}
}

func (m *Model) leaveList(f *pgtree.Frame, n, parent *node) {
	parent.listed, parent.args = n.listed, f.Args
}

func (m *Model) leaveType(f *pgtree.Frame, _, parent *node) {
	if f.Inside(pgtree.KindTypeCast) && len(f.Names) > 0 {
		parent.castTo = f.Names[len(f.Names)-1]
	}
}

func (m *Model) leaveOutput(f *pgtree.Frame, n, _ *node) {
	if !f.Inside(pgtree.KindSelect) {
		return
	}
	name := f.Name
	if name == "" {
		name = n.column
	}
	m.addOutput(f, n, name)
}

func (m *Model) addOutput(f *pgtree.Frame, n *node, name string) {
	sel := &m.selects[m.current]
	sel.outputs = append(sel.outputs, output{
		name: name, star: n.starred, loc: f.Location, growth: m.growth,
		from: n.firstTerm - sel.base, to: len(m.terms) - sel.base, nodes: m.nodes - n.nodesBefore,
		bare: m.nodes-n.nodesBefore == 1 && len(m.terms) == n.firstTerm+1 && m.terms[n.firstTerm].sub == 0,
	})
}

func (m *Model) leaveTable(f *pgtree.Frame, _, _ *node) {
	item := fromItem{kind: itemTable, alias: f.Alias, renamed: columnsOf(f)}
	if f.Schema == "" {
		item.name = f.Name
	}
	if item.alias == "" {
		item.alias = f.Name
	}
	m.addItem(item)
}

func (m *Model) leaveSubselect(f *pgtree.Frame, n, _ *node) {
	m.addItem(fromItem{kind: itemSelect, alias: f.Alias, sub: n.sub, renamed: columnsOf(f)})
}

func (m *Model) leaveFunction(f *pgtree.Frame, n, _ *node) {
	base := m.selects[m.current].base
	m.addItem(fromItem{
		kind: itemFunction, alias: f.Alias, from: n.firstTerm - base, to: len(m.terms) - base, growth: m.growth,
	})
}

// columnsOf are the names that an alias gives to columns.
func columnsOf(f *pgtree.Frame) []string {
	if !f.Renamed {
		return nil
	}
	return f.Columns
}

func (m *Model) addItem(item fromItem) {
	sel := &m.selects[m.current]
	sel.items = append(sel.items, item)
}

func (m *Model) leaveJoin(f *pgtree.Frame, n, _ *node) {
	// USING and NATURAL compare columns; which ones NATURAL does, the text does
	// not say.
	if f.Natural && len(f.Names) == 0 {
		m.terms = append(m.terms, term{name: pgtree.Star, copies: 1})
	}
	for _, name := range f.Names {
		m.terms = append(m.terms, term{name: name, copies: 1})
	}
	if f.Alias != "" {
		m.addItem(fromItem{kind: itemJoin, alias: f.Alias, from: n.firstItem, to: len(m.selects[m.current].items)})
	}
}

func (m *Model) leaveCTE(f *pgtree.Frame, n, _ *node) {
	sel := &m.selects[m.current]
	sel.ctes = append(sel.ctes, cteShape{
		name: f.Name, sub: n.sub, renamed: f.Names, nodes: m.nodes - n.nodesBefore,
		never: f.Variant == "CTEMaterializeNever", always: f.Variant == "CTEMaterializeAlways",
	})
}
