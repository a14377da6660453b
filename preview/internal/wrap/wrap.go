// Package wrap puts a checked statement into the one shape that is run:
//
//	select * from (
//	<the author's statement, byte for byte>
//	) as preview_query limit 100
//
// and proves that PostgreSQL's grammar reads the result so: one SELECT over one
// subquery, which is the statement that was checked, with the limit as set. The
// text is parsed again and its tree compared byte by byte with the expected one,
// so that nothing has to be known about comments, quotes or parentheses.
// Nothing is ever written back from a tree.
package wrap

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

const (
	// head is as long as the indentation under which guard parses, so that
	// both trees have the same locations. It ends in a newline, and tail begins
	// with one, so that a comment cannot hide a parenthesis.
	head = "select * from (\n"
	tail = "\n) as preview_query limit "
)

// Head must have pgtree.Indent bytes: neither constant may be negative.
const (
	_ = uint(len(head) - pgtree.Indent)
	_ = uint(pgtree.Indent - len(head))
)

// What the grammar makes of the wrapper around the statement's node.
const (
	treeHead = `,"stmts":[{"stmt":{"SelectStmt":{"targetList":[{"ResTarget":{"val":{"ColumnRef":{"fields":[{"A_Star":{}}],"location":7}},"location":7}}],` +
		`"fromClause":[{"RangeSubselect":{"subquery":`
	treeLimit = `,"alias":{"aliasname":"preview_query"}}}],"limitCount":{"A_Const":{"ival":{"ival":`
	treeWhere = `},"location":`
	treeTail  = `}},"limitOption":"LIMIT_OPTION_COUNT","op":"SETOP_NONE"}}}]}`
)

// ErrNotWrapped means that the wrapped text does not read as the statement that
// was checked. Nothing may be run then.
var ErrNotWrapped = errors.New("the wrapped statement does not read as the one that was checked")

// Text is a statement ready to be run.
type Text struct {
	// SQL is the wrapped statement.
	SQL string

	start, end int // the author's statement within its source
}

// Wrap wraps a statement that guard.Check accepted. The limit is a number of
// rows from 0 up.
func Wrap(st *guard.Statement, limit int) (Text, error) {
	if limit < 0 {
		return Text{}, fmt.Errorf("wrap: the limit is %d", limit)
	}
	t := Text{start: st.Start, end: st.End}
	number := strconv.Itoa(limit)
	// What precedes the statement (semicolons) gives way to blanks: every
	// location stays as it was checked.
	t.SQL = head + strings.Repeat(" ", st.Start) + st.SQL() + tail + number
	tree, err := pgtree.Parse(t.SQL)
	if err != nil || !verify(tree, st, number, pgtree.Indent+st.End+len(tail)) {
		return Text{}, ErrNotWrapped
	}
	return t, nil
}

// verify compares a wrapped text's tree with the tree that the checked
// statement and the wrapper must make.
func verify(tree string, st *guard.Statement, limit string, limitAt int) bool {
	c := pgtree.NewCursor(tree)
	c.Literal(`{"version":`)
	c.Integer()
	c.Literal(treeHead)
	st.ReadTree(c)
	if limit == "0" {
		// The parser's JSON leaves out a zero.
		c.Literal(strings.TrimSuffix(treeLimit, `"ival":`))
	} else {
		c.Literal(treeLimit)
		c.Literal(limit)
	}
	c.Literal(treeWhere)
	c.Literal(strconv.Itoa(limitAt))
	c.Literal(treeTail)
	return c.AtEnd()
}

// SourceOffset returns the byte offset in the author's text of a position that
// PostgreSQL reports: the number of a code point in SQL, from 1. It reports false
// for a position in the wrapper, or none.
func (t Text) SourceOffset(position int) (offset int, ok bool) {
	if position < 1 {
		return 0, false
	}
	n := 0
	for i := range t.SQL {
		if n++; n == position {
			offset = i - len(head)
			return offset, offset >= t.start && offset < t.end
		}
	}
	return 0, false
}
