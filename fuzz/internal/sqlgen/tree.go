package sqlgen

import "strings"

// Kind is what a part of a generated text is, as far as shrinking cares: a part
// may stand wherever another of the same kind stands.
type Kind uint8

// The kinds.
const (
	// Fixed is text that stands as it is.
	Fixed Kind = iota
	// Statement is a whole statement of any sort.
	Statement
	// Query is a SELECT, VALUES or set operation without enclosing parentheses.
	Query
	// Expr is a scalar expression.
	Expr
	// Relation is an item of FROM.
	Relation
	// Clause may be left out.
	Clause
	// Noise may be left out and means nothing: white space, comments.
	Noise
)

// least is the smallest text of a kind, tried in a part's place.
var least = map[Kind]string{Query: "select 1", Expr: "1", Relation: "(select 1) as x", Clause: "", Noise: ""}

// Node is a part of a generated text: a leaf with Text or a list of parts.
type Node struct {
	Kind Kind
	Text string
	Kids []*Node
}

// slot stands for the next part in the template of [form].
const slot = "¤"

// leaf is a part without parts.
func leaf(kind Kind, text string) *Node { return &Node{Kind: kind, Text: text} }

// form makes a part from a template in which each ¤ stands for the next kid.
func form(kind Kind, template string, kids ...*Node) *Node {
	n := &Node{Kind: kind}
	for i, text := range strings.SplitN(template, slot, len(kids)+1) {
		if i > 0 {
			n.Kids = append(n.Kids, kids[i-1])
		}
		if text != "" {
			n.Kids = append(n.Kids, leaf(Fixed, text))
		}
	}
	return n
}

// String returns the text.
func (n *Node) String() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *Node) write(b *strings.Builder) {
	b.WriteString(n.Text)
	for _, kid := range n.Kids {
		kid.write(b)
	}
}

// replace returns a copy of the tree with another part in the place of old.
func (n *Node) replace(old, part *Node) *Node {
	if n == old {
		return part
	}
	if len(n.Kids) == 0 {
		return n
	}
	kids := make([]*Node, len(n.Kids))
	changed := false
	for i, kid := range n.Kids {
		kids[i] = kid.replace(old, part)
		changed = changed || kids[i] != kid
	}
	if !changed {
		return n
	}
	return &Node{Kind: n.Kind, Text: n.Text, Kids: kids}
}

// walk visits the parts, outer ones first, level by level, so that the largest
// reductions are tried first.
func (n *Node) walk(visit func(*Node) bool) {
	for level := []*Node{n}; len(level) > 0; {
		var next []*Node
		for _, part := range level {
			if !visit(part) {
				return
			}
			next = append(next, part.Kids...)
		}
		level = next
	}
}
