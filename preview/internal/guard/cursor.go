package guard

import (
	"encoding/json"
	"strings"
)

// A cursor reads the parser's JSON from front to back. It accepts less than
// JSON does: what libpg_query writes, and no white space. Anything else sets
// broken, and the statement is refused.
type cursor struct {
	js     string
	pos    int
	broken bool
}

func (c *cursor) peek() byte {
	if c.pos < len(c.js) {
		return c.js[c.pos]
	}
	return 0
}

func (c *cursor) skip(b byte) bool {
	if c.pos < len(c.js) && c.js[c.pos] == b {
		c.pos++
		return true
	}
	return false
}

func (c *cursor) expect(b byte) {
	if !c.skip(b) {
		c.fail()
	}
}

// fail makes every further read end at once.
func (c *cursor) fail() {
	c.broken = true
	c.pos = len(c.js)
}

// literal skips the given text.
func (c *cursor) literal(s string) {
	if strings.HasPrefix(c.js[c.pos:], s) {
		c.pos += len(s)
		return
	}
	c.fail()
}

// key reads `"name":`. Names of fields and kinds hold no escapes.
func (c *cursor) key() string {
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
func (c *cursor) text() string {
	raw := c.skipText()
	if len(raw) < 2 {
		return ""
	}
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	var s string
	if json.Unmarshal([]byte(raw), &s) != nil {
		c.fail()
	}
	return s
}

// skipText reads a string as it is written, with its quotes.
func (c *cursor) skipText() string {
	start := c.pos
	c.expect('"')
	for c.pos < len(c.js) {
		switch c.js[c.pos] {
		case '"':
			c.pos++
			return c.js[start:c.pos]
		case '\\':
			c.pos++
		}
		c.pos++
	}
	c.fail()
	return ""
}

// integer reads a decimal number.
func (c *cursor) integer() int {
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

func (c *cursor) boolean() {
	if c.peek() == 't' {
		c.literal("true")
	} else {
		c.literal("false")
	}
}

// number skips any number.
func (c *cursor) number() {
	start := c.pos
	for c.pos < len(c.js) && strings.IndexByte("+-.0123456789eE", c.js[c.pos]) >= 0 {
		c.pos++
	}
	if c.pos == start {
		c.fail()
	}
}

// skipValue skips any value without looking at it.
func (c *cursor) skipValue() {
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
