package catalog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// relationFields is the number of fields of a relation's detail.
const relationFields = 10

func (r *reader) readRelation(row []string) error {
	oid, err := parseOID(row[1])
	if err != nil {
		return err
	}
	d := newDetail(row[5], relationFields)
	relation := &Relation{
		OID: oid, Schema: schemaName(row[2]), Name: row[3], Extension: row[4], Definition: row[9],
		Kind: d.letter(), RowType: d.oid(), RowSecurity: d.flag(), Owner: d.oid(), Forced: d.flag(), TypedAs: d.oid(),
	}
	r.readNear(oid, d)
	r.readFamilies(ref{classRelation, oid}, d)
	relation.Exempt = d.flag()
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

// readFamilies reads the operator families of a relation's indexes and partition key.
func (r *reader) readFamilies(at ref, d *detail) {
	for _, f := range d.refs() {
		if !slices.Contains(r.families[at], f.oid) {
			r.families[at] = append(r.families[at], f.oid)
		}
	}
}

func (r *reader) readKin(row []string) error {
	oid, err := parseOID(row[1])
	if err != nil {
		return err
	}
	d := newDetail(row[5], relationFields)
	d.fields = d.fields[6:]
	r.readNear(oid, d)
	r.readFamilies(ref{classRelation, oid}, d)
	r.kin[oid] = Name{schemaName(row[2]), row[3]}
	return d.err
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
