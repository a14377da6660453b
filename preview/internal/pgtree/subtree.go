package pgtree

import (
	"crypto/sha256"
)

// largestKept is the size in bytes up to which a Subtree keeps its text. The tree
// of a long statement is fifty times as long, and a caller may wait for a database
// while it is held: of a larger one only the digest is kept.
const largestKept = 256 << 10

// A Subtree is a statement's node in the parser's JSON, or what is needed to
// compare another with it and to cut it out of a tree parsed anew.
type Subtree struct {
	text   string
	extent Extent            // in the whole tree
	digest [sha256.Size]byte // where text is not kept
}

// KeepSubtree keeps the part of a tree that an Outline's Node tells.
func KeepSubtree(tree string, node Extent) Subtree {
	s := Subtree{extent: node}
	if s.Whole() {
		s.text = tree[node.Start:node.End]
	} else {
		s.digest = digest(tree[node.Start:node.End])
	}
	return s
}

func (s *Subtree) length() int { return s.extent.End - s.extent.Start }

// Whole reports whether the text itself is kept.
func (s *Subtree) Whole() bool { return s.length() <= largestKept }

// Text returns the node's JSON. source is the text that was parsed by
// ParseIndented; it is parsed again where the JSON was too large to keep.
func (s *Subtree) Text(source string) string {
	if s.Whole() {
		return s.text
	}
	tree, err := ParseIndented(source)
	if err != nil || len(tree) < s.extent.End {
		return ""
	}
	return tree[s.extent.Start:s.extent.End]
}

// Subtree reads the JSON of a node that must equal s.
func (c *Cursor) Subtree(s *Subtree) {
	if s.Whole() {
		c.Literal(s.text)
		return
	}
	n := s.length()
	if len(c.js)-c.pos < n || digest(c.js[c.pos:c.pos+n]) != s.digest {
		c.fail()
		return
	}
	c.pos += n
}

// digest hashes a text without copying all of it.
func digest(text string) (sum [sha256.Size]byte) {
	h := sha256.New()
	var buf [4096]byte
	for len(text) > 0 {
		n := copy(buf[:], text)
		h.Write(buf[:n])
		text = text[n:]
	}
	h.Sum(sum[:0])
	return sum
}
