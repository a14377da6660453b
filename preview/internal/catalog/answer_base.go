package catalog

// table reads a row of arrays, which are the columns of a table, into its rows.
func (d *detail) table(columns int) [][]string {
	var rows [][]string
	for column := range columns {
		list := d.array()
		if column == 0 {
			rows = make([][]string, len(list))
		}
		if len(list) != len(rows) {
			d.fail(errAnswer)
			return nil
		}
		for i, field := range list {
			rows[i] = append(rows[i], field)
		}
	}
	return rows
}

// readBuiltIn reads PostgreSQL's own types.
func (r *reader) readBuiltIn(row []string) error {
	const columns = 15
	d := newDetail(row[5], columns)
	rows := d.table(columns)
	if r.base == nil || d.err != nil {
		return errAnswer
	}
	for _, fields := range rows {
		d := &detail{fields: fields}
		t := &Type{
			OID: d.oid(), Schema: schemaName(d.text()), Name: d.text(),
			Kind: d.letter(), Category: d.letter(), Preferred: d.letter() == 't',
			Element: d.oid(), Array: d.oid(), Base: d.oid(), Subtype: d.oid(), Range: d.oid(),
			Input: d.oid(), Output: d.oid(), Modifier: d.oid(), Subscript: d.oid(),
		}
		if d.err != nil || !t.OID.BuiltIn() {
			return errAnswer
		}
		t.settle()
		r.base.types[t.OID] = t
	}
	return nil
}

// readCasts reads pg_cast.
func (r *reader) readCasts(row []string) error {
	const columns = 6
	d := newDetail(row[5], columns)
	rows := d.table(columns)
	if r.base == nil || d.err != nil {
		return errAnswer
	}
	for _, fields := range rows {
		d := &detail{fields: fields}
		oid := d.oid()
		c := &Cast{Source: d.oid(), Target: d.oid(), Function: d.oid(), Context: d.letter(), Method: d.letter()}
		if d.err != nil || !isOneOf(c.Context, "eai") || !isOneOf(c.Method, "fib") {
			return errAnswer
		}
		r.base.casts[[2]OID{c.Source, c.Target}] = c
		r.base.from[c.Source] = append(r.base.from[c.Source], c)
		r.base.partial = r.base.partial || !oid.BuiltIn() && c.Function != 0
		if c.Method == 'b' {
			r.base.below = append(r.base.below, ref{classType, c.Target})
		}
	}
	return nil
}

// readTouched reads what operator classes of the database's own do for types and
// operators of PostgreSQL's own.
func (r *reader) readTouched(row []string) error {
	const columns = 2
	d := newDetail(row[5], columns)
	rows := d.table(columns)
	if r.base == nil || d.err != nil {
		return errAnswer
	}
	for _, fields := range rows {
		objects, err1 := parseRefs(fields[0])
		supports, err2 := parseRefs(fields[1])
		if err1 != nil || err2 != nil || len(objects) != 1 || len(supports) != 1 {
			return errAnswer
		}
		r.touched[objects[0]] = append(r.touched[objects[0]], supports[0])
		r.base.below = append(r.base.below, supports[0])
		r.base.partial = true
		r.base.touched = r.base.touched || objects[0].class != classUp
	}
	r.toldTouched = true
	return nil
}

// linkTouched gives types and operators of PostgreSQL's own the functions of the
// operator classes that the database has for them.
func (r *reader) linkTouched() {
	for at, supports := range r.touched {
		var families, functions []OID
		for _, s := range supports {
			switch o := r.objects[s]; {
			case s.class == classFamily:
				families = append(families, s.oid)
			case s.class == classFunction:
				functions = append(functions, s.oid)
			case o != nil && o.operator != nil:
				functions = append(append(functions, o.operator.Function), r.supportOf(o.operator)...)
			}
		}
		functions = r.functionsOf(families, functions)
		switch at.class {
		case classUp:
			r.base.modifiers = functions
		case classOperator:
			r.base.joins[at.oid] = functions
			r.base.orders[at.oid] = functions
		case classDown:
			r.base.orders[at.oid] = functions
		case classValue:
			r.base.frames[at.oid] = functions
		case classType:
			if t := r.base.types[at.oid]; t != nil {
				t.Compare = functions
			}
		}
	}
}
