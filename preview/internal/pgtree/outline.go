package pgtree

// Indent is the number of bytes before the author's text wherever it is parsed.
// The wrapper's head is as long, so the tree of the wrapped statement carries the
// same locations and can be compared byte by byte.
const Indent = 16

const indentation = "                "

// ParseIndented parses a text behind Indent blanks, without the byte order mark that
// it may begin with.
func ParseIndented(sql string) (tree string, err error) { return Parse(indentation + blankMark(sql)) }

// An Extent is a range of bytes; End is exclusive.
type Extent struct{ Start, End int }

// An Outline says which statements a text holds.
type Outline struct {
	// Statements is their number; more than two count as two.
	Statements int
	// Kind is the first statement's kind, such as "SelectStmt".
	Kind string
	// Node is where its node stands in the tree's JSON.
	Node Extent
	// First and Second are where the first two stand in the author's text. The
	// first one's extent has no semicolons around it; the second begins behind the
	// semicolon that ends the first.
	First, Second Extent
}

// Walk reads the tree that ParseIndented made of a text. If the first statement is a
// SELECT, it calls the visitors for its nodes. It returns ErrShape, and the outline as far as it is known, when the tree is not what the
// parser writes.
func Walk(tree, sql string, visitors ...Visitor) (Outline, error) {
	w := walker{Cursor: Cursor{js: tree}, visitors: visitors}
	o := w.outline(sql)
	if w.broken {
		return o, ErrShape
	}
	return o, nil
}

func (w *walker) outline(sql string) (o Outline) {
	length := len(sql)
	w.Literal(`{"version":`)
	w.Integer()
	w.Literal(`,"stmts":[`)
	if w.skip(']') {
		w.end()
		return o
	}
	o.Statements = 1
	w.Literal(`{"stmt":`)
	o.Node.Start = w.pos
	o.Kind = w.statement()
	o.Node.End = w.pos
	o.First = w.extent(length)
	o.First.Start = max(markLength(sql), o.First.Start)
	if w.broken || o.First.Start > o.First.End || o.First.End > length {
		w.fail()
		o.First.End = length
		o.First.Start = min(o.First.Start, length)
		return o
	}
	if w.skip(']') {
		w.end()
		return o
	}
	o.Statements = 2
	w.expect(',')
	w.Literal(`{"stmt":`)
	w.skipValue()
	o.Second = w.extent(length)
	o.Second.Start = min(max(0, o.Second.Start), length)
	o.Second.End = min(max(o.Second.Start, o.Second.End), length)
	return o
}

// end reads what follows the list of statements.
func (w *walker) end() {
	w.expect('}')
	if w.pos != len(w.js) {
		w.fail()
	}
}

// statement walks a SELECT and skips any other statement.
func (w *walker) statement() (kind string) {
	w.expect('{')
	kind = w.key()
	if kind == "SelectStmt" {
		w.object(grammar[kind])
	} else {
		w.skipValue()
	}
	w.expect('}')
	return kind
}

// extent reads where a statement stands: the fields behind its node.
func (w *walker) extent(length int) Extent {
	location, size := 0, 0
	for w.skip(',') {
		switch w.key() {
		case "stmt_location":
			location = w.Integer()
		case "stmt_len":
			size = w.Integer()
		default:
			w.fail()
		}
	}
	w.expect('}')
	e := Extent{Start: location - Indent, End: length}
	if size > 0 {
		e.End = e.Start + size
	}
	return e
}
