package pgtree

// This file walks a statement's tree by the allow-list of grammar.txt. A kind,
// field or value that is not listed is reported to the visitors as a Refusal.

type walker struct {
	Cursor
	visitors []Visitor
	// frames has one frame for each level, used again by the next node there; depth
	// of them are in use.
	frames []*Frame
	depth  int
	names  []string // storage of the frames' names
	last   int      // the last location that was read
	// insideRefused reports that the walk is inside a value that has been refused.
	insideRefused bool
}

// framesAtOnce is how many frames are made at a time; few queries nest deeper.
const framesAtOnce = 10

func (w *walker) push(k *nodeKind) *Frame {
	if w.depth == len(w.frames) {
		chunk := make([]Frame, framesAtOnce)
		for i := range chunk {
			w.frames = append(w.frames, &chunk[i])
		}
	}
	f := w.frames[w.depth]
	*f = Frame{Parent: w.top(), Kind: k.id, KindName: k.name, Near: w.last, PlainArgs: true}
	w.depth++
	return f
}

// top is the innermost node that is being read, nil outside of the statement.
func (w *walker) top() *Frame {
	if w.depth == 0 {
		return nil
	}
	return w.frames[w.depth-1]
}

// node reads `{"Kind":{...}}`, or `{}` where the grammar leaves a hole (the
// list of a plain DISTINCT).
func (w *walker) node() {
	w.expect('{')
	if w.skip('}') {
		return
	}
	name := w.key()
	if k := grammar[name]; k != nil {
		w.object(k)
	} else {
		w.report(Refusal{Kind: name})
		w.walkRefused()
	}
	w.expect('}')
}

// object reads the fields of a node of kind k.
func (w *walker) object(k *nodeKind) {
	f := w.push(k)
	for _, v := range w.visitors {
		v.Enter(f)
	}
	w.expect('{')
	for !w.skip('}') && !w.broken {
		w.field(f, k, w.key())
		if w.peek() != '}' {
			w.expect(',')
		}
	}
	w.depth--
	f.Last = w.last
	w.setParent(f)
	for _, v := range w.visitors {
		v.Leave(f)
	}
}

// setParent copies what a node says of the one around it.
func (w *walker) setParent(f *Frame) {
	if f.Parent == nil {
		return
	}
	switch f.Kind {
	case KindAlias:
		f.Parent.Alias, f.Parent.Renamed = f.Name, f.Renamed
		if f.Renamed {
			f.Parent.Columns = append(f.Parent.Columns, f.Names...)
		}
	case KindColumnDef:
		f.Parent.Columns = append(append(f.Parent.Columns, f.Name), f.Columns...)
	case KindNamedArg:
		f.Parent.PlainArgs = false
	}
}

func (w *walker) field(f *Frame, k *nodeKind, name string) {
	spec := k.field(name)
	if spec == nil {
		w.report(Refusal{Kind: k.name, Field: name})
		w.walkRefused()
		return
	}
	switch spec.typ {
	case typeNode:
		w.node()
		w.fieldRead(f, name, 1)
	case typeNodes:
		w.nodes(f, name)
	case typeNames:
		w.nameList(f, name)
	case typeKind:
		w.object(spec.kind)
	case typeText:
		w.setText(f, name)
	case typeInt:
		w.setInt(f, name, w.Integer())
	case typeBool:
		w.boolean()
		f.setBool(name)
	case typeValues:
		w.value(f, spec)
	case typeRefuse:
		w.report(Refusal{Rule: spec.values[0], Kind: k.name, Field: name})
		w.walkRefused()
	}
}

func (w *walker) fieldRead(f *Frame, field string, n int) {
	for _, v := range w.visitors {
		v.Field(f, field, n)
	}
}

func (w *walker) nodes(f *Frame, name string) {
	n, start := 0, w.pos
	w.expect('[')
	for !w.skip(']') && !w.broken {
		w.node()
		n++
		if w.peek() != ']' {
			w.expect(',')
		}
	}
	if name == "args" || f.Kind == KindList {
		f.Args, f.ArgsJSON = n, w.js[start:w.pos]
	}
	w.fieldRead(f, name, n)
}

// nameList reads a list of strings; the star of `t.*` reads as Star.
func (w *walker) nameList(f *Frame, field string) {
	start := len(w.names)
	w.expect('[')
	for !w.skip(']') && !w.broken {
		w.expect('{')
		switch w.key() {
		case "String":
			w.Literal(`{"sval":`)
			w.names = append(w.names, w.text())
			w.expect('}')
		case "A_Star":
			w.Literal("{}")
			w.names = append(w.names, Star)
		default:
			w.fail()
		}
		w.expect('}')
		if w.peek() != ']' {
			w.expect(',')
		}
	}
	f.Names = w.names[start:len(w.names):len(w.names)]
	if field == "colnames" || field == "aliascolnames" {
		f.Renamed = true
	}
}

func (w *walker) value(f *Frame, spec *field) {
	got := w.text()
	for _, v := range spec.values {
		if v != got {
			continue
		}
		if f.Kind == KindCTE || f.Kind == KindExpr {
			f.Variant = got
		}
		return
	}
	w.report(Refusal{Kind: f.KindName, Field: spec.name + " " + got})
}

func (w *walker) setText(f *Frame, field string) {
	switch {
	case field == "catalogname":
		f.Catalog = w.text()
	case field == "schemaname":
		f.Schema = w.text()
	case field == "relname", field == "aliasname", field == "ctename",
		field == "colname",
		field == "name" && (f.Kind == KindResTarget || f.Kind == KindColumnDef),
		field == "sval" && f.Kind == KindString && (f.Inside(KindIndirection) || f.inTableFunc()):
		f.Name = w.text()
	default:
		w.skipText()
	}
}

// inTableFunc reports whether a constant's text is an argument of XMLTABLE, or of one of
// its columns.
func (f *Frame) inTableFunc() bool {
	return f.Parent != nil && f.Parent.Parent != nil && (f.Parent.Parent.Kind == KindTableFunc || f.Parent.Parent.Kind == KindColumnDef)
}

func (w *walker) setInt(f *Frame, field string, value int) {
	if field == "location" && value >= 0 {
		f.Location = max(0, value-Indent)
		w.last = f.Location
	}
}

func (f *Frame) setBool(field string) {
	switch field {
	case "recursive":
		f.Recursive = true
	case "isNatural":
		f.Natural = true
	case "func_variadic", "agg_star", "agg_within_group":
		f.PlainArgs = false
	}
}

// report tells the visitors of a Refusal.
func (w *walker) report(r Refusal) {
	r.Near, r.Inner = w.last, w.insideRefused
	for _, v := range w.visitors {
		v.Refuse(r)
	}
}

// walkRefused reads a value that has been refused, whatever its shape. Nodes of listed
// kinds in it are walked as elsewhere, so that what they hold is reported too.
func (w *walker) walkRefused() {
	outer := w.insideRefused
	w.insideRefused = true
	defer func() { w.insideRefused = outer }()
	switch w.peek() {
	case '{':
		w.pos++
		for !w.skip('}') && !w.broken {
			name := w.key()
			switch k := grammar[name]; {
			case k != nil && w.peek() == '{':
				w.object(k)
			case name == "location":
				w.setInt(&Frame{}, name, w.Integer())
			default:
				w.walkRefused()
			}
			if w.peek() != '}' {
				w.expect(',')
			}
		}
	case '[':
		w.pos++
		for !w.skip(']') && !w.broken {
			w.walkRefused()
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
