package analyze

import (
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// operatorExpr reads an A_Expr.
func (a *analyzer) operatorExpr(n pgtree.Node, s *scope) value {
	op := lastTwo(n.Names("name"))
	boolean := value{typ: typeBool, flow: computed}
	switch n.Text("kind") {
	case "AEXPR_OP", "AEXPR_LIKE", "AEXPR_ILIKE", "AEXPR_SIMILAR":
		if !n.Node("lexpr").Exists() {
			return a.operator(op, nil, a.expr(n.Node("rexpr"), s), n)
		}
		return a.compareBy(op, a.expr(n.Node("lexpr"), s), a.expr(n.Node("rexpr"), s), n)
	case "AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT":
		a.compareBy(op, a.expr(n.Node("lexpr"), s), a.expr(n.Node("rexpr"), s), n)
		return boolean
	case "AEXPR_NULLIF":
		left := a.expr(n.Node("lexpr"), s)
		a.mention(Computes, left, value{}, a.place(n))
		right := a.expr(n.Node("rexpr"), s)
		a.compareBy(op, left, right, n)
		if left.typ != right.typ {
			// It has the type that the operator takes on its left.
			chosen, _ := a.chooseOperator(a.operatorCandidates(op, binaryOperator), []OID{left.typ, right.typ})
			if chosen == nil || isPolymorphic(chosen.args[0]) {
				return value{typ: undetermined, flow: computed}
			}
			return value{typ: chosen.args[0], flow: computed}
		}
		return value{typ: a.asText(left).typ, flow: computed}
	case "AEXPR_OP_ANY", "AEXPR_OP_ALL":
		a.anyOf(op, a.expr(n.Node("lexpr"), s), a.expr(n.Node("rexpr"), s), n)
		return boolean
	case "AEXPR_IN":
		a.inList(op, a.expr(n.Node("lexpr"), s), n.Node("rexpr").List("items"), n, s)
		return boolean
	case "AEXPR_BETWEEN", "AEXPR_BETWEEN_SYM":
		a.between([]string{">=", "<="}, n, s)
		return boolean
	case "AEXPR_NOT_BETWEEN", "AEXPR_NOT_BETWEEN_SYM":
		a.between([]string{"<", ">"}, n, s)
		return boolean
	}
	a.opaque("an expression", n)
	return value{flow: computed}
}

func (a *analyzer) between(operators []string, n pgtree.Node, s *scope) {
	left := a.expr(n.Node("lexpr"), s)
	for i, bound := range n.Node("rexpr").List("items") {
		v := a.expr(bound, s)
		for k, op := range operators {
			symmetric := n.Text("kind") == "AEXPR_BETWEEN_SYM" || n.Text("kind") == "AEXPR_NOT_BETWEEN_SYM"
			if k == i || symmetric {
				a.comparison(op, left, v, n)
			}
		}
	}
}

// comparison compares by an operator that the search path finds.
func (a *analyzer) comparison(op string, left, right value, n pgtree.Node) {
	a.compareBy(catalog.Name{Name: op}, left, right, n)
}

// compareBy applies an operator; to rows that are written out, column by column.
func (a *analyzer) compareBy(op catalog.Name, left, right value, n pgtree.Node) value {
	if left.isRow && right.isRow {
		for i := range left.items {
			if i < len(right.items) {
				a.compareBy(op, left.items[i], right.items[i], n)
				// <, <= and their kin go by the operator class.
				a.compareValue(a.asText(left.items[i]), n)
			}
		}
		return value{typ: typeBool, flow: computed}
	}
	return a.operator(op, &left, right, n)
}

// binaryOperator asks operatorCandidates for operators with a left operand.
const binaryOperator = true

// operator applies an operator to one or two values.
func (a *analyzer) operator(name catalog.Name, left *value, right value, n pgtree.Node) value {
	args, values := []OID{right.typ}, []value{right}
	if left != nil {
		args, values = []OID{left.typ, right.typ}, []value{*left, right}
	}
	a.mentionOperands(name, values, n)
	candidates := a.operatorCandidates(name, left != nil)
	chosen, possible := a.chooseOperator(candidates, args)
	if chosen == nil {
		return a.anyOperator(name, possible, values, n)
	}
	op := chosen.op
	a.runOperator(op, name, runsCertainly, n)
	generics := a.generics(args, chosen.args)
	a.support(a.source.Support(op.OID), op, name, runsCertainly, n)
	// A join by an operator of the database's own sorts or hashes with the support
	// functions of its type's classes too.
	joins := !op.OID.BuiltIn() && left != nil && op.Result == typeBool
	compares := joins || generics.used && name.Name != "||"
	for i, v := range values {
		a.coerce(v, generics.actual(a, chosen.args[i]), implicit, n)
		if compares || chosen.args[i] == typeRecord || chosen.args[i] == typeRecordArray {
			a.compareValue(v, n)
			a.compare(generics.actual(a, chosen.args[i]), n)
		}
		if CastsToText(op.Function) {
			a.castAny(v, chosen.args[i], n)
		}
	}
	result := value{typ: generics.actual(a, op.Result), flow: computed}
	if isPolymorphic(op.Result) {
		a.checks(result.typ, n)
		if isRecord(result.typ) {
			result.fields = a.columnsOf(values)
		}
	}
	return result
}

// certainty says whether a function runs, or only may.
type certainty bool

const (
	runsCertainly certainty = true
	runsPossibly  certainty = false
)

// runOperator notes the function behind an operator. Those of PostgreSQL's own
// operators have no effect.
func (a *analyzer) runOperator(op *catalog.Operator, name catalog.Name, how certainty, n pgtree.Node) {
	if op.OID.BuiltIn() {
		return
	}
	a.run(Run{Function: op.Function, How: ByOperator, Through: written(name), Schema: op.Schema, At: a.place(n), Certain: bool(how)})
}

// support notes the functions by which values are sorted, hashed or merged in the order
// of an operator, or as it finds them equal, and those of operators that are used in its
// place: NOT uses the negator, an index or a join the commutator. Statistics of columns
// are compared by all of them. The planner chooses whether to.
func (a *analyzer) support(functions []OID, op *catalog.Operator, name catalog.Name, how certainty, n pgtree.Node) {
	for _, fn := range functions {
		a.run(Run{Function: fn, How: ByOperator, Through: written(name), Schema: op.Schema, At: a.place(n), Certain: bool(how)})
	}
}

// chooseOperator follows oper(): a literal beside a value is first taken for the
// value's type, then for the type below its domain.
func (a *analyzer) chooseOperator(candidates []candidate, args []OID) (*candidate, []candidate) {
	if len(args) == 2 && (args[0] == typeUnknown) != (args[1] == typeUnknown) {
		known := args[0]
		if known == typeUnknown {
			known = args[1]
		}
		for _, t := range []OID{known, a.base(known)} {
			if t == undetermined {
				continue
			}
			for i := range candidates {
				if candidates[i].args[0] == t && candidates[i].args[1] == t {
					return &candidates[i], nil
				}
			}
		}
	}
	return a.find(candidates, args)
}

// anyOperator notes all operators that could be meant.
func (a *analyzer) anyOperator(name catalog.Name, possible []candidate, values []value, n pgtree.Node) value {
	result, first := undetermined, true
	for _, c := range possible {
		a.runOperator(c.op, name, runsPossibly, n)
		a.support(a.source.Support(c.op.OID), c.op, name, runsPossibly, n)
		for i, v := range values {
			if v.typ != undetermined {
				a.coerce(v, c.args[i], implicit, n)
			}
			if CastsToText(c.op.Function) {
				a.castAny(v, c.args[i], n)
			}
		}
		if first {
			result, first = c.op.Result, false
		} else if result != c.op.Result {
			result = undetermined
		}
	}
	for _, v := range values {
		a.compareValue(v, n)
	}
	if isPolymorphic(result) {
		result = undetermined
	}
	return value{typ: result, flow: computed}
}

// mentionOperands notes the use of the operands: equality of two values that no
// expression made is kept apart.
func (a *analyzer) mentionOperands(name catalog.Name, values []value, n pgtree.Node) {
	at := a.place(n)
	equal := name.Name == "=" && (name.Schema == "" || name.Schema == "pg_catalog")
	if equal && len(values) == 2 && values[0].bare() && values[1].bare() {
		a.mention(Equality, values[0], values[1], at)
		return
	}
	for _, v := range values {
		a.mention(Computes, v, value{}, at)
	}
}

// bare reports whether a value may be one that a column has unchanged.
func (v value) bare() bool { return v.flow != nil && v.flow != computed }

// anyOf applies an operator to a value and the elements of an array.
func (a *analyzer) anyOf(op catalog.Name, left, right value, n pgtree.Node) {
	a.mention(Computes, left, value{}, a.place(n))
	a.mention(Computes, right, value{}, a.place(n))
	element := value{typ: a.element(right.typ), fields: right.fields, flow: computed}
	if right.typ == typeUnknown {
		element.typ, element.literal = typeUnknown, true
	}
	left.flow = computed
	a.operator(op, &left, element, n)
	if right.typ == typeUnknown {
		// The literal is an array of what the operator takes.
		taken := left.typ
		if chosen, _ := a.chooseOperator(a.operatorCandidates(op, binaryOperator), []OID{left.typ, typeUnknown}); chosen != nil {
			taken = a.generics([]OID{left.typ, typeUnknown}, chosen.args).actual(a, chosen.args[1])
		}
		if t := a.arrayOf(taken); t != undetermined {
			a.input(t, n)
		}
	}
}

// inList reads x IN (...), which compares with an array of the items where they
// have a common type, and else one by one.
func (a *analyzer) inList(op catalog.Name, left value, items []pgtree.Node, n pgtree.Node, s *scope) {
	values := make([]value, 0, len(items))
	for _, item := range items {
		v := a.expr(item, s)
		values = append(values, v)
	}
	for _, v := range values {
		a.compareBy(op, left, v, n)
	}
	if left.isRow || len(values) < 2 {
		return
	}
	common := a.commonType(append([]value{left}, values...))
	if common == undetermined || common == typeRecord {
		return
	}
	array := value{typ: common, flow: computed}
	for _, v := range values {
		a.coerce(v, common, implicit, n)
	}
	left.flow = computed
	a.operator(op, &left, array, n)
}
