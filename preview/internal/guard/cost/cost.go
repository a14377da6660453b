// Package cost estimates how much more than its text PostgreSQL makes of a statement
// before it runs.
//
// What is written once is copied: `a between b and c` holds a twice, `a in (b, c)`
// once for each column in the list, and the planner puts a subselect's or a CTE's
// expression in the place of every reference to it. Nested, the copies multiply:
// twenty subselects of `x + x` are a million additions, and no timeout stops the
// planner. Values grow in the same way where a text is quoted again and again: each
// row in a row doubles the quotation marks in it.
//
// Some calls cannot be interrupted either (uninterruptible.go).
//
// A Model gathers the shape of a statement as a visitor of its tree (walk.go,
// growth.go); Excess judges it (evaluate.go, columns.go).
package cost

import "fmt"

// The bounds on what PostgreSQL makes of a statement. They protect the database:
// neither planning nor the quoting of one value can be interrupted, so that no
// timeout ends them. What can be interrupted (joins that multiply rows, recursion,
// replace, regular expressions) is left to the time limit.
const (
	// maxCopied bounds the nodes that PostgreSQL adds by copying. It plans 65,000
	// in 0.3 seconds.
	maxCopied = 1 << 16
	// maxGrowth bounds how often one value is quoted in another. Each time doubles
	// it at worst: the longest text makes 64 MiB of it, in 0.3 seconds.
	maxGrowth = 8
	// copiedTable is how many nodes a copied reference to a table or a subselect weighs.
	copiedTable = 8
	// maxSteps bounds the work of this file.
	maxSteps = 400_000
)

// A Model gathers the shape of one statement. It is a pgtree.Visitor; use a new one
// for each statement.
type Model struct {
	shapes
	open    []node
	outside node
	// uninterruptible is the first call that no timeout would end.
	uninterruptible *Excess
}

// NewModel returns an empty model.
func NewModel() *Model {
	return &Model{shapes: shapes{current: -1}, open: make([]node, 0, 10)}
}

// An Excess says which bound a statement passes.
type Excess struct {
	// Rule is "expansion", "value-growth" or "uninterruptible".
	Rule string
	// Offset is the byte offset in the text where the bound is passed, or -1 where
	// it is the statement as a whole.
	Offset int
	// Message and Hint are for the author.
	Message, Hint string
}

// Excess judges the statement that was visited. It returns nil when it is within the
// bounds.
func (m *Model) Excess() *Excess {
	if len(m.selects) == 0 {
		return nil
	}
	if m.uninterruptible != nil {
		return m.uninterruptible
	}
	e := newExpander(&m.shapes)
	e.countReferences()
	e.selectColumns(0, nil)
	switch {
	case e.steps > maxSteps:
		return &Excess{
			"expansion", -1, "the query has too many columns in too many subselects",
			"name the columns that are needed in the place of *",
		}
	case e.copiedAt >= 0:
		return &Excess{
			"expansion", e.copiedAt,
			fmt.Sprintf("PostgreSQL would copy the expressions below into each other until they have more than %d parts", maxCopied),
			"let a step be computed first: with name as materialized (...), or offset 0 at the end of a subselect",
		}
	case e.growthAt >= 0:
		return &Excess{
			"value-growth", e.growthAt,
			fmt.Sprintf("values are put into rows, arrays or quotes %d times over; at most %d times are allowed", e.growth, maxGrowth),
			"put fewer rows into rows, or quote a value once",
		}
	}
	return nil
}
