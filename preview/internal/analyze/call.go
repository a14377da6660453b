package analyze

import (
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// call reads a FuncCall.
func (a *analyzer) call(n pgtree.Node, s *scope) value {
	name := lastTwo(n.Names("funcname"))
	defines := a.defines // of this call, and none of its arguments
	a.defines = ""
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
	c := invocation{name: name, args: args, names: names, node: n, how: Call, variadic: n.Bool("func_variadic"), defines: defines}
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
	defines  ArgumentTypes
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
		Omitted: chosen.omitted, Types: a.typesOf(fn, a.generics(c.types(), chosen.args)), Defines: c.definesFor(fn), Certain: true,
	})
	use := Computes
	if fn.OID.BuiltIn() && fn.Name == "count" && fn.Kind == 'a' {
		use = Counts
	}
	g := a.generics(c.types(), chosen.args)
	for i, v := range c.args {
		a.mention(use, v, value{}, a.place(c.node))
		a.coerce(v, g.actual(a, chosen.args[i]), implicit, c.node)
		if takesAnything(chosen.args[i]) || fn.OID.BuiltIn() && useOfAny[fn.Name] == writes {
			a.anyArgument(fn, v, c.node)
			if t := g.actual(a, chosen.args[i]); t != v.typ {
				a.anyArgument(fn, value{typ: t}, c.node)
			}
		}
	}
	a.readsTypes(c, chosen)
	a.textOfAny(c, chosen)
	a.hypothetical(c, fn)
	a.states(fn, g, c.node)
	v := a.returned(fn, g, c)
	v.defined = c.definesFor(fn) != ""
	return v
}

// hypothetical notes that the arguments of a hypothetical-set aggregate and the values that
// it sorts are brought to common types (unify_hypothetical_args).
func (a *analyzer) hypothetical(c invocation, fn *catalog.Function) {
	sorted := len(c.node.List("agg_order"))
	direct := len(c.args) - sorted
	if fn.AggregateKind != 'h' || direct < sorted || !c.node.Bool("agg_within_group") {
		return
	}
	for i := range sorted {
		a.compare(a.unify([]value{c.args[direct-sorted+i], c.args[direct+i]}, c.node), c.node)
	}
}

// definesFor is the column definition list where the function's rows are converted to it,
// as those of functions in SQL are.
func (c *invocation) definesFor(fn *catalog.Function) ArgumentTypes {
	if fn.Language != "sql" {
		return ""
	}
	return c.defines
}

// takesAnything tells the declared types whose functions look into values of types
// that the declaration does not name.
func takesAnything(t OID) bool {
	return t == typeAny || t == typeRecord || t == typeRecordArray || isPolymorphic(t)
}

// anyArgument notes what a function that takes values of any type does with one.
func (a *analyzer) anyArgument(fn *catalog.Function, v value, n pgtree.Node) {
	does := usesAll
	if fn.OID.BuiltIn() {
		does = useOfAny[fn.Name]
	}
	switch does {
	case moves:
	case writes:
		a.writeOut(v, n)
	case makesJSON:
		a.toJSON(v, n)
	case usesAll:
		a.anyUse(v, true, n)
	}
}

// anyUses is what a function does with values of any type.
type anyUses int

const (
	usesAll   anyUses = iota // what is not known: writes them out, makes JSON of them, compares them
	moves                    // passes them on, or looks at their shape
	writes                   // writes them out as text
	makesJSON                // makes JSON of them
)

// useOfAny is what functions of PostgreSQL's own do with values of any type.
var useOfAny = readUses(map[anyUses]string{
	moves: `array_agg unnest array_length array_upper array_lower array_ndims array_dims cardinality array_append array_prepend
		array_cat array_fill trim_array array_sample array_shuffle array_reverse count first_value last_value nth_value lag lead
		pg_typeof num_nulls num_nonnulls any_value generate_subscripts isempty pg_column_size`,
	writes: `concat concat_ws format array_to_string quote_literal quote_nullable`,
	makesJSON: `json_build_object json_build_array jsonb_build_object jsonb_build_array to_json to_jsonb row_to_json array_to_json
		json_agg jsonb_agg json_object_agg jsonb_object_agg json_agg_strict jsonb_agg_strict json_object_agg_strict
		jsonb_object_agg_strict json_object_agg_unique jsonb_object_agg_unique json_object_agg_unique_strict
		jsonb_object_agg_unique_strict`,
})

func readUses(lists map[anyUses]string) map[string]anyUses {
	m := make(map[string]anyUses)
	for use, list := range lists {
		for _, name := range strings.Fields(list) {
			m[name] = use
		}
	}
	return m
}

// returned is the value of a call.
func (a *analyzer) returned(fn *catalog.Function, g generics, c invocation) value {
	v := value{typ: g.actual(a, fn.Returns), flow: computed}
	if known := a.typeInfo(v.typ); known != nil && (known.Kind == 'r' || known.Kind == 'm') {
		a.compare(v.typ, c.node) // the bounds of a range are put in order
	}
	if isPolymorphic(fn.Returns) && (!fn.OID.BuiltIn() || useOfAny[fn.Name] != moves) {
		// Such a function may read the value from a text, as json_populate_record does.
		a.input(v.typ, c.node)
	}
	if !fn.OID.BuiltIn() && isPolymorphic(fn.Returns) {
		a.checks(v.typ, c.node) // of other types whoever judges the function knows them
	}
	for _, o := range fn.Outputs {
		t := g.actual(a, o.Type)
		if !fn.OID.BuiltIn() && isPolymorphic(o.Type) {
			a.checks(t, c.node)
		}
		a.occurs(t)
		v.fields = append(v.fields, field{o.Name, value{typ: t, flow: computed}})
	}
	if isRecord(v.typ) && len(v.fields) == 0 && isPolymorphic(fn.Returns) && len(c.args) > 0 {
		if v.fields = c.args[0].fields; len(c.args) > 1 || v.typ == typeRecordArray || c.args[0].typ == typeRecordArray {
			v.fields = a.columnsOf(c.args)
		}
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
		a.readsTypes(c, &p)
		a.textOfAny(c, &p)
		a.hypothetical(c, p.fn)
		g := a.generics(c.types(), p.args)
		a.run(Run{Function: p.fn.OID, How: c.how, Through: written(c.name), At: a.place(c.node), Omitted: p.omitted, Types: a.typesOf(p.fn, g), Defines: c.definesFor(p.fn)})
		a.states(p.fn, g, c.node)
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

// sameOutputs reports whether all overloads return rows of the same columns.
func sameOutputs(possible []candidate) bool {
	for _, p := range possible[min(1, len(possible)):] {
		if !slices.EqualFunc(p.fn.Outputs, possible[0].fn.Outputs, func(a, b catalog.Column) bool { return a.Name == b.Name && a.Type == b.Type }) {
			return false
		}
	}
	return len(possible) > 0
}
