package rewritten

import (
	"slices"
	"strconv"
)

// Node is one printed node, for instance a FUNCEXPR.
type Node struct {
	// Name is the node's name as PostgreSQL 15 and later print it.
	Name   string
	fields []field
}

type field struct {
	label string
	items []Item
}

// Item is what stands behind a label or in a list: a node, a list, or a text.
// A null pointer is printed as <> and read as the zero Item.
type Item struct {
	Node *Node
	List []Item
	Text string
}

// renamed maps the node names of PostgreSQL 14 to those of the later versions.
var renamed = map[string]string{
	"RTE": "RANGETBLENTRY", "ARRAY": "ARRAYEXPR", "CASE": "CASEEXPR", "WHEN": "CASEWHEN", "COALESCE": "COALESCEEXPR",
	"MINMAX": "MINMAXEXPR", "ROW": "ROWEXPR", "ROWCOMPARE": "ROWCOMPAREEXPR",
}

// Field returns the first item behind the label; the zero Item without it.
func (n *Node) Field(label string) Item {
	if n == nil {
		return Item{}
	}
	for _, f := range n.fields {
		if f.label == label {
			return f.items[0]
		}
	}
	return Item{}
}

// Has reports whether the node has the label.
func (n *Node) Has(label string) bool {
	return n != nil && slices.ContainsFunc(n.fields, func(f field) bool { return f.label == label })
}

// Int returns a number behind the label; 0 without it.
func (n *Node) Int(label string) int { return n.Field(label).Int() }

// OID returns an object's number behind the label; 0 without it.
func (n *Node) OID(label string) uint32 { return n.Field(label).OID() }

// Int reads the item as a number; 0 if it is none.
func (i Item) Int() int {
	v, err := strconv.Atoi(i.Text)
	if err != nil {
		return 0
	}
	return v
}

// OID reads the item as an object's number; 0 if it is none.
func (i Item) OID() uint32 {
	v, err := strconv.ParseUint(i.Text, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(v)
}

// OIDs reads a list of object numbers.
func (i Item) OIDs() []uint32 {
	var all []uint32
	for _, item := range i.List {
		if oid := item.OID(); oid != 0 {
			all = append(all, oid)
		}
	}
	return all
}

// Nodes returns the nodes of a list, or the one node that the item is.
func (i Item) Nodes() []*Node {
	if i.Node != nil {
		return []*Node{i.Node}
	}
	var all []*Node
	for _, item := range i.List {
		if item.Node != nil {
			all = append(all, item.Node)
		}
	}
	return all
}

// children appends the nodes directly below the node, in the order of the text;
// lists of lists are opened.
func (n *Node) children(to []*Node) []*Node {
	for _, f := range n.fields {
		for _, item := range f.items {
			to = item.nodesIn(to)
		}
	}
	return to
}

// nodesIn appends the nodes of an item and of its lists. Lists nest two deep at
// most: VALUES is a list of rows.
func (i Item) nodesIn(to []*Node) []*Node {
	if i.Node != nil {
		to = append(to, i.Node)
	}
	for _, item := range i.List {
		to = item.nodesIn(to)
	}
	return to
}
