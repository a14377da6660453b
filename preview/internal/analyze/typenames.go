package analyze

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// This file follows functions of PostgreSQL's own that read the name of a type in a text:
// with it they read the type's modifiers, which a function of the database's own can do.

// nameBytes is NAMEDATALEN: the server cuts a name that is as long.
const nameBytes = 64

// typeInData are functions that read a value of a type whose name is an argument.
var typeInData = map[string]bool{"pg_input_is_valid": true, "pg_input_error_info": true}

// typeInData notes the input function of a type that is named in a constant.
func (a *analyzer) typeInData(c invocation) {
	if len(c.args) == 2 && len(c.names) == 0 { // names can turn the arguments round
		if text := c.args[1].node.Node("sval"); text.Exists() {
			if name, ok := typeNameIn(text.Text("sval")); ok {
				if t, ok := a.source.NamedType(name); ok {
					a.input(t.OID, c.node)
					a.modifiersIn(c.args[1].node, false, c.node)
					return
				}
				if len(text.Text("sval")) < nameBytes {
					return // there is no such type, which is all that the server says
				}
			}
		}
	}
	a.result.HiddenTypes = append(a.result.HiddenTypes, Place{c.name.Name, a.place(c.node)})
}

// readsTypes notes what a function of PostgreSQL's own runs that reads names of types, or
// values of a type that an argument has.
func (a *analyzer) readsTypes(c invocation, chosen *candidate) {
	fn := chosen.fn
	if !fn.OID.BuiltIn() {
		return
	}
	if names, ok := typeNameReaders[fn.Name]; ok {
		for i, v := range c.args {
			privilege := strings.HasPrefix(fn.Name, "has_") && i == len(c.args)-1 && len(c.names) == 0
			if namesType[chosen.args[i]] && !privilege {
				a.modifiersIn(v.node, names == ofArguments, c.node)
			}
		}
	}
	if typeInData[fn.Name] {
		a.typeInData(c)
	}
	if fn.Name == recordValid && len(c.args) > 0 {
		a.input(c.args[0].typ, c.node)
	}
}

// recordValid reads values of the types of its first argument's columns, and says only
// whether it could. Others that do so return the row.
const recordValid = "jsonb_populate_record_valid"

// namesType are the types of arguments that name types: text, text[] and cstring.
var namesType = map[OID]bool{typeText: true, typeTextArray: true, typeCString: true}

// typeNames says how a text names types.
type typeNames int

const (
	ofItself    typeNames = iota // the text is the name of a type
	ofArguments                  // it is the name of a function or an operator, with the types of the arguments
)

// typeNameReaders are PostgreSQL's own functions that read names of types, as constants of
// the types regtype, regprocedure and regoperator do.
var typeNameReaders = map[string]typeNames{
	"to_regtype": ofItself, "to_regtypemod": ofItself, "has_type_privilege": ofItself, "regtypein": ofItself,
	"to_regprocedure": ofArguments, "to_regoperator": ofArguments, "has_function_privilege": ofArguments,
	"regprocedurein": ofArguments, "regoperatorin": ofArguments, "pg_get_object_address": ofItself,
}

// ReadsTypeNames reports whether a function of PostgreSQL's own reads the names of types,
// and with them the types' modifiers, as a constant of the type regtype does.
func ReadsTypeNames(name string) bool {
	_, ok := typeNameReaders[name]
	return ok
}

// modifiersIn notes what reading the modifiers of types runs that a text names: of those
// that a constant names, or of any. The text is the name of a type, or of a function or an
// operator with the types of its arguments.
func (a *analyzer) modifiersIn(constant pgtree.Node, arguments bool, n pgtree.Node) {
	sval := constant.Node("sval")
	if !sval.Exists() {
		a.modifiers(a.place(n))
		return
	}
	for _, text := range typesIn(sval.Text("sval"), arguments) {
		if !strings.Contains(text, "(") {
			continue // it has none
		}
		if name, ok := typeNameIn(text); ok {
			if t, ok := a.source.NamedType(name); ok {
				a.byType(ByType, t, a.place(n), t.Modifier)
				continue
			}
		}
		a.modifiers(a.place(n))
	}
}

// typesIn splits a constant into the names of the types in it: the text itself, or the
// arguments of a function or an operator. A name in quotes can have any sign in it: such a
// text is left whole, and is then no name of a type.
func typesIn(text string, arguments bool) (types []string) {
	if !arguments || strings.Contains(text, `"`) {
		return []string{text}
	}
	_, list, _ := strings.Cut(text, "(")
	if end := strings.LastIndexByte(list, ')'); end >= 0 {
		list = list[:end]
	}
	depth, start := 0, 0
	for i := range len(list) {
		switch list[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				types = append(types, list[start:i])
				start = i + 1
			}
		}
	}
	return append(types, list[start:])
}

// modifiers notes the functions that read the modifiers of types.
func (a *analyzer) modifiers(at int) {
	for _, fn := range a.source.Modifiers() {
		a.run(Run{Function: fn, How: ByType, Through: "the name of a type that the text does not show", At: at})
	}
}
