package analyze

import (
	"slices"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// call reads a FuncCall.
func (a *analyzer) call(n pgtree.Node, s *scope) value {
	name := lastTwo(n.Names("funcname"))
	var args []value
	var names []string
	for _, arg := range n.List("args") {
		args = append(args, a.expr(arg, s))
		if arg.Kind() == "NamedArgExpr" {
			names = append(names, arg.Text("name"))
		}
	}
	ordered := n.List("agg_order")
	for _, o := range ordered {
		v := a.expr(o.Node("node"), s)
		a.sort(o, v)
		if n.Bool("agg_within_group") {
			args = append(args, v)
		}
	}
	if n.Bool("agg_distinct") {
		for _, v := range args {
			a.compareValue(a.asText(v), n)
		}
	}
	a.condition(n.Node("agg_filter"), s)
	if over := n.Node("over"); over.Exists() {
		a.window(over, s)
	}
	a.at = max(a.at, n.Location())
	if keywordFunctions[name.Name] && a.source.Version() < keywordFunctionsVersion {
		name.Schema = "" // as that server reads it
	}
	c := invocation{name: name, args: args, names: names, node: n, how: Call, variadic: n.Bool("func_variadic")}
	// f(x) can mean the column f of the row x.
	c.projects = len(args) == 1 && name.Schema == "" && len(names) == 0 && len(ordered) == 0 && !n.Bool("agg_star")
	return a.invoke(c)
}

// callAttribute reads value.name where the value has no such column.
func (a *analyzer) callAttribute(v value, name string, n pgtree.Node) value {
	return a.invoke(invocation{name: catalog.Name{Name: name}, args: []value{v}, node: n, how: Attribute})
}

// invocation is a call as it is written.
type invocation struct {
	name     catalog.Name
	args     []value
	names    []string
	node     pgtree.Node
	how      How
	variadic bool // VARIADIC array: the last argument has all the rest
	projects bool // it can mean a column of its argument
}

func (c *invocation) types() []OID {
	types := make([]OID, len(c.args))
	for i, v := range c.args {
		types[i] = v.typ
	}
	return types
}

// invoke follows func_get_detail: an overload that fits exactly, a cast written as
// a call, an overload that fits by conversions, a column.
func (a *analyzer) invoke(c invocation) value {
	functions := a.source.Functions(c.name)
	candidates := a.calls(functions, c.args, c.names, !c.variadic)
	chosen, possible := a.find(candidates, c.types())
	exact := chosen != nil && possible == nil
	if !exact && len(c.args) == 1 && len(c.names) == 0 && !c.variadic {
		if v, ok := a.castByName(c); ok {
			return v
		}
	}
	if chosen == nil && len(possible) == 0 && c.projects {
		if v, ok := a.fieldOf(c.args[0], c.name.Name); ok {
			return v
		}
	}
	if chosen != nil {
		return a.invoked(c, chosen)
	}
	return a.maybeInvoked(c, possible)
}

// castByName reads name(x) as a cast to the type of that name, where no function
// takes just x.
func (a *analyzer) castByName(c invocation) (value, bool) {
	t, ok := a.source.NamedType(c.name)
	if !ok {
		return value{}, false
	}
	v := c.args[0]
	if v.typ == undetermined {
		a.anyCastTo(t.OID, c.node) // or else a function
		return value{}, false
	}
	path, _ := a.pathway(v.typ, t.OID, explicit)
	category, _ := a.category(t.OID)
	switch {
	case v.typ == typeUnknown, path == relabel:
	case path == byText && (!a.isRow(v.typ) || category != categoryString):
	default:
		return value{}, false
	}
	a.mention(Computes, v, value{}, a.place(c.node))
	a.uses(t, a.place(c.node))
	result := a.coerce(v, t.OID, explicit, c.node)
	result.flow = computed
	return result, true
}

// invoked notes a call of the function that PostgreSQL chooses.
func (a *analyzer) invoked(c invocation, chosen *candidate) value {
	fn := chosen.fn
	a.run(Run{
		Function: fn.OID, How: c.how, Through: written(c.name), At: a.place(c.node),
		Defaults: chosen.defaults, Certain: true,
	})
	use := Computes
	if fn.OID.BuiltIn() && fn.Name == "count" && fn.Kind == 'a' {
		use = Counts
	}
	g := a.generics(c.types(), chosen.args)
	for i, v := range c.args {
		a.mention(use, v, value{}, a.place(c.node))
		a.coerce(v, g.actual(a, chosen.args[i]), implicit, c.node)
		if fn.OID.BuiltIn() && writesText[fn.Name] {
			a.writeOut(v, c.node)
		} else if takesAnything(chosen.args[i]) {
			a.anyUse(v, !movesOnly[fn.Name], c.node)
			if t := g.actual(a, chosen.args[i]); t != v.typ {
				a.anyUse(value{typ: t}, !movesOnly[fn.Name], c.node)
			}
		}
	}
	if fn.OID.BuiltIn() && typeInData[fn.Name] {
		a.typeInData(c)
	}
	return a.returned(fn, g, c)
}

// takesAnything tells the declared types whose functions look into values of types
// that the declaration does not name.
func takesAnything(t OID) bool {
	return t == typeAny || t == typeRecord || t == typeRecordArray || isPolymorphic(t)
}

// movesOnly are functions of any type that neither compare values nor write them
// out.
var movesOnly = map[string]bool{
	"array_agg": true, "unnest": true, "array_length": true, "array_upper": true, "array_lower": true, "array_ndims": true,
	"array_dims": true, "cardinality": true, "array_append": true, "array_prepend": true, "array_cat": true, "array_fill": true,
	"trim_array": true, "array_sample": true, "array_shuffle": true, "count": true, "first_value": true, "last_value": true,
	"nth_value": true, "lag": true, "lead": true, "pg_typeof": true, "num_nulls": true, "num_nonnulls": true, "any_value": true,
	"generate_subscripts": true, "isempty": true, "pg_column_size": true, "concat": true, "concat_ws": true, "format": true,
	"json_build_object": true, "json_build_array": true, "jsonb_build_object": true, "jsonb_build_array": true,
	"to_json": true, "to_jsonb": true, "row_to_json": true, "array_to_json": true, "json_agg": true, "jsonb_agg": true,
	"array_to_string": true, "quote_literal": true, "quote_nullable": true,
}

// writesText are functions of any type that do nothing but write values out.
var writesText = map[string]bool{
	"concat": true, "concat_ws": true, "format": true, "array_to_string": true, "quote_literal": true, "quote_nullable": true,
}

// typeInData are functions that read a value of a type whose name is an argument.
var typeInData = map[string]bool{"pg_input_is_valid": true, "pg_input_error_info": true}

// typeInData notes the input function of a type that is named in a constant.
func (a *analyzer) typeInData(c invocation) {
	if len(c.args) == 2 {
		if text := c.args[1].node.Node("sval"); text.Exists() {
			if name, ok := typeNameIn(text.Text("sval")); ok {
				if t, ok := a.source.NamedType(name); ok {
					a.input(t.OID, c.node)
					return
				}
			}
		}
	}
	a.result.HiddenTypes = append(a.result.HiddenTypes, Place{c.name.Name, a.place(c.node)})
}

// returned is the value of a call.
func (a *analyzer) returned(fn *catalog.Function, g generics, c invocation) value {
	v := value{typ: g.actual(a, fn.Returns), flow: computed}
	if known := a.typeInfo(v.typ); known != nil && (known.Kind == 'r' || known.Kind == 'm') {
		a.compare(v.typ, c.node) // the bounds of a range are put in order
	}
	if isPolymorphic(fn.Returns) && !movesOnly[fn.Name] {
		// Such a function may read the value from a text, as json_populate_record does.
		a.input(v.typ, c.node)
	}
	if !fn.OID.BuiltIn() {
		a.checks(v.typ, c.node)
	}
	for _, o := range fn.Outputs {
		t := g.actual(a, o.Type)
		if !fn.OID.BuiltIn() {
			a.checks(t, c.node)
		}
		a.occurs(t)
		v.fields = append(v.fields, field{o.Name, value{typ: t, flow: computed}})
	}
	if v.typ == typeRecord && len(v.fields) == 0 && isPolymorphic(fn.Returns) && len(c.args) > 0 {
		v.fields = c.args[0].fields
	}
	a.occurs(v.typ)
	return v
}

// maybeInvoked notes all the functions that a call could mean.
func (a *analyzer) maybeInvoked(c invocation, possible []candidate) value {
	a.at = max(a.at, c.node.Location())
	for _, v := range c.args {
		a.mention(Computes, v, value{}, a.place(c.node))
		a.anyUse(v, true, c.node)
	}
	result, first := undetermined, true
	for _, p := range possible {
		a.run(Run{Function: p.fn.OID, How: c.how, Through: written(c.name), At: a.place(c.node), Defaults: p.defaults})
		g := a.generics(c.types(), p.args)
		for i, v := range c.args {
			if v.typ != undetermined {
				a.coerce(v, g.actual(a, p.args[i]), implicit, c.node)
			}
		}
		t := g.actual(a, p.fn.Returns)
		if first {
			result, first = t, false
		} else if t != result {
			result = undetermined
		}
	}
	if len(possible) == 0 {
		a.opaque("the function "+written(c.name), c.node)
	}
	v := value{typ: result, flow: computed}
	if len(possible) == 1 || sameOutputs(possible) {
		for _, o := range possible[0].fn.Outputs {
			v.fields = append(v.fields, field{o.Name, value{typ: o.Type, flow: computed}})
		}
	}
	return v
}

// sameOutputs tells whether all overloads return rows of the same columns.
func sameOutputs(possible []candidate) bool {
	for _, p := range possible[min(1, len(possible)):] {
		if !slices.EqualFunc(p.fn.Outputs, possible[0].fn.Outputs, func(a, b catalog.Column) bool { return a.Name == b.Name && a.Type == b.Type }) {
			return false
		}
	}
	return len(possible) > 0
}
