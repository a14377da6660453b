package catalog

// arraySubscript is array_subscript_handler, by which PostgreSQL 14 and later know
// an array type.
const arraySubscript OID = 6179

// settle derives what follows from the other fields.
func (t *Type) settle() {
	t.IsArray = t.Element != 0 && t.Subscript == arraySubscript
	if t.Kind != 'm' {
		t.Range = 0 // it is the type itself
	}
}

func (r *reader) readType(row []string) error {
	oid, err := parseOID(row[1])
	if err != nil {
		return err
	}
	d := newDetail(row[5], 16)
	t := &Type{
		OID: oid, Schema: schemaName(row[2]), Name: row[3], Extension: row[4],
		Kind: d.letter(), Category: d.letter(), Preferred: d.flag(),
		Element: d.oid(), Array: d.oid(), Base: d.oid(), Relation: d.oid(),
		Subtype: d.oid(), Range: d.oid(),
		Input: d.oid(), Output: d.oid(), Modifier: d.oid(), Subscript: d.oid(),
	}
	r.parts[oid] = []OID{d.oid(), d.oid()} // canonical and subtype_diff
	families := d.refs()
	t.settle()
	rows, err := parseRows(row[6])
	if err != nil || d.err != nil {
		return errAnswer
	}
	if t.Columns, err = readColumns(rows, 3); err != nil {
		return err
	}
	check, err := parseRefs(row[7])
	if err != nil {
		return err
	}
	o := &object{typ: t}
	o.leadTo(check)
	o.leadTo(families)
	o.leadToColumns(t.Columns)
	o.below = append(o.below, ref{classRelation, t.Relation})
	for _, function := range r.parts[oid] {
		o.below = append(o.below, ref{classFunction, function})
	}
	for _, f := range families {
		r.families[ref{classType, oid}] = append(r.families[ref{classType, oid}], f.oid)
	}
	for _, part := range []OID{t.Element, t.Base, t.Subtype, t.Range} {
		o.below = append(o.below, ref{classType, part})
	}
	for _, function := range []OID{t.Input, t.Output, t.Modifier, t.Subscript} {
		o.below = append(o.below, ref{classFunction, function})
	}
	t.Check = expression(check)
	return r.add(ref{classType, oid}, o, row)
}

func (r *reader) readFamily(row []string) error {
	oid, err := parseOID(row[1])
	if err != nil {
		return err
	}
	d := newDetail(row[5], 2)
	functions, operators := d.refs(), d.refs()
	o := &object{family: &family{}}
	o.leadTo(functions)
	o.leadTo(operators)
	for _, f := range functions {
		o.family.functions = append(o.family.functions, f.oid)
	}
	for _, p := range operators {
		o.family.operators = append(o.family.operators, p.oid)
	}
	if d.err != nil {
		return d.err
	}
	return r.add(ref{classFamily, oid}, o, row)
}
