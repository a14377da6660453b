package cost

// This file holds the shape of a statement: what walk.go gathers and evaluate.go
// judges.

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
	alias, name string   // name: of a table without a schema
	sub         int32    // the subselect, counted from 1
	renamed     []string // the names that its alias gives to its columns
	from, to    int      // a function's terms, or a join's items
	growth      int
}

type cteShape struct {
	name          string
	sub           int32
	renamed       []string
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
	rows    int     // of VALUES; the outputs are those of all rows, one behind the other
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

// unknownFields stands for the number of columns of a table, or of a row whose type
// the text does not show. Wider ones exist, up to 1,600 columns; but where such
// rows are taken apart and put together again level by level, any two levels of a
// hundred columns pass the bound, and one level of 1,600 is no danger.
const unknownFields = 100

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
