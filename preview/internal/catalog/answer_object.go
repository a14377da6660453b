package catalog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// detail reads the fields of an object one after another; the first that is not
// what it must be is an error of them all.
type detail struct {
	fields []string
	err    error
}

func newDetail(text string, fields int) *detail {
	list, err := parseArray(text)
	if err == nil && len(list) != fields {
		err = errAnswer
	}
	if err != nil {
		list = make([]string, fields)
	}
	return &detail{list, err}
}

func (d *detail) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *detail) text() string {
	field := d.fields[0]
	d.fields = d.fields[1:]
	return field
}

func (d *detail) letter() byte {
	field := d.text()
	if len(field) != 1 {
		d.fail(errAnswer)
		return 0
	}
	return field[0]
}

func (d *detail) oid() OID {
	oid, err := parseOID(d.text())
	if err != nil {
		d.fail(err)
	}
	return oid
}

func (d *detail) oids() []OID {
	oids, err := parseOIDs(d.text())
	if err != nil {
		d.fail(err)
	}
	return oids
}

func (d *detail) refs() []ref {
	refs, err := parseRefs(d.text())
	if err != nil {
		d.fail(err)
	}
	return refs
}

func (d *detail) flag() bool {
	field := d.text()
	if field != "true" && field != "false" {
		d.fail(errAnswer)
	}
	return field == "true"
}

func (d *detail) number() int {
	n, err := strconv.Atoi(d.text())
	if err != nil {
		d.fail(errAnswer)
	}
	return n
}

func (d *detail) array() []string {
	list, err := parseArray(d.text())
	if err != nil {
		d.fail(err)
	}
	return list
}

func (r *reader) readRelation(row []string) error {
	oid, err := parseOID(row[1])
	if err != nil {
		return err
	}
	d := newDetail(row[5], 7)
	relation := &Relation{
		OID: oid, Schema: schemaName(row[2]), Name: row[3], Extension: row[4], Definition: row[9],
		Kind: d.letter(), RowType: d.oid(), RowSecurity: d.flag(), Owner: d.oid(), Forced: d.flag(),
	}
	r.readNear(oid, d)
	rows, err := parseRows(row[6])
	if err != nil || d.err != nil {
		return errAnswer
	}
	if relation.Columns, err = readColumns(rows, 6); err != nil {
		return err
	}
	runs, err1 := parseRefs(row[7])
	policies, err2 := parseRefs(row[8])
	if err1 != nil || err2 != nil {
		return errAnswer
	}
	o := &object{relation: relation}
	o.leadTo(runs)
	o.leadTo(policies)
	o.leadToColumns(relation.Columns)
	o.below = append(o.below, ref{classType, relation.RowType})
	relation.Runs, relation.Policies = expression(runs), expression(policies)
	for _, b := range append(runs, policies...) {
		if b.class == classRelation && b.oid != oid && !slices.Contains(relation.Reads, b.oid) {
			relation.Reads = append(relation.Reads, b.oid)
		}
	}
	return r.add(ref{classRelation, oid}, o, row)
}

// readNear reads the next relations up and down the tree of inheritance.
func (r *reader) readNear(oid OID, d *detail) {
	for _, direction := range []class{classUp, classDown} {
		for _, k := range d.refs() {
			if at := (ref{k.class, oid}); k.class == direction && !slices.Contains(r.near[at], k.oid) {
				r.near[at] = append(r.near[at], k.oid)
			}
		}
	}
}

