package guard

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/op-data/sqlpreview/preview/reason"
)

// TargetQuery reads from a database what ReadTarget needs. It has no
// parameters, returns TargetColumns text columns, none of them NULL, and runs in
// PostgreSQL 14 to 18 with the rights of any role. Every name in it is
// qualified, so that nothing of the target's own can take part. Its result
// depends on the role's search_path: ask with the session that previews use.
var TargetQuery = strings.Replace(targetText, "HARMLESS", strings.Join(functionLibrary.harmless, ","), 1)

//go:embed target.sql
var targetText string

// TargetColumns is the number of columns of TargetQuery.
const TargetColumns = 10

// A Target is what a database's catalog says about the user code that a SELECT
// can reach: the volatile functions that are not PostgreSQL's own, the
// operators, casts, types and domains that run one, and the relations that hold
// values of such types. It is a snapshot: it does not change, may be shared, and
// should be read again after a short time.
type Target struct {
	functions map[string][]hazard
	operators map[string][]hazard
	types     map[string][]hazard
	relations map[string][]hazard
	path      []string // the schemas that unqualified names are looked for in
	// columns holds, by column, the relations that have one named like one of
	// the functions.
	columns map[string][]ownColumn
}

// An ownColumn is a relation that has a column of some name.
type ownColumn struct {
	schema, relation string
	visible          bool
}

// A hazard is an object that runs a volatile function.
type hazard struct {
	schema  string // of the object
	visible bool   // the search path finds it without its schema
	// The function behind it, which an operator can allow.
	fnSchema, fnName string
	extension        string
	// Arguments it takes.
	lo, hi int
	// row says whether a single argument can be a row: "no", "table" for the
	// row of some table, "any" for every row.
	row string
}

// ReadTarget takes the rows of TargetQuery.
func ReadTarget(rows [][]string) (*Target, error) {
	t := &Target{
		functions: make(map[string][]hazard), operators: make(map[string][]hazard),
		types: make(map[string][]hazard), relations: make(map[string][]hazard),
		columns: make(map[string][]ownColumn),
	}
	for i, row := range rows {
		if err := t.add(row); err != nil {
			return nil, fmt.Errorf("catalog row %d: %w", i+1, err)
		}
	}
	return t, nil
}

func (t *Target) add(row []string) error {
	if len(row) != TargetColumns {
		return fmt.Errorf("%d columns, want %d", len(row), TargetColumns)
	}
	name := row[2]
	lo, err1 := strconv.Atoi(row[6])
	hi, err2 := strconv.Atoi(row[7])
	visible, err3 := strconv.ParseBool(row[9])
	if err1 != nil || err2 != nil || err3 != nil {
		return fmt.Errorf("%s %s: not the columns of TargetQuery", row[0], name)
	}
	h := hazard{
		schema: row[1], visible: visible, fnSchema: row[3], fnName: row[4], extension: row[5],
		lo: lo, hi: hi, row: row[8],
	}
	if functionLibrary.extensionAllows(h.extension, h.fnName) {
		return nil
	}
	if row[0] == "function" && h.schema == systemSchema && functionLibrary.builtin[name].class != classUnknown {
		return nil // judged by name already
	}
	switch row[0] {
	case "function":
		t.functions[name] = append(t.functions[name], h)
	case "operator":
		t.operators[name] = append(t.operators[name], h)
	case "type":
		t.types[name] = append(t.types[name], h)
	case "relation":
		t.relations[name] = append(t.relations[name], h)
	case "path":
		t.path = append(t.path, h.schema)
	case "column":
		t.columns[row[4]] = append(t.columns[row[4]], ownColumn{h.schema, name, h.visible})
	default:
		return fmt.Errorf("unknown kind %q", row[0])
	}
	return nil
}

// find returns the first hazard that a name as written can mean and that the
// operator has not allowed.
func (p *Policy) find(list []hazard, schema string, fits func(*hazard) bool) *hazard {
	for i := range list {
		h := &list[i]
		reached := h.schema == schema || schema == "" && h.visible
		if reached && !p.allowFunctions.exactly(h.fnSchema, h.fnName) && (fits == nil || fits(h)) {
			return h
		}
	}
	return nil
}

// Resolve judges a statement with the catalog of the database it is to run on,
// in addition to Check and under the same policy. It returns nothing when the
// statement may run.
func (s *Statement) Resolve(t *Target, p *Policy) []Violation {
	c := &checker{sql: s.Source, policy: p.orDefault(), facts: s.facts}
	c.deniedPath(t, s)
	for i := range s.Functions {
		c.resolveFunction(t, &s.Functions[i])
	}
	for i := range c.facts.attributes {
		c.resolveAttribute(t, &c.facts.attributes[i])
	}
	for _, k := range c.facts.keywords {
		if h := c.policy.find(t.functions[k.name], "", nil); h != nil && !c.full() {
			at := c.wordBefore(k)
			c.hazard(h, at.start, at.end, "function-volatile", "the function "+k.name)
		}
	}
	for _, op := range c.facts.operators {
		h := c.policy.find(t.operators[op.name], op.schema, nil)
		c.hazard(h, op.loc, c.operatorEnd(op.loc), "operator-volatile", "the operator "+op.name)
	}
	for _, typ := range c.facts.types {
		h := c.policy.find(t.types[typ.name], typ.schema, nil)
		c.hazard(h, typ.loc, c.nameEnd(typ.loc), "type-volatile", "the type "+quoteName(typ.schema, typ.name))
	}
	for _, r := range s.Tables {
		h := c.policy.find(t.relations[r.Name], r.Schema, nil)
		c.hazard(h, r.Offset, c.nameEnd(r.Offset), "type-volatile", "a value of the relation "+quoteName(r.Schema, r.Name))
	}
	return c.sorted()
}

