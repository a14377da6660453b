package pgtree

import "errors"

// ErrShape means that a text is not the JSON that the parser writes.
var ErrShape = errors.New("pgtree: the parser's tree has a shape that is not known")

// A Node is a node of a statement's tree, read once and then open to access in
// any order. The zero Node is an absent one: every method may be called on it and
// returns zero values.
//
// The parser leaves out fields that are zero, so an absent field and an empty one
// are the same.
type Node struct{ n *node }

type node struct {
	kind   string
	fields []nodeField
}

// nodeField holds one value in the member that fits it.
type nodeField struct {
	name string
	text string
	num  int
	yes  bool
	node *node
	list []Node
}

// ReadNode reads one node in the parser's JSON, such as {"SelectStmt":{...}}.
func ReadNode(js string) (Node, error) {
	c := Cursor{js: js}
	n := c.object()
	if !c.AtEnd() {
		return Node{}, ErrShape
	}
	return Node{n}, nil
}

// Exists reports whether there is a node.
func (n Node) Exists() bool { return n.n != nil }

// Same reports whether two values are the same node of one tree.
func (n Node) Same(other Node) bool { return n.n == other.n }

// Kind is the name of the node's kind, such as "FuncCall". A node that the parser
// writes without its kind, since the field tells it (an Alias, a TypeName, the arms
// of a set operation), has none.
func (n Node) Kind() string {
	if n.n == nil {
		return ""
	}
	return n.n.kind
}

func (n Node) field(name string) *nodeField {
	if n.n != nil {
		for i := range n.n.fields {
			if n.n.fields[i].name == name {
				return &n.n.fields[i]
			}
		}
	}
	return &nodeField{}
}

// Node returns the node in a field.
func (n Node) Node(field string) Node { return Node{n.field(field).node} }

// List returns the nodes in a field that holds a list.
func (n Node) List(field string) []Node { return n.field(field).list }

// Text returns the text in a field: a string, or the name of an enum's value.
func (n Node) Text(field string) string { return n.field(field).text }

// Int returns the number in a field.
func (n Node) Int(field string) int { return n.field(field).num }

// Bool returns the truth value in a field.
func (n Node) Bool(field string) bool { return n.field(field).yes }

// Has reports whether the parser wrote the field.
func (n Node) Has(field string) bool { return n.field(field).name != "" }

// Location is the node's place as a byte offset into the text that was parsed, or
// -1 where the parser gives none.
func (n Node) Location() int {
	f := n.field("location")
	if f.name == "" {
		return -1
	}
	return f.num
}

// Names returns the strings of a field that holds a list of names. The star of
// `t.*` is Star.
func (n Node) Names(field string) []string {
	list := n.List(field)
	if len(list) == 0 {
		return nil
	}
	names := make([]string, 0, len(list))
	for _, item := range list {
		switch item.Kind() {
		case "String":
			names = append(names, item.Text("sval"))
		case "A_Star":
			names = append(names, Star)
		}
	}
	return names
}

// Star stands for the star of `t.*` in a list of names. No name can be it, since a
// NUL byte cannot be written.
const Star = "\x00*"

// Children calls f for every node directly below, in the order of the tree.
func (n Node) Children(f func(field string, child Node)) {
	if n.n == nil {
		return
	}
	for i := range n.n.fields {
		field := &n.n.fields[i]
		if field.node != nil {
			f(field.name, Node{field.node})
		}
		for _, child := range field.list {
			f(field.name, child)
		}
	}
}

// object reads {"Kind":{fields}}, or {fields} where the field above tells the kind.
func (c *Cursor) object() *node {
	n := &node{}
	c.expect('{')
	for !c.skip('}') && !c.broken {
		name := c.key()
		if len(n.fields) == 0 && name != "" && name[0] >= 'A' && name[0] <= 'Z' {
			n = c.object()
			n.kind = name
			c.expect('}')
			return n
		}
		n.fields = append(n.fields, nodeField{name: name})
		c.value(&n.fields[len(n.fields)-1])
		if c.peek() != '}' {
			c.expect(',')
		}
	}
	return n
}

func (c *Cursor) value(f *nodeField) {
	switch c.peek() {
	case '{':
		f.node = c.object()
	case '[':
		c.pos++
		for !c.skip(']') && !c.broken {
			f.list = append(f.list, Node{c.object()})
			if c.peek() != ']' {
				c.expect(',')
			}
		}
	case '"':
		f.text = c.text()
	case 't', 'f':
		f.yes = c.boolean()
	default:
		f.num = c.Integer()
	}
}