func (r *reader) readKin(row []string) error {
	oid, err := parseOID(row[1])
	if err != nil {
		return err
	}
	d := newDetail(row[5], 7)
	d.fields = d.fields[5:]
	r.readNear(oid, d)
	r.kin[oid] = Name{schemaName(row[2]), row[3]}
	return d.err
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

// readColumns reads columns of which the answer has some fields, the first three or
// all.
func readColumns(rows [][]string, fields int) ([]Column, error) {
	columns := make([]Column, len(rows))
	for i, row := range rows {
		if len(row) != fields {
			return nil, errAnswer
		}
		number, err := strconv.ParseInt(row[0], 10, 16)
		if err != nil {
			return nil, errAnswer
		}
		c := &columns[i]
		c.Number, c.Name = int16(number), row[1]
		if c.Type, err = parseOID(row[2]); err != nil {
			return nil, err
		}
		if fields > 3 {
			if err := c.read(row[3:]); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(columns, func(a, b Column) int { return int(a.Number) - int(b.Number) })
	return columns, nil
}

// read reads how a column is generated, and the options of a foreign table's.
func (c *Column) read(fields []string) error {
	if len(fields[0]) > 1 {
		return errAnswer
	}
	if fields[0] != "" {
		c.Generated = fields[0][0]
	}
	options, err := parseArray(fields[1])
	if err != nil {
		return errAnswer
	}
	for _, option := range options {
		if name, ok := strings.CutPrefix(option, "column_name="); ok {
			c.ForeignName = name
		}
	}
	for _, source := range attributes.FindAllStringSubmatch(fields[2], -1) {
		number, err := strconv.ParseInt(source[1], 10, 16)
		if err != nil {
			return errAnswer
		}
		if !slices.Contains(c.GeneratedFrom, int16(number)) {
			c.GeneratedFrom = append(c.GeneratedFrom, int16(number))
		}
	}
	slices.Sort(c.GeneratedFrom)
	return nil
}

// attributes finds the columns in the stored tree of a generated column's expression.
var attributes = regexp.MustCompile(`:varattno ([0-9]+)`)

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

func (r *reader) readFunction(row []string) error {
	oid, err := parseOID(row[1])
	if err != nil {
		return err
	}
	d := newDetail(row[5], 18)
	f := &Function{
		OID: oid, Schema: schemaName(row[2]), Name: row[3], Extension: row[4], Body: row[9],
		Kind: d.letter(), Volatility: d.letter(), Language: d.text(), Args: d.oids(), Variadic: d.oid(),
		Defaults: d.number(), Returns: d.oid(), Set: d.flag(),
	}
	modes, types, names := d.array(), d.array(), d.array()
	f.Settings = d.array()
	f.Dynamic, f.Atomic = d.flag(), d.flag()
	kind := d.text()
	f.DirectArgs = d.number()
	for _, part := range d.oids() {
		if part != 0 && !oid.BuiltIn() {
			f.Parts = append(f.Parts, part)
		}
	}
	if sort := d.oid(); !oid.BuiltIn() {
		f.SortOperator = sort
	}
	if d.err != nil || len(kind) > 1 {
		return errAnswer
	}
	if kind != "" {
		f.AggregateKind = kind[0]
	}
	if err := f.readArguments(modes, types, names); err != nil {
		return err
	}
	body, err1 := parseRefs(row[7])
	defaults, err2 := parseRefs(row[8])
	if err1 != nil || err2 != nil {
		return errAnswer
	}
	f.Dynamic = f.Dynamic || f.Language == "c" && !oid.BuiltIn() && slices.ContainsFunc(f.Args, takesText)
	o := &object{function: f}
	o.leadTo(body)
	o.leadTo(defaults)
	if class(row[0][0]) == classFunction {
		o.leadToColumns(f.Outputs)
		for _, t := range append([]OID{f.Returns, f.Variadic}, f.Args...) {
			o.below = append(o.below, ref{classType, t})
		}
	}
	for _, part := range f.Parts {
		o.below = append(o.below, ref{classFunction, part})
	}
	o.below = append(o.below, ref{classOperator, f.SortOperator})
	f.Runs, f.DefaultsRun = expression(body), expression(defaults)
	if class(row[0][0]) == classCast {
		return r.addCast(o, row)
	}
	return r.add(ref{classFunction, oid}, o, row)
}

// readArguments reads proargmodes, proallargtypes and proargnames. The first two are
// empty where all arguments are input.
func (f *Function) readArguments(modes, types, names []string) error {
	if len(modes) != len(types) {
		return errAnswer
	}
	name := func(i int) string {
		if i < len(names) {
			return names[i]
		}
		return ""
	}
	if len(modes) == 0 {
		if len(names) > 0 {
			f.ArgNames = make([]string, len(f.Args))
			for i := range f.ArgNames {
				f.ArgNames[i] = name(i)
			}
		}
		return nil
	}
	input := 0
	for i, mode := range modes {
		oid, err := parseOID(types[i])
		if err != nil {
			return err
		}
		if strings.Contains("ibv", mode) { // in, inout, variadic
			input++
			if len(names) > 0 {
				f.ArgNames = append(f.ArgNames, name(i))
			}
		}
		if strings.Contains("obt", mode) { // out, inout, table
			f.Outputs = append(f.Outputs, Column{Number: int16(len(f.Outputs) + 1), Name: name(i), Type: oid})
		}
	}
	if input != len(f.Args) {
		return errAnswer
	}
	return nil
}

// takesText tells whether an argument of the type is given a text: cstring, name, text,
// "char", varchar, bpchar, unknown, json, xml, jsonb, "any" and its kin, and arrays of
// the textual ones.
func takesText(t OID) bool {
	switch t {
	case 18, 19, 25, 114, 142, 705, 1042, 1043, 2275, 3802, 2276, 2283, 2776, 5077, 5078, 5079,
		1002, 1003, 1009, 1014, 1015, 1263, 199, 143, 3807, 2277:
		return true
	}
	return false
}

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
		if r.class != classFunction && r.oid.BuiltIn() {
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
