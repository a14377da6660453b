package guard

// This file walks the parser's tree by the allow-list of grammar.txt. A kind,
// field or value that is not listed is refused; what the rules look at more
// closely is gathered into facts.

// A frame is the node being read.
type frame struct {
	kind  *nodeKind
	loc   int      // the node's location, as an offset into the author's text
	names []string // its list of names: a function's, a column's, a type's
	// catalog, schema and name of a relation; name also of an alias or a CTE.
	catalog, schema, name string
	alias, keyword        string
	args                  int
	list                  string // the arguments, as the parser wrote them
	plainArgs             bool   // no VARIADIC, no star, no named argument
	implied               bool   // compares with `=` without writing it
	attribute             bool   // a string that is a part of value.name
	functions, breaks     int    // how many of facts there were when it began
	shapeFrame
}

// shapeFrame is what expand.go remembers of a node while it is read.
type shapeFrame struct {
	firstTerm, leftEnd, firstItem int
	nodesBefore, leftNodes        float64
	growthBefore                  int
	outerSelect, sub              int32
	listed                        int // elements of an IN list that are not constants
	starred, row, renamed         bool
	leftRead                      bool
	exprKind, castTo              string
	materialized                  string
}

type walker struct {
	cursor
	facts
	shape shapes
	names []string // storage of the frames' names
	scope int32
	// last is the last location that was read: the place of nodes without one.
	last int
	// loose is set inside what has been refused already.
	loose bool
}

// node reads `{"Kind":{...}}`, or `{}` where the grammar leaves a hole (the
// list of a plain DISTINCT).
func (w *walker) node(parent *frame) {
	w.expect('{')
	if w.skip('}') {
		return
	}
	name := w.key()
	if k := grammar[name]; k != nil {
		w.object(k, parent)
	} else {
		w.refuseKind(name)
		w.anything(parent)
	}
	w.expect('}')
}

// object reads the fields of a node of kind k.
func (w *walker) object(k *nodeKind, parent *frame) {
	f := frame{kind: k, keyword: k.keyword, plainArgs: true, functions: len(w.functions), breaks: len(w.breaks)}
	f.attribute = k.id == kindString && parent != nil && parent.kind != nil && parent.kind.id == kindIndirection
	outer := w.scope
	w.enter(&f)
	w.enterShape(&f)
	w.expect('{')
	for !w.skip('}') && !w.broken {
		w.field(&f, w.key())
		if w.peek() != '}' {
			w.expect(',')
		}
	}
	w.leave(&f, parent)
	w.leaveShape(&f, parent)
	w.scope = outer
}

func (w *walker) field(f *frame, name string) {
	spec := f.kind.field(name)
	if spec == nil {
		w.refuseField(f, name)
		w.anything(f)
		return
	}
	switch spec.typ {
	case typeNode:
		if f.kind.name == "CaseExpr" && name == "arg" {
			w.operator("=", "", w.last)
		}
		w.node(f)
		w.readNode(f, name)
	case typeNodes:
		w.nodes(f, name)
	case typeNames:
		w.nameList(f, name)
	case typeKind:
		w.object(spec.kind, f)
	case typeText:
		w.setText(f, name)
	case typeInt:
		w.setInt(f, name, w.integer())
	case typeBool:
		w.boolean()
		w.setBool(f, name)
	case typeValues:
		w.value(f, spec)
	case typeRefuse:
		w.refuseRule(spec.values[0])
		w.anything(f)
	}
}

func (w *walker) nodes(f *frame, name string) {
	n, start := 0, w.pos
	w.expect('[')
	for !w.skip(']') && !w.broken {
		terms := len(w.shape.terms)
		w.node(f)
		if len(w.shape.terms) > terms {
			f.listed++
		}
		n++
		if w.peek() != ']' {
			w.expect(',')
		}
	}
	if name == "args" {
		f.args, f.list = n, w.js[start:w.pos]
	}
	if n > 0 {
		w.readNodes(f, name, n)
	}
}

// nameList reads a list of strings; the star of `t.*` reads as "*".
func (w *walker) nameList(f *frame, field string) {
	start := len(w.names)
	w.expect('[')
	for !w.skip(']') && !w.broken {
		w.expect('{')
		switch w.key() {
		case "String":
			w.literal(`{"sval":`)
			w.names = append(w.names, w.text())
			w.expect('}')
		case "A_Star":
			w.literal("{}")
			w.names = append(w.names, star)
		default:
			w.fail()
		}
		w.expect('}')
		if w.peek() != ']' {
			w.expect(',')
		}
	}
	f.names = w.names[start:len(w.names):len(w.names)]
	switch field {
	case "usingClause":
		f.implied = true
	case "colnames", "aliascolnames":
		f.renamed = true
	}
}

// star stands for the star of `t.*`; no name can be it, since a NUL byte
// cannot be written.
const star = "\x00*"

func (w *walker) value(f *frame, spec *field) {
	got := w.text()
	for _, v := range spec.values {
		if v == got {
			if f.kind.id == kindCTE {
				f.materialized = got
			} else if f.kind.id == kindExpr {
				f.exprKind = got
				w.impliedOperators(got)
			} else if fn := newKeywords[got]; fn != "" {
				f.keyword = fn
			}
			return
		}
	}
	w.refuseField(f, spec.name+" "+got)
}

// anything reads any value. Listed kinds in it are walked, so that what they
// hold is reported too.
func (w *walker) anything(parent *frame) {
	outer := w.loose
	w.loose = true
	defer func() { w.loose = outer }()
	switch w.peek() {
	case '{':
		w.pos++
		for !w.skip('}') && !w.broken {
			name := w.key()
			switch k := grammar[name]; {
			case k != nil && w.peek() == '{':
				w.object(k, parent)
			case name == "location":
				w.setInt(&frame{}, name, w.integer())
			default:
				w.anything(parent)
			}
			if w.peek() != '}' {
				w.expect(',')
			}
		}
	case '[':
		w.pos++
		for !w.skip(']') && !w.broken {
			w.anything(parent)
			if w.peek() != ']' {
				w.expect(',')
			}
		}
	case '"':
		w.skipText()
	case 't', 'f':
		w.boolean()
	default:
		w.number()
	}
}
