package pgtree

import (
	"encoding/json"
	"strings"
)

// A Cursor reads the parser's JSON from front to back: for Walk, which keeps nothing of
// it, and for ReadNode, which makes a tree of it. It accepts what libpg_query
// writes, which is less than JSON: no white space, for one. At anything else it
// goes to the end and stays broken.
type Cursor struct {
	js     string
	pos    int
	broken bool
}

// NewCursor returns a cursor at the beginning of a tree, or of a part of one.
func NewCursor(js string) *Cursor { return &Cursor{js: js} }

// AtEnd reports whether everything was read as expected, to the end.
func (c *Cursor) AtEnd() bool { return !c.broken && c.pos == len(c.js) }

func (c *Cursor) peek() byte {
	if c.pos < len(c.js) {
		return c.js[c.pos]
	}
	return 0
}

func (c *Cursor) skip(b byte) bool {
	if c.pos < len(c.js) && c.js[c.pos] == b {
		c.pos++
		return true
	}
	return false
}

func (c *Cursor) expect(b byte) {
	if !c.skip(b) {
		c.fail()
	}
}

// fail makes every further read return at once.
func (c *Cursor) fail() {
	c.broken = true
	c.pos = len(c.js)
}

// Literal reads the given text.
func (c *Cursor) Literal(s string) {
	if strings.HasPrefix(c.js[c.pos:], s) {
		c.pos += len(s)
		return
	}
	c.fail()
}

// key reads `"name":`. Names of fields and kinds hold no escapes.
func (c *Cursor) key() string {
	c.expect('"')
	n := strings.IndexByte(c.js[c.pos:], '"')
	if n < 0 {
		c.fail()
		return ""
	}
	name := c.js[c.pos : c.pos+n]
	c.pos += n + 1
	c.expect(':')
	return name
}

// text reads a string. It is a part of the JSON where nothing is escaped.
func (c *Cursor) text() string {
	start := c.pos
	escaped := c.skipText()
	switch {
	case c.broken:
		return ""
	case !escaped:
		return c.js[start+1 : c.pos-1]
	}
	var s string
	if json.Unmarshal([]byte(c.js[start:c.pos]), &s) != nil {
		c.fail()
	}
	return s
}

// skipText skips a string and reports whether there is an escape in it.
func (c *Cursor) skipText() (escaped bool) {
	c.expect('"')
	for c.pos < len(c.js) {
		switch c.js[c.pos] {
		case '"':
			c.pos++
			return escaped
		case '\\':
			escaped = true
			c.pos++
		}
		c.pos++
	}
	c.fail()
	return escaped
}

// Integer reads a decimal number of at most ten digits.
func (c *Cursor) Integer() int {
	negative := c.skip('-')
	n, start := 0, c.pos
	for c.pos < len(c.js) && c.js[c.pos] >= '0' && c.js[c.pos] <= '9' {
		n = n*10 + int(c.js[c.pos]-'0')
		c.pos++
	}
	if c.pos == start || c.pos-start > 10 {
		c.fail()
	}
	if negative {
		return -n
	}
	return n
}

func (c *Cursor) boolean() bool {
	if c.peek() == 't' {
		c.Literal("true")
		return true
	}
	c.Literal("false")
	return false
}

// number skips any number.
func (c *Cursor) number() {
	start := c.pos
	for c.pos < len(c.js) && strings.IndexByte("+-.0123456789eE", c.js[c.pos]) >= 0 {
		c.pos++
	}
	if c.pos == start {
		c.fail()
	}
}

// skipValue skips any value without looking at it.
func (c *Cursor) skipValue() {
	depth := 0
	for c.pos < len(c.js) {
		switch c.js[c.pos] {
		case '"':
			c.skipText()
		case '{', '[':
			depth++
			c.pos++
		case '}', ']':
			depth--
			c.pos++
		default:
			c.pos++
		}
		if depth == 0 && (c.pos >= len(c.js) || strings.IndexByte(",}]", c.js[c.pos]) >= 0) {
			return
		}
	}
	c.fail()
}
