package analyze

import (
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// Statement analyses a SELECT: the node that pgtree.ReadNode made of it.
func Statement(statement pgtree.Node, source Source) *Result {
	a := newAnalyzer(source)
	a.result.Names = NamesOf(statement)
	for _, c := range a.statement(statement, nil, false) {
		// The server writes the values out.
		a.writeOut(c.value, statement)
		a.result.Outputs = append(a.result.Outputs, Output{Name: c.name, Type: c.typ, Flow: c.flow})
	}
	return &a.result
}

// Body analyses the SELECTs that are the body of a function in SQL, whose arguments they
// can name as $1 or by their names. The last one has the function's result. Types are
// those of the arguments in the call; empty where they are not known. Defines are those of
// the call's column definition list, where it has one.
func Body(queries []pgtree.Node, fn *catalog.Function, types, defines ArgumentTypes, source Source) *Result {
	a := newAnalyzer(source)
	arguments := &item{alias: fn.Name}
	g := a.generics(types.List(), fn.Args)
	for i, t := range fn.Args {
		if isPolymorphic(t) || t == typeAny {
			t = undetermined
			if isPolymorphic(fn.Args[i]) {
				t = g.actual(a, fn.Args[i])
			}
			a.generic = a.generic || t == undetermined
		}
		a.occurs(t)
		v := value{typ: t, flow: computed}
		a.parameters = append(a.parameters, v)
		if i < len(fn.ArgNames) && fn.ArgNames[i] != "" {
			arguments.columns = append(arguments.columns, field{fn.ArgNames[i], v})
		}
	}
	arguments.row = rowOf(arguments.columns)
	a.arguments = arguments
	for i, query := range queries {
		if columns := a.statement(query, nil, false); i == len(queries)-1 {
			start := len(a.result.Runs)
			a.seenRuns = make(map[Run]bool)
			a.returns(fn, g, defines.List(), columns, query)
			a.result.Returned = a.result.Runs[start:]
		}
	}
	return &a.result
}

// returns notes what turning the columns of a body into the function's result runs.
func (a *analyzer) returns(fn *catalog.Function, g generics, defined []OID, columns []field, n pgtree.Node) {
	wanted, result := fn.Outputs, g.actual(a, fn.Returns)
	if known := a.typeInfo(a.base(result)); known != nil && known.Kind == 'c' {
		wanted = known.Columns // of a single OUT argument too
		a.check(result, n)
	}
	for _, t := range defined {
		wanted = append(wanted, catalog.Column{Type: t})
	}
	if isRecord(result) && len(columns) == 1 && isRecord(columns[0].typ) {
		return // the row as it is
	}
	if len(wanted) == 0 || len(columns) == 1 {
		for _, c := range columns {
			a.returnsAs(c.value, result, n)
		}
	}
	for i, w := range wanted {
		if t := g.actual(a, w.Type); i < len(columns) {
			a.returnsAs(columns[i].value, t, n)
		} else {
			a.anyCastTo(t, n)
		}
	}
}

// returnsAs notes what turning a column of a body into a part of the result runs. Where
// its type is that of an argument which is not known, any cast can.
func (a *analyzer) returnsAs(v value, t OID, n pgtree.Node) {
	if t != undetermined {
		a.coerce(v, t, assignment, n)
		return
	}
	for _, cast := range a.source.CastsFrom(a.base(v.typ)) {
		a.run(Run{Function: cast.Function, How: ByCast, Through: a.castName(cast), At: a.place(n)})
	}
}

func newAnalyzer(source Source) *analyzer {
	return &analyzer{
		source: source, seenRuns: make(map[Run]bool), seenTypes: make(map[OID]bool),
		types: make(map[OID]bool), arrays: make(map[OID]OID), operators: make(map[spelling][]candidate), rows: make(map[OID]*catalog.Relation), expressions: make(map[OID]bool), indexes: make(map[listed]map[string][]int), seenReads: make(map[Read]bool), at: -1,
	}
}

type analyzer struct {
	source    Source
	result    Result
	seenRuns  map[Run]bool
	seenReads map[Read]bool
	seenTypes map[OID]bool
	// types are those of values that have occurred.
	types map[OID]bool
	// arrays are the array types of types that occur, with their elements.
	arrays map[OID]OID
	// rows are the relations that are read, by the type of their rows.
	rows map[OID]*catalog.Relation
	// expressions are the types whose checks are being followed.
	expressions map[OID]bool
	// indexes are those of long lists of columns.
	indexes map[listed]map[string][]int
	// targetNames are the places of the names in the output that targetsOf begins.
	targetsOf   *target
	targetNames map[string]int
	// operators are the candidates of operators that have been used.
	operators map[spelling][]candidate
	// arguments are those of the function whose body this is: what a name means that is
	// neither a column nor a row. Nil elsewhere.
	arguments *item
	// parameters are $1 and the following, in the body of a function.
	parameters []value
	// generic reports that some of them are of any type.
	generic bool
	// defines are the types of the column definition list of the call that is read next.
	defines ArgumentTypes
	// at is the last location that was read.
	at int
	// spent counts columns copied, values visited and expressions read.
	spent int
}

// maxSpent bounds the work on one statement. Honest ones stay thousands of times
// below it; a hostile one multiplies columns by joins.
const maxSpent = 2_000_000

// spend counts work and reports false when there has been too much of it. The result
// is then of no use: see Result.TooComplex.
func (a *analyzer) spend(n int) bool {
	if a.spent += n; a.spent > maxSpent {
		a.result.TooComplex = true
	}
	return !a.result.TooComplex
}

// scope is what names can mean in one query: its own FROM, then the queries
// around it.
type scope struct {
	items  []*item
	parent *scope
	ctes   *ctes
}

// item is one entry of FROM that names can refer to.
type item struct {
	// alias is its name; schema is set for a relation without an alias.
	schema, alias string
	columns       []field
	// row is what the name alone means.
	row value
	// hidden says that its columns need the name before them.
	hidden bool
	// system says that it is a table, which has the columns that no star shows.
	system bool
	// unknown says that its columns are not known: any could be meant.
	unknown bool
}

// ctes are the queries that a WITH names, innermost first.
type ctes struct {
	name    string
	columns []field
	parent  *ctes
}

func (c *ctes) find(name string) *ctes {
	for ; c != nil; c = c.parent {
		if c.name == name {
			return c
		}
	}
	return nil
}
