package pgtree

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed grammar.txt
var grammarText string

type fieldType uint8

const (
	typeNode fieldType = iota
	typeNodes
	typeNames
	typeKind
	typeText
	typeInt
	typeBool
	typeValues
	typeRefuse
)

// A nodeKind is one kind of tree node that a preview may hold.
type nodeKind struct {
	name   string
	id     Kind
	fields []field
}

// A field is one field of a nodeKind that may be present, or, with
// typeRefuse, one that makes the statement refused under the rule values[0].
type field struct {
	name   string
	typ    fieldType
	kind   *nodeKind
	values []string
}

func (k *nodeKind) field(name string) *field {
	for i := range k.fields {
		if k.fields[i].name == name {
			return &k.fields[i]
		}
	}
	return nil
}

// grammar is the allow-list by kind. It is built once and never written again.
var grammar = mustGrammar(grammarText)

var fieldTypes = map[string]fieldType{
	"node": typeNode, "nodes": typeNodes, "names": typeNames, "text": typeText,
	"int": typeInt, "bool": typeBool, "values": typeValues, "refuse": typeRefuse,
}

// mustGrammar panics on a fault in the embedded file: a build that starts has
// a whole one.
func mustGrammar(text string) map[string]*nodeKind {
	kinds := make(map[string]*nodeKind)
	kind := func(name string) *nodeKind {
		if kinds[name] == nil {
			kinds[name] = &nodeKind{name: name, id: kindsByName[name]}
		}
		return kinds[name]
	}
	listed := make(map[string]bool)
	var current *nodeKind
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#" || strings.HasPrefix(words[0], "#"):
		case line[0] != ' ' && len(words) == 1 && !listed[words[0]]:
			current = kind(words[0])
			listed[words[0]] = true
		case line[0] == ' ' && len(words) >= 2 && current != nil:
			f := field{name: words[0], values: words[2:]}
			if name, ok := strings.CutPrefix(words[1], "="); ok {
				f.typ, f.kind = typeKind, kind(name)
			} else if f.typ, ok = fieldTypes[words[1]]; !ok {
				panic(fmt.Sprintf("grammar.txt: unknown type in %q", line))
			}
			current.fields = append(current.fields, f)
		default:
			panic(fmt.Sprintf("grammar.txt: cannot read %q", line))
		}
	}
	for name := range kinds {
		if !listed[name] {
			panic("grammar.txt: kind used but not listed: " + name)
		}
	}
	return kinds
}
