package catalog

import (
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"
)

// Names are the names that a statement writes, by what they name. A name may stand
// in more than one list, and more than once.
type Names struct{ Relations, Functions, Operators, Types []Name }

// class says what an object is, in questions and answers.
type class byte

const (
	classRelation class = 'r'
	classFunction class = 'f'
	classOperator class = 'o'
	classType     class = 't'
	// classUp and classDown are the ancestors and the descendants of a relation, of
	// which only the names are wanted.
	classUp   class = 'u'
	classDown class = 'd'
	// classCast is a function behind a cast, whose types are not followed.
	classCast class = 'c'
	// classFamily is an operator family.
	classFamily class = 'm'
	// classValue is a type that an expression only has values of.
	classValue class = 'v'
)

// key is a name of a class.
type key struct {
	class class
	Name
}

// keys lists the names, each once, in an order that does not depend on the
// statement's.
func (n Names) keys() []key {
	keys := make([]key, 0, len(n.Relations)+len(n.Functions)+len(n.Operators)+len(n.Types))
	for _, list := range []struct {
		class class
		names []Name
	}{
		{classRelation, n.Relations}, {classFunction, n.Functions},
		{classOperator, n.Operators}, {classType, n.Types},
	} {
		for _, name := range list.names {
			keys = append(keys, key{list.class, name})
		}
	}
	slices.SortFunc(keys, compareKeys)
	return slices.Compact(keys)
}

func compareKeys(a, b key) int {
	if a.class != b.class {
		return int(a.class) - int(b.class)
	}
	if c := strings.Compare(a.Schema, b.Schema); c != 0 {
		return c
	}
	return strings.Compare(a.Name.Name, b.Name.Name)
}

// folds reports whether the server may have read another name: one whose letters
// outside ASCII are folded, as a database with a single-byte encoding does it to
// names that are not quoted. The parser, which reads UTF-8, folds ASCII alone.
func (n Name) folds() bool { return foldable(n.Schema) || foldable(n.Name) }

// foldable reports whether a name can have stood without quotes and has letters
// outside ASCII.
func foldable(name string) bool {
	ascii := true
	for i := range len(name) {
		switch c := name[i]; {
		case c >= utf8.RuneSelf:
			ascii = false
		case 'a' <= c && c <= 'z', c == '_':
		case ('0' <= c && c <= '9' || c == '$') && i > 0:
		default:
			return false
		}
	}
	return !ascii
}

// A seed is a spelling of a name that a question asks for.
type seed struct {
	key
	folded bool
}

// seeds lists what is to be asked for some names.
func seeds(keys []key) []seed {
	list := make([]seed, 0, len(keys))
	for _, k := range keys {
		list = append(list, seed{k, false})
		if k.folds() {
			list = append(list, seed{k, true})
		}
	}
	return list
}

// write writes the seed in the form that question.sql reads. Names travel as hex,
// so that none can end a literal.
func (s seed) write(q *strings.Builder) {
	q.WriteByte(byte(s.class))
	for _, part := range []string{s.Schema, s.Name.Name} {
		q.WriteByte('.')
		if s.folded && foldable(part) {
			q.WriteByte('~')
		}
		q.WriteString(hex.EncodeToString([]byte(part)))
	}
}
