package guard

// This file gathers, as the tree is walked, how much more than the text PostgreSQL
// makes of a statement before it runs; expansion.go judges it.
//
// What is written once is copied: `a between b and c` holds a twice, `a in (b, c)`
// once for each column in the list, and the planner puts a subselect's or a CTE's
// expression in the place of every reference to it. Nested, the copies multiply:
// twenty subselects of `x + x` are a million additions, which no timeout stops
// while they are planned. Values grow in the same way where a text is quoted again
// and again: each row in a row doubles the quotation marks in it.

// A term is a reference to a column, to a whole row or to a subselect in an
// expression.
type term struct {
	qualifier, name string
	sub             int32   // the subselect, counted from 1; 0 for a reference
	copies          float64 // how often the expression's form repeats it
	growth          int     // how often its value is quoted above it
}

// An output is an element of a SELECT's list.
type output struct {
	name     string
	star     bool // * or t.*
	bare     bool // a reference and nothing else
	from, to int  // its terms
	nodes    float64
	growth   int
	loc      int
}

type itemKind uint8

const (
	itemTable itemKind = iota // or a CTE
	itemSelect
	itemFunction
	itemJoin
)

// A fromItem is a name that FROM gives.
type fromItem struct {
	kind        itemKind
	alias, name string // name: of a table without a schema
	sub         int32  // the subselect, counted from 1
	renamed     bool   // its columns have names of their own
	from, to    int    // a function's terms, or a join's items
	growth      int
}

type cteShape struct {
	name          string
	sub           int32
	renamed       bool
	never, always bool // NOT MATERIALIZED, MATERIALIZED
	nodes         float64
	refs          int
	state         evalState
	columns       *columns
	copied        float64 // what one more copy of it costs
}

// A selectShape is one SELECT, or a set operation of two.
type selectShape struct {
	parent  int32 // -1 for none
	base    int   // where its terms begin while it is read
	terms   []term
	outputs []output
	items   []fromItem
	ctes    []cteShape
	arms    []int32 // of a set operation, counted from 1
	values  bool
	barrier bool    // the planner keeps it apart from the SELECT around it
	copied  float64 // nodes that its own expressions repeat
	growth  int
	loc     int
}

// shapes is what a walk gathers.
type shapes struct {
	selects []selectShape
	current int32
	terms   []term
	nodes   float64
	growth  int
}

func (w *walker) enterShape(f *frame) {
	w.shape.nodes++
	f.firstTerm, f.nodesBefore, f.growthBefore = len(w.shape.terms), w.shape.nodes, w.shape.growth
	w.shape.growth = 0
	s := &w.shape
	switch f.kind.id {
	case kindSelect:
		f.outerSelect = s.current
		s.selects = append(s.selects, selectShape{parent: s.current, base: len(s.terms), loc: w.last})
		s.current = int32(len(s.selects) - 1)
	case kindJoin:
		if s.current >= 0 {
			f.firstItem = len(s.selects[s.current].items)
		}
	}
}

// leaveShape runs after the node's names and aliases are known.
func (w *walker) leaveShape(f, parent *frame) {
	s := &w.shape
	if s.current < 0 {
		return
	}
	sel := &s.selects[s.current]
	copied := s.nodes
	switch f.kind.id {
	case kindSelect:
		w.leaveSelect(f, parent)
		return
	case kindColumnRef:
		w.reference(f, parent)
	case kindExpr:
		s.copies(f)
	case kindIndirection:
		if f.starred {
			s.repeat(f.firstTerm, len(s.terms), s.nodes-f.nodesBefore, float64(max(f.args, unknownFields)))
		}
	case kindRow:
		if parent != nil && parent.kind != nil {
			parent.row = parent.row || !parent.leftRead
			if parent.kind.id == kindIndirection {
				parent.args = f.args
			}
		}
	case kindStar:
		if parent != nil && parent.kind != nil && parent.kind.id == kindIndirection {
			parent.starred = true
		}
	case kindList:
		if parent != nil {
			parent.listed, parent.args = f.listed, f.args
		}
	case kindResTarget:
		if parent != nil && parent.kind != nil && parent.kind.id == kindSelect {
			sel.outputs = append(sel.outputs, output{
				name: f.name, star: f.starred, loc: f.loc, growth: s.growth,
				from: f.firstTerm - sel.base, to: len(s.terms) - sel.base, nodes: s.nodes - f.nodesBefore,
				bare: s.nodes-f.nodesBefore == 1 && len(s.terms) == f.firstTerm+1 && s.terms[f.firstTerm].sub == 0,
			})
		}
	case kindRangeVar:
		item := fromItem{kind: itemTable, alias: f.alias, renamed: f.renamed}
		if f.schema == "" {
			item.name = f.name
		}
		if item.alias == "" {
			item.alias = f.name
		}
		sel.items = append(sel.items, item)
	case kindRangeSubselect:
		sel.items = append(sel.items, fromItem{kind: itemSelect, alias: f.alias, sub: f.sub, renamed: f.renamed})
	case kindRangeFunction, kindTableFunc:
		sel.items = append(sel.items, fromItem{
			kind: itemFunction, alias: f.alias, from: f.firstTerm - sel.base, to: len(s.terms) - sel.base, growth: s.growth,
		})
	case kindJoin:
		// USING and NATURAL compare columns; which ones NATURAL does, the text does
		// not say.
		if f.implied && len(f.names) == 0 {
			s.terms = append(s.terms, term{name: star, copies: 1})
		}
		for _, name := range f.names {
			s.terms = append(s.terms, term{name: name, copies: 1})
		}
		if f.alias != "" {
			sel.items = append(sel.items, fromItem{kind: itemJoin, alias: f.alias, from: f.firstItem, to: len(sel.items)})
		}
	case kindCTE:
		sel.ctes = append(sel.ctes, cteShape{
			name: f.name, sub: f.sub, renamed: f.renamed, nodes: s.nodes - f.nodesBefore,
			never: f.materialized == "CTEMaterializeNever", always: f.materialized == "CTEMaterializeAlways",
		})
	case kindAlias:
		parent.renamed = f.renamed
	}
	sel.copied += s.nodes - copied
	w.grow(f, parent)
}

