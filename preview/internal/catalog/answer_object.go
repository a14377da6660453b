package catalog

func (r *reader) readOperator(row []string) error {
	oid, err := parseOID(row[1])
	if err != nil {
		return err
	}
	d := newDetail(row[5], 7)
	op := &Operator{
		OID: oid, Schema: schemaName(row[2]), Name: row[3], Extension: row[4],
		Left: d.oid(), Right: d.oid(), Result: d.oid(), Function: d.oid(), Commutator: d.oid(), Negator: d.oid(),
	}
	families := d.refs()
	if d.err != nil {
		return d.err
	}
	o := &object{operator: op}
	o.leadTo(families)
	for _, f := range families {
		r.families[ref{classOperator, oid}] = append(r.families[ref{classOperator, oid}], f.oid)
	}
	o.below = append(o.below, ref{classFunction, op.Function}, ref{classOperator, op.Commutator}, ref{classOperator, op.Negator})
	for _, t := range []OID{op.Left, op.Right, op.Result} {
		o.below = append(o.below, ref{classType, t})
	}
	return r.add(ref{classOperator, oid}, o, row)
}

// add keeps an object, whose names are parts of the row's texts. One that comes twice,
// which happens where the server found its parts in another order, is kept once.
func (r *reader) add(at ref, o *object, row []string) error {
	if at.oid == 0 {
		return errAnswer
	}
	if r.objects[at] != nil {
		return nil
	}
	for _, cell := range row {
		o.bytes += len(cell)
	}
	r.objects[at] = o
	return nil
}

func (r *reader) addCast(o *object, row []string) error {
	if r.base == nil {
		return errAnswer
	}
	r.base.functions[o.function.OID] = o.function
	r.base.below = append(r.base.below, o.below...)
	r.base.bytes += o.size()
	for _, cell := range row {
		r.base.bytes += len(cell)
	}
	return nil
}

func (o *object) leadTo(refs []ref) {
	for _, b := range refs {
		switch b.class {
		case classValue:
			b.class = classType
		case classUp, classDown:
			continue
		}
		o.below = append(o.below, b)
	}
}

func (o *object) leadToColumns(columns []Column) {
	for _, c := range columns {
		o.below = append(o.below, ref{classType, c.Type})
	}
}

// expression sorts what a tree refers to by what it is.
func expression(refs []ref) (e Expression) {
	for _, r := range refs {
		if r.class != classFunction && r.class != classOperator && r.oid.BuiltIn() && !r.oid.holdsTypeNames() {
			if r.class == classType {
				e.Columns = append(e.Columns, r.oid)
			}
			continue
		}
		switch r.class {
		case classFunction:
			e.Functions = append(e.Functions, r.oid)
		case classOperator:
			e.Operators = append(e.Operators, r.oid)
		case classType:
			e.Types = append(e.Types, r.oid)
		case classValue:
			e.Values = append(e.Values, r.oid)
		}
	}
	return e
}
