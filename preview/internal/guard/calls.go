package guard

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/reason"
)

// Function is a function that the statement calls.
type Function struct {
	// Schema is as written; empty when the search path decides.
	Schema, Name string
	// Offset is the byte offset of the name in the text.
	Offset int
	// Args is the number of arguments, or -1 where the call does not show it
	// (VARIADIC, a star, named arguments, TABLESAMPLE).
	Args int
	// Resolve says that the function is not one of PostgreSQL's own: only the
	// target's catalog can tell whether it may be called.
	Resolve bool

	sample bool
	// setting is the name of the setting that the call reads, where it is written out.
	setting string
	named   bool
}

// functions judges every call by name.
func (c *checker) functions() []Function {
	for i := range c.facts.functions {
		f := &c.facts.functions[i]
		v := c.policy.function(f.Schema, f.Name)
		f.Resolve = v.class == classUnknown
		if v.class == classSetting {
			c.setting(f)
		}
		if v.denies(f.Args) {
			c.refuse(pgtree.Extent{Start: f.Offset, End: c.nameEnd(f.Offset)}, refusal{
				reason: reason.FunctionNotAllowed, rule: "function-" + v.family,
				message: "the function " + quoteName(f.Schema, f.Name) + " is not allowed in a preview",
				hint:    v.hint,
			})
		}
	}
	return c.facts.functions
}

// setting judges a call that reads a setting of the server.
func (c *checker) setting(f *Function) {
	if f.named && SettingMayBeRead(f.setting) {
		return
	}
	message, hint := "the name of the setting is computed, so that it can be any", "write the name as a constant: "+f.Name+"('work_mem')"
	if f.named {
		message = "the setting " + shorten(f.setting) + " is not known to hold no secret"
		hint = "an operator can allow the function pg_catalog." + f.Name + " for every setting"
	}
	c.refuse(pgtree.Extent{Start: f.Offset, End: c.nameEnd(f.Offset)}, refusal{
		reason: reason.FunctionNotAllowed, rule: ruleSetting,
		message: message,
		hint:    hint,
	})
}

// function is the verdict on a call, the operator's rules included.
func (p *Policy) function(schema, name string) verdict {
	v := p.named(schema, name)
	if p.strict && v.class == classUnknown && (schema != "" || !p.allowFunctions.may(schema, name)) {
		return verdict{
			class: classDenied, family: "strict", oneArgument: true, onRow: true,
			hint: "strict mode allows known functions only; an operator can add schema.function, which is then called with its schema",
		}
	}
	return v
}

// named is the verdict on a name. Without a schema it can mean a function in any,
// so that a function which the operator allows by its schema does not speak for
// others that are denied: only PostgreSQL's own come first for certain.
func (p *Policy) named(schema, name string) verdict {
	if p.denyFunctions.may(schema, name) || schema != "" && p.denySchemas[schema] {
		return verdict{class: classDenied, family: "policy", hint: "this installation does not allow it", oneArgument: true, onRow: true}
	}
	if p.allowFunctions.exactly(schema, name) || schema == "" && p.allowFunctions.exactly(systemSchema, name) {
		return verdict{class: classAllowed}
	}
	return functionLibrary.find(schema, name)
}

// attribute is the verdict on a name behind a dot.
func (p *Policy) attribute(name string) verdict {
	if p.denyFunctions.may("", name) || p.allowFunctions.exactly(systemSchema, name) {
		return p.named("", name)
	}
	return functionLibrary.attribute(name)
}

// attributes judges what may be a call without parentheses: value.name.
//
// It is a call only where the value has no column of that name, which the text
// does not tell. A name after a table, a subquery or a CTE can only call a
// function that takes a row. A name after a function in FROM, or after any other
// value, can call every function that takes one argument.
func (c *checker) attributes() {
	for i := range c.facts.attributes {
		a := &c.facts.attributes[i]
		v := c.policy.attribute(a.name)
		if v.class != classDenied && v.class != classSetting || !v.oneArgument || c.facts.lists(a) {
			continue
		}
		if !v.onRow && !c.facts.anyValue(a) {
			continue
		}
		start := c.attributeStart(a)
		c.refuse(pgtree.Extent{Start: start, End: c.token(start).End}, refusal{
			reason: reason.FunctionNotAllowed, rule: "function-" + v.family,
			message: "." + a.name + " calls the function " + a.name + ", which is not allowed in a preview",
			hint:    v.hint,
		})
	}
}

// anyValue reports whether the value before the dot can be something else than
// a row.
func (f *facts) anyValue(a *attribute) bool {
	switch {
	case a.row:
		return false
	case a.qualifier == "":
		return true
	}
	return slices.Contains(f.functionAliases, a.qualifier) || !slices.Contains(f.rowAliases, a.qualifier)
}

// attributeStart finds the name behind its dot.
func (c *checker) attributeStart(a *attribute) int {
	lex := pgtree.NewLexer(c.sql, a.loc)
	dot := false
	for {
		t := lex.Next()
		switch {
		case t.Kind == pgtree.TokenEOF:
			return a.loc
		case dot && c.spells(t, a.name):
			return t.Start
		}
		dot = t.Kind == pgtree.TokenPunct && c.sql[t.Start] == '.'
	}
}
