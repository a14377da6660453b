package guard

import (
	"crypto/sha256"
	"strings"
)

// largestKeptTree is the size in bytes up to which a statement carries its tree.
// The tree of a long text is fifty times as long, and a caller may wait for a
// database while it is held: of a larger one only the digest is kept.
const largestKeptTree = 256 << 10

// A keptTree is a statement's node in the parser's JSON, or what is needed to
// compare another with it and to make it again.
type keptTree struct {
	text   string
	at     int // where it begins in the whole tree
	length int
	digest [sha256.Size]byte // where text is not kept
}

func keepTree(tree string, start, end int) keptTree {
	k := keptTree{at: start, length: end - start}
	if k.length <= largestKeptTree {
		k.text = tree[start:end]
	} else {
		k.digest = digest(tree[start:end])
	}
	return k
}

func (k *keptTree) whole() bool { return k.length <= largestKeptTree }

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

// Tree returns the statement's node in the parser's JSON, whose locations count
// from Indent bytes before Source. For a long statement it parses once more.
func (s *Statement) Tree() string {
	if s.tree.whole() {
		return s.tree.text
	}
	tree, err := Parse(indentation + s.Source)
	if err != nil || len(tree) < s.tree.at+s.tree.length {
		return ""
	}
	return tree[s.tree.at : s.tree.at+s.tree.length]
}

// CutTree cuts the statement's own tree off the front of a text. It reports false
// where the text begins with anything else.
func (s *Statement) CutTree(text string) (rest string, ok bool) {
	if s.tree.whole() {
		return strings.CutPrefix(text, s.tree.text)
	}
	if len(text) < s.tree.length || digest(text[:s.tree.length]) != s.tree.digest {
		return "", false
	}
	return text[s.tree.length:], true
}

// detach copies the names out of the tree, which would stay in memory with them.
func (f *facts) detach() {
	for i := range f.functions {
		fn := &f.functions[i]
		fn.Schema, fn.Name, fn.setting = strings.Clone(fn.Schema), strings.Clone(fn.Name), strings.Clone(fn.setting)
	}
	for i := range f.tables {
		t := &f.tables[i]
		t.catalog, t.schema, t.name, t.alias = strings.Clone(t.catalog), strings.Clone(t.schema), strings.Clone(t.name), strings.Clone(t.alias)
	}
	for i := range f.attributes {
		a := &f.attributes[i]
		a.qualifier, a.name = strings.Clone(a.qualifier), strings.Clone(a.name)
	}
	for _, list := range [][]named{f.operators, f.types, f.keywords} {
		for i := range list {
			list[i].schema, list[i].name = strings.Clone(list[i].schema), strings.Clone(list[i].name)
		}
	}
	for _, list := range [][]string{f.functionAliases, f.rowAliases} {
		for i := range list {
			list[i] = strings.Clone(list[i])
		}
	}
	for i := range f.scopes {
		sc := &f.scopes[i]
		if sc.ctes == nil {
			continue
		}
		own := make(map[string]int32, len(sc.ctes))
		for name, at := range sc.ctes {
			own[strings.Clone(name)] = at
		}
		sc.ctes = own
	}
}