// unknownFields stands for the number of columns of a table, or of a row whose type
// the text does not show. Wider ones exist, up to 1,600 columns; but where such
// rows are taken apart and put together again level by level, any two levels of a
// hundred columns pass the bound, and one level of 1,600 is no danger.
const unknownFields = 100

// leaveSelect takes the terms of a SELECT out of those of the expression around it.
func (w *walker) leaveSelect(f, parent *frame) {
	s := &w.shape
	sel := &s.selects[s.current]
	sel.terms = append([]term(nil), s.terms[sel.base:]...)
	sel.growth = s.growth
	s.terms = s.terms[:sel.base]
	self := s.current + 1
	s.current = f.outerSelect
	s.growth = f.growthBefore
	if parent == nil || parent.kind == nil {
		return
	}
	switch parent.kind.id {
	case kindSelect:
		s.selects[s.current].arms = append(s.selects[s.current].arms, self)
	case kindRangeSubselect, kindCTE:
		parent.sub = self
	default:
		s.terms = append(s.terms, term{sub: self, copies: 1})
	}
}

func (w *walker) reference(f, parent *frame) {
	n := len(f.names)
	if n == 0 {
		return
	}
	t := term{name: f.names[n-1], copies: 1}
	if n > 1 {
		t.qualifier = f.names[n-2]
	}
	if t.name == star && parent != nil && parent.kind != nil && parent.kind.id == kindResTarget {
		parent.starred = true
	}
	if parent != nil && parent.kind != nil && parent.kind.id == kindResTarget && parent.name == "" {
		parent.name = t.name
	}
	w.shape.terms = append(w.shape.terms, t)
}

// repeat makes what an expression holds count several times.
func (s *shapes) repeat(from, to int, nodes, times float64) {
	if times <= 1 {
		return
	}
	s.nodes = min(s.nodes+nodes*(times-1), tooLarge)
	for i := from; i < to; i++ {
		s.terms[i].copies = min(s.terms[i].copies*times, tooLarge)
	}
}

// tooLarge stands for every larger number.
const tooLarge = 1e15

// copies counts what parse analysis copies.
func (s *shapes) copies(f *frame) {
	var left float64
	right := 1.0
	switch f.exprKind {
	case "AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN":
		left = 2
	case "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN_SYM":
		left, right = 4, 2
	case "AEXPR_IN":
		left = float64(f.listed)
		if f.row {
			left = float64(f.args)
		}
	default:
		return
	}
	leftNodes := f.leftNodes
	rightNodes := s.nodes - f.nodesBefore - leftNodes
	s.repeat(f.firstTerm, f.leftEnd, leftNodes, left)
	s.repeat(f.leftEnd, len(s.terms), rightNodes, right)
}

// readNode and readNodes note what a field of a node says.
func (w *walker) readNode(f *frame, field string) {
	switch f.kind.id {
	case kindExpr:
		if field == "lexpr" {
			f.leftRead = true
			f.leftEnd, f.leftNodes = len(w.shape.terms), w.shape.nodes-f.nodesBefore
		}
	case kindSelect:
		switch field {
		case "limitOffset", "limitCount", "havingClause":
			w.shape.selects[w.shape.current].barrier = true
		}
	}
}

func (w *walker) readNodes(f *frame, field string, n int) {
	switch f.kind.id {
	case kindSelect:
		switch field {
		case "groupClause", "distinctClause", "sortClause":
			w.shape.selects[w.shape.current].barrier = true
		case "valuesLists":
			w.shape.selects[w.shape.current].values = true
		}
	case kindList:
		f.args = n
	}
}
