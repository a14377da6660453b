package guard

import (
	"maps"
	"slices"

	"github.com/op-data/sqlpreview/preview/reason"
)

// This file judges a statement with what a Target says.

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
	c.resolveCasts(t, s)
	for _, k := range c.facts.keywords {
		if h := c.policy.find(t.functions[k.name], "", nil); h != nil && !c.full() {
			at := c.wordBefore(k)
			c.hazard(h, at.Start, at.End, "function-volatile", "the function "+k.name)
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

// resolveCasts refuses a cast that would run a volatile function on a value which
// the statement can have.
func (c *checker) resolveCasts(t *Target, s *Statement) {
	if len(t.casts) == 0 {
		return
	}
	has := make(map[[2]string]bool) // the functions behind casts from types at hand
	source := func(schema, name string) {
		for i := range t.sources[name] {
			if h := &t.sources[name][i]; schema == h.schema || schema == "" && h.visible {
				has[[2]string{h.fnSchema, h.fnName}] = true
			}
		}
	}
	for _, r := range s.Tables {
		source(r.Schema, r.Name)
	}
	for _, f := range s.Functions {
		source(f.Schema, f.Name)
	}
	for _, typ := range c.facts.types {
		source(typ.schema, typ.name)
	}
	at := func(h *hazard) bool { return has[[2]string{h.fnSchema, h.fnName}] }
	for _, typ := range c.facts.types {
		h := c.policy.find(t.casts[typ.name], typ.schema, at)
		c.hazard(h, typ.loc, c.nameEnd(typ.loc), "type-volatile", "a cast to "+quoteName(typ.schema, typ.name))
	}
	for _, f := range s.Functions {
		h := c.policy.find(t.casts[f.Name], f.Schema, at)
		c.hazard(h, f.Offset, c.nameEnd(f.Offset), "type-volatile", "a cast to "+quoteName(f.Schema, f.Name))
	}
	for _, a := range c.facts.attributes {
		if h := c.policy.find(t.casts[a.name], "", at); h != nil && !c.full() {
			start := c.attributeStart(&a)
			c.hazard(h, start, c.token(start).End, "type-volatile", "a cast to "+a.name)
		}
	}
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
		c.hazard(h, start, c.token(start).End, "function-volatile", "."+a.name+", which can call a function,")
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
