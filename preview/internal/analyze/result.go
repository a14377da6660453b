package analyze

import (
	"slices"
	"strconv"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// Source answers for the database's objects. *catalog.Snapshot is one.
type Source interface {
	// Version is server_version_num, such as 150018.
	Version() int
	// MayMean reports whether the server may take a name as the parser read it for the
	// name of a column. That is equality where the database is in UTF-8.
	MayMean(written, name string) bool
	// Relation, NamedType find what the search path resolves the name to.
	Relation(catalog.Name) (*catalog.Relation, bool)
	NamedType(catalog.Name) (*catalog.Type, bool)
	// Functions and Operators return all overloads, of every schema in the search
	// path where the name has none, in the order of the path.
	Functions(catalog.Name) []*catalog.Function
	Operators(catalog.Name) []*catalog.Operator
	// RelationByID and Type return nil for what is not known.
	RelationByID(OID) *catalog.Relation
	Type(OID) *catalog.Type
	Operator(OID) *catalog.Operator
	// Support returns what hashing and merging by an operator runs, SortSupport what
	// sorting by it does, and FrameSupport what bounding a frame of values of a type does.
	Support(OID) []OID
	SortSupport(OID) []OID
	FrameSupport(OID) []OID
	Cast(source, target OID) (*catalog.Cast, bool)
	// CastsFrom returns the casts that convert values of a type, CastsTo those that make
	// them.
	CastsFrom(source OID) []*catalog.Cast
	CastsTo(target OID) []*catalog.Cast
	// Modifiers returns the functions of the database's own that read modifiers of types.
	Modifiers() []OID
}

// Result is what a statement would run and where its output comes from.
type Result struct {
	// Names are the names by which the catalog was asked.
	Names catalog.Names
	// Runs are the functions that the server would run for what the statement
	// writes or implies, each with its place. What those functions call in turn
	// (an aggregate's parts, a body) is not in it, nor what Relations bring.
	Runs []Run
	// Relations are the relations that it reads, each with the place of its name.
	Relations []Read
	// Types are the types of the database's own that it names or implies, for what the
	// policy says of their schemas. What their values run is in Runs.
	Types []TypeUse
	// Outputs are the columns of the result, in order; nil where a star could not be
	// resolved.
	Outputs []Output
	// Mentions are the columns whose values the statement uses other than by
	// passing them on.
	Mentions []Mention
	// Returned is, of the body of a function, what turning the columns of its last query
	// into the result runs. Runs has it too.
	Returned []Run
	// HiddenTypes are calls that read a value of a type which only data names.
	HiddenTypes []Place
	// TooComplex says that the analysis was given up. Nothing else in the result counts.
	TooComplex bool
	// Opaque are the places where the analysis could not follow the statement. The
	// lineage is not to be relied on then.
	Opaque []Place
}

// Place is something of the statement and where it stands: a byte offset into the
// text that was parsed, or -1.
type Place struct {
	What string
	At   int
}

// How says by which construct a function is run.
type How int

// The constructs.
const (
	Call       How = iota // name(...), or a sampling method
	Attribute             // value.name
	ByOperator            // an operator, written or implied
	ByCast                // a cast, written or implied
	ByType                // reading, writing or checking a value of a type
	ByCompare             // sorting, grouping or comparing values of a type
)

// Run is one function that the server would run.
type Run struct {
	Function OID
	How      How
	// Through is what the statement has: the name of the function, operator or type.
	Through string
	// Schema is that of the operator, for ByOperator; else empty.
	Schema string
	At     int
	// Omitted are the arguments that the call leaves to their defaults.
	Omitted ArgumentSet
	// Types are those of the arguments of a function in SQL whose declaration does not say
	// them; empty for others.
	Types ArgumentTypes
	// Defines are the types of the column definition list with which a function in SQL is
	// called; empty for others.
	Defines ArgumentTypes
	// Certain reports that overload resolution has found just this function. Without
	// it, the function is one of those that could be meant.
	Certain bool
}

// ArgumentSet is a set of a function's arguments, by their place. PostgreSQL's functions
// have 100 arguments at most (FUNC_MAX_ARGS).
type ArgumentSet [2]uint64

// AllArguments is the set of all arguments.
var AllArguments = ArgumentSet{^uint64(0), ^uint64(0)}

// Has reports whether the argument is in the set. Of arguments that no server has it
// cannot be told.
func (s ArgumentSet) Has(i int) bool { return i >= 64*len(s) || s[i/64]&(1<<(i%64)) != 0 }

func (s *ArgumentSet) add(i int) {
	if i < 64*len(s) {
		s[i/64] |= 1 << (i % 64)
	}
}

// ArgumentTypes are the types of a function's arguments in one call, or of the columns that
// it defines, as text.
type ArgumentTypes string

func argumentTypes(types []OID) ArgumentTypes {
	var text []byte
	for _, t := range types {
		text = append(strconv.AppendUint(text, uint64(t), 10), ' ')
	}
	return ArgumentTypes(text)
}

// List reads the types; it is empty where they are not known.
func (t ArgumentTypes) List() (types []OID) {
	for field := range strings.FieldsSeq(string(t)) {
		oid, _ := strconv.ParseUint(field, 10, 32) // as argumentTypes writes it
		types = append(types, OID(oid))
	}
	return types
}

// Read is one relation that the statement reads.
type Read struct {
	Relation *catalog.Relation
	At       int
}

// TypeUse is one type of the database's own.
type TypeUse struct {
	Type *catalog.Type
	At   int
}

// Column is a column of a relation.
type Column struct {
	Relation OID
	Number   int16
}

// Output is one column of the result.
type Output struct {
	Name string
	Type OID
	// Flow is where its values come from.
	Flow *Flow
}

// A Flow says where a value comes from. It may lead back to itself, as the columns
// of a recursive query do.
type Flow struct {
	// columns are those whose values are passed on unchanged, alone or as a part of
	// a row.
	columns []Column
	from    []*Flow
	// computed reports that the value, or an alternative of it, is made by an
	// expression.
	computed bool
}

// Columns returns the columns whose values pass on unchanged, and whether the value
// may also be one that an expression makes.
func (f *Flow) Columns() (columns []Column, computed bool) {
	seen := make(map[*Flow]bool)
	known := make(map[Column]bool)
	var follow func(f *Flow)
	follow = func(f *Flow) {
		if f == nil || seen[f] {
			return
		}
		seen[f] = true
		computed = computed || f.computed
		for _, c := range f.columns {
			if !known[c] {
				known[c] = true
				columns = append(columns, c)
			}
		}
		for _, next := range f.from {
			follow(next)
		}
	}
	follow(f)
	return columns, computed
}

// computed is the flow of constants and of what an expression makes.
var computed = &Flow{computed: true}

func merged(flows ...*Flow) *Flow { return &Flow{from: flows} }

// Mention is one use of values.
type Mention struct {
	How Use
	// Flow is what is used; Other, for Equality, what it is compared with.
	Flow, Other *Flow
	At          int
}

// Use says what becomes of a mentioned value.
type Use int

// The uses.
const (
	// Computes: it takes part in an expression, a condition or an order.
	Computes Use = iota
	// NullTest: only whether it is NULL.
	NullTest
	// Counts: it is the argument of count.
	Counts
	// Equality: it is compared by = with another value that no expression made.
	Equality
)

// value is what is known of an expression.
type value struct {
	typ OID
	// literal tells a quoted constant or NULL, whose type the context decides.
	literal bool
	// null tells the constant NULL.
	null bool
	// fields are the columns of a row whose type is record, where they are known.
	fields []field
	// items are the values of a row that is written as ROW(...) or (a, b).
	items []value
	isRow bool
	// defined reports rows of a function in SQL, of which Run.Defines says what its columns
	// become.
	defined bool
	// whole is the entry of FROM whose row the value is, where it is named directly:
	// its columns then have the names that the alias gives them.
	whole *item
	flow  *Flow
	node  pgtree.Node
}

// field is a column of something in FROM, or of a row.
type field struct {
	name string
	value
}

func (a *analyzer) run(r Run) {
	if r.Function != 0 && !a.seenRuns[r] {
		a.seenRuns[r] = true
		a.result.Runs = append(a.result.Runs, r)
	}
}

// opaque notes what cannot be followed.
func (a *analyzer) opaque(what string, n pgtree.Node) {
	p := Place{what, a.place(n)}
	if len(a.result.Opaque) < maxOpaque && !slices.Contains(a.result.Opaque, p) {
		a.result.Opaque = append(a.result.Opaque, p)
	}
}

const maxOpaque = 100

// place returns a node's location, or that of the nearest node above it.
func (a *analyzer) place(n pgtree.Node) int {
	if at := n.Location(); at >= 0 {
		return at
	}
	return a.at
}

// mention notes that values are used.
func (a *analyzer) mention(how Use, v, other value, at int) {
	if v.flow == nil || v.flow == computed {
		return
	}
	a.result.Mentions = append(a.result.Mentions, Mention{how, v.flow, other.flow, at})
}
