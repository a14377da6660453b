package pgtree

import "strings"

// ConstantText returns the first of a call's arguments where it is a text that is
// written out, perhaps as 'name'::text, which is how a view's definition has it. A
// cast to another type can change the text and does not count. args is the list in
// the parser's JSON (Frame.ArgsJSON).
func ConstantText(args string) (string, bool) {
	c := Cursor{js: args}
	c.Literal(`[{`)
	cast := strings.HasPrefix(c.js[c.pos:], `"TypeCast":`)
	if cast {
		c.Literal(`"TypeCast":{"arg":{`)
	}
	c.Literal(`"A_Const":{"sval":{"sval":`)
	text := c.text()
	c.expect('}')
	c.location()
	c.Literal(`}}`)
	if cast && !c.castToText() {
		return "", false
	}
	return text, !c.broken
}

// castToText reads the rest of a cast, and reports whether it is to text.
func (c *Cursor) castToText() bool {
	c.Literal(`,"typeName":{"names":[`)
	if strings.HasPrefix(c.js[c.pos:], `{"String":{"sval":"pg_catalog"}},`) {
		c.Literal(`{"String":{"sval":"pg_catalog"}},`)
	}
	c.Literal(`{"String":{"sval":"text"}}],"typemod":-1`)
	c.location()
	c.expect('}') // no array bounds, no SETOF
	return !c.broken
}

func (c *Cursor) location() {
	if c.skip(',') {
		c.Literal(`"location":`)
		c.Integer()
	}
}