// deniedPath refuses unqualified names where they could mean something in a
// schema that the operator denies.
func (c *checker) deniedPath(t *Target, s *Statement) {
	at := slices.IndexFunc(t.path, func(schema string) bool { return c.policy.denySchemas[schema] })
	if at < 0 {
		return
	}
	refuse := func(offset int, name string) {
		c.refuse(offset, c.nameEnd(offset), reason.SyntaxNotAllowed, "schema-policy",
			name+" can lie in the schema "+t.path[at]+", which this installation does not allow in a preview",
			"write the schema: schema."+name)
	}
	for _, r := range s.Tables {
		if r.Schema == "" {
			refuse(r.Offset, r.Name)
		}
	}
	for _, f := range s.Functions {
		if f.Schema == "" && f.Resolve {
			refuse(f.Offset, f.Name)
		}
	}
}

// anyOf returns the first hazard by name that the operator has not allowed.
func (p *Policy) anyOf(all map[string][]hazard) *hazard {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for i := range all[name] {
			if h := &all[name][i]; !p.allowFunctions.exactly(h.fnSchema, h.fnName) {
				return h
			}
		}
	}
	return nil
}

// typeInData are functions that make values of a type which the text does not
// name: it comes as a string, or with a row.
var typeInData = map[string]bool{
	"pg_input_is_valid": true, "pg_input_error_info": true,
	"json_populate_record": true, "json_populate_recordset": true,
	"jsonb_populate_record": true, "jsonb_populate_recordset": true, "jsonb_populate_record_valid": true,
	"populate_record": true, // of hstore
}

func (c *checker) resolveFunction(t *Target, f *Function) {
	if typeInData[f.Name] {
		h := c.policy.anyOf(t.types)
		c.hazard(h, f.Offset, c.nameEnd(f.Offset), "type-volatile", "the function "+f.Name+" makes values of types whose input")
	}
	fits := func(h *hazard) bool { return f.Args < 0 || f.Args >= h.lo && f.Args <= h.hi }
	end := c.nameEnd(f.Offset)
	name := quoteName(f.Schema, f.Name)
	c.hazard(c.policy.find(t.functions[f.Name], f.Schema, fits), f.Offset, end, "function-volatile", "the function "+name)
	// f(x) casts to the type f where there is no such function.
	c.hazard(c.policy.find(t.types[f.Name], f.Schema, nil), f.Offset, end, "type-volatile", "the type "+name)
}

func (c *checker) resolveAttribute(t *Target, a *attribute) {
	anyValue := c.facts.anyValue(a)
	fits := func(h *hazard) bool {
		if h.lo > 1 || h.hi < 1 {
			return false
		}
		return anyValue || h.row == "any" || h.row == "table" && c.facts.fromTable(a, t)
	}
	h := c.policy.find(t.functions[a.name], "", fits)
	if h == nil && anyValue {
		h = c.policy.find(t.types[a.name], "", nil)
	}
	if h != nil {
		start := c.attributeStart(a)
		c.hazard(h, start, c.token(start).end, "function-volatile", "."+a.name+", which can call a function,")
	}
}

// fromTable tells whether the value before the dot can be the row of a table
// that has no column of the attribute's name.
func (f *facts) fromTable(a *attribute, t *Target) bool {
	for i := range f.tables {
		r := &f.tables[i]
		if a.qualifier != r.alias && a.qualifier != r.name {
			continue
		}
		hasColumn := slices.ContainsFunc(t.columns[a.name], func(c ownColumn) bool {
			return c.relation == r.name && (c.schema == r.schema || r.schema == "" && c.visible)
		})
		if !f.isCTE(r) && !hasColumn {
			return true
		}
	}
	return false
}

func (c *checker) hazard(h *hazard, start, end int, rule, what string) {
	if h == nil {
		return
	}
	fn := quoteName(h.fnSchema, h.fnName)
	message := what + " runs a VOLATILE function of this database"
	if rule == "function-volatile" {
		message = what + " is VOLATILE in this database"
	}
	c.refuse(start, end, reason.FunctionNotAllowed, rule, message,
		"declare "+fn+" STABLE or IMMUTABLE if it has no effect, or let an operator allow "+fn+
			"; a function of PostgreSQL's own of that name can be called as pg_catalog.name")
}
