package catalog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// relationFields is the number of fields of a relation's detail.
const relationFields = 14

func (r *reader) readRelation(row []string) error {
	oid, err := parseOID(row[1])
	if err != nil {
		return err
	}
	d := newDetail(row[5], relationFields)
	relation := &Relation{
		OID: oid, Schema: schemaName(row[2]), Name: row[3], Extension: row[4],
		Kind: d.letter(), RowType: d.oid(), RowSecurity: d.flag(), Owner: d.oid(), Forced: d.flag(), TypedAs: d.oid(),
	}
	r.readNear(oid, d)
	r.readFamilies(ref{classRelation, oid}, d)
	relation.Exempt, relation.Roles = d.flag(), d.oids()
	r.readKey(oid, d)
	relation.Remote = remoteTable(d, relation)
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
	relation.Runs, relation.Reads = expression(runs), readsOf(runs, oid)
	if isOneOf(relation.Kind, "vm") {
		relation.Definition = row[9]
	} else if relation.Policies, err = readPolicies(row[9], policies, oid); err != nil {
		return err
	}
	return r.add(ref{classRelation, oid}, o, row)
}

// readsOf are the relations that a tree reads, but the one that it belongs to.
func readsOf(refs []ref, own OID) (reads []OID) {
	for _, b := range refs {
		if b.class == classRelation && b.oid != own && !slices.Contains(reads, b.oid) {
			reads = append(reads, b.oid)
		}
	}
	return reads
}

// readPolicies reads the policies of a relation, whose trees refer to refs together.
func readPolicies(text string, refs []ref, own OID) ([]Policy, error) {
	if text == "" {
		return nil, nil
	}
	rows, err := parseRows(text)
	if err != nil {
		return nil, err
	}
	policies := make([]Policy, len(rows))
	for i, fields := range rows {
		const columns = 4
		if len(fields) != columns {
			return nil, errAnswer
		}
		d := &detail{fields: fields}
		p := &policies[i]
		p.Applies, p.Roles, p.Permissive = d.flag(), d.oids(), d.flag()
		within := referredTo(d.text(), refs)
		p.Runs, p.Reads = expression(within), readsOf(within, own)
		if d.err != nil {
			return nil, d.err
		}
	}
	return policies, nil
}

// remoteTable reads the options of a foreign table. Wrappers name them differently; what
// they leave out is the table's own name.
func remoteTable(d *detail, r *Relation) Name {
	options := d.array()
	if r.Kind != 'f' {
		return Name{}
	}
	remote := Name{r.Schema, r.Name}
	for _, option := range options {
		name, value, _ := strings.Cut(option, "=")
		switch name {
		case "schema_name", "schema", "dbname", "database":
			remote.Schema = value
		case "table_name", "table", "collection", "layer":
			remote.Name = value
		}
	}
	return remote
}

// readKey reads the names of the columns of a partition key, and the types of its
// expressions.
func (r *reader) readKey(oid OID, d *detail) {
	if key := d.array(); len(key) > 0 {
		r.keys[oid] = key
	}
	for _, t := range d.refs() {
		r.keyTypes[oid] = append(r.keyTypes[oid], t.oid)
	}
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
	heir := &Relation{OID: oid, Kind: d.letter(), Schema: schemaName(row[2]), Name: row[3]}
	d.fields = d.fields[5:]
	r.readNear(oid, d)
	r.readFamilies(ref{classRelation, oid}, d)
	d.fields = d.fields[2:]
	r.readKey(oid, d)
	heir.Remote = remoteTable(d, heir)
	r.kin[oid] = Name{heir.Schema, heir.Name}
	rows, err := parseRows(row[6])
	if err != nil || d.err != nil {
		return errAnswer
	}
	if len(rows) > 0 {
		if heir.Columns, err = readColumns(rows, 6); err != nil {
			return err
		}
		r.heirs[oid] = heir
	}
	return nil
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
