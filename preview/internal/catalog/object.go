package catalog

// OID is the object id of a row of PostgreSQL's catalogs. Zero stands for none.
type OID uint32

// firstUserOID is the first object id that initdb does not give out
// (FirstNormalObjectId in access/transam.h). Objects below it are PostgreSQL's own.
const firstUserOID = 16384

// BuiltIn tells whether the object is PostgreSQL's own.
func (o OID) BuiltIn() bool { return o < firstUserOID }

// Name is an object's name as a statement writes it. Schema is empty where the
// search path decides.
type Name struct{ Schema, Name string }

// A Relation is what pg_class and its neighbours say of a table, a view, a
// materialized view, a foreign table or a sequence.
type Relation struct {
	OID          OID
	Schema, Name string
	// Kind is pg_class.relkind: r, p, f, v, m, S.
	Kind byte
	// Extension is the extension that the relation belongs to, or empty.
	Extension string
	// RowType is the composite type of its rows.
	RowType OID
	// Columns are in the order of pg_attribute.attnum, without dropped ones and
	// without system columns.
	Columns []Column
	// Kin are the relations that it inherits from or is a partition of, and those
	// that inherit from it, at any distance: the same rows are read through both.
	Kin []Name
	// Definition is the query of a view or materialized view, as pg_get_viewdef
	// prints it in the session's search path; empty for others, and where it is
	// longer than the catalog takes in.
	Definition string
	// Reads has the relations that the definition reads.
	Reads []OID
	// Runs is what the server runs for a statement that reads the relation, beside
	// what the statement itself names: the rules of a view, the row-level security
	// policies that can apply, the expressions of virtual generated columns.
	Runs Expression
}

// A Column is a row of pg_attribute.
type Column struct {
	Number int16
	Name   string
	Type   OID
	// GeneratedFrom has the columns of the same relation that a generated column is
	// computed from.
	GeneratedFrom []int16
	// ForeignName is the option column_name of a foreign table's column, or empty.
	ForeignName string
}

// An Expression is what an expression that the server stored as a tree refers to:
// the functions, operators and types in it.
type Expression struct {
	Functions []OID
	// Operators are those that sorting, grouping and comparing use by object id.
	Operators []OID
	// Types are the types whose input or output functions, or domain checks, run.
	Types []OID
}

// A Type is a row of pg_type.
type Type struct {
	OID          OID
	Schema, Name string
	// Extension is the extension that the type belongs to, or empty.
	Extension string
	// Kind is typtype: b(ase), c(omposite), d(omain), e(num), p(seudo), r(ange), m(ultirange).
	Kind byte
	// Category and Preferred are typcategory and typispreferred.
	Category  byte
	Preferred bool
	// Element is typelem: the type of an array's elements (and of the parts of point,
	// name and others, which are no arrays: IsArray tells).
	Element OID
	IsArray bool
	// Array is typarray, the type of arrays of it.
	Array OID
	// Base is typbasetype, for a domain.
	Base OID
	// Relation is typrelid, for a composite type; its columns are those of that relation.
	Relation OID
	// Subtype is the type of a range's or multirange's bounds; Range the range of a multirange.
	Subtype, Range OID
	// Input, Output and, where there are some, Modifier (typmodin) and Subscript are
	// the functions that read, write and configure values.
	Input, Output, Modifier, Subscript OID
	// Check is what a domain's constraints run, its own only.
	Check Expression
	// Compare has the functions behind the default operator classes for the type:
	// equality, order, hashing, and for a range its subtype_diff and canonical
	// functions. Empty for types that use another's (a domain its base's, an array its
	// element's) and for built-in types, whose functions are immutable.
	Compare []OID
	// Columns are a composite type's fields, in order.
	Columns []Column
}

// A Function is a row of pg_proc.
type Function struct {
	OID          OID
	Schema, Name string
	// Extension is the extension that the function belongs to, or empty.
	Extension string
	// Kind is prokind: f(unction), a(ggregate), w(indow), p(rocedure).
	Kind byte
	// Volatility is provolatile: i, s, v.
	Volatility byte
	// Language is pg_language.lanname.
	Language string
	// Args are the types of the input arguments (proargtypes).
	Args []OID
	// ArgNames are the names of the input arguments, empty where they have none.
	ArgNames []string
	// Variadic is provariadic: the element type of a VARIADIC last argument, or the
	// type "any" itself.
	Variadic OID
	// Defaults is how many trailing arguments have defaults (pronargdefaults).
	Defaults int
	// DefaultsRun is what the expressions of the defaults run.
	DefaultsRun Expression
	// Returns is prorettype; Set tells whether the function returns a set of it.
	Returns OID
	Set     bool
	// Outputs are the OUT, INOUT and TABLE columns of a function that returns a
	// record, in order.
	Outputs []Column
	// OrderedSet is aggkind for an aggregate: n(ormal), o(rdered-set), h(ypothetical-set);
	// 0 for others. DirectArgs is aggnumdirectargs.
	AggregateKind byte
	DirectArgs    int
	// Parts are the functions an aggregate calls (transition, final, combine, the
	// moving-aggregate ones, and its sort operator's), and a cast's or operator's none.
	Parts []OID
	// Body is the text of a function in SQL that has one (prosrc); empty for other
	// languages. Runs is what a body in the standard's form (BEGIN ATOMIC) refers to.
	Body string
	Runs Expression
	// Settings tells whether the function has settings of its own (proconfig), for
	// instance a search_path.
	Settings []string
	// Dynamic tells whether a body in another language than C and SQL holds the word
	// EXECUTE, or the language is C and an argument is text: what can run a text that
	// it is given. Known for functions of extensions only.
	Dynamic bool
}

// An Operator is a row of pg_operator.
type Operator struct {
	OID          OID
	Schema, Name string
	// Extension is the extension that the operator belongs to, or empty.
	Extension string
	// Left is zero for a prefix operator.
	Left, Right, Result OID
	Function            OID
}

// A Cast is a row of pg_cast.
type Cast struct {
	Source, Target OID
	// Function is zero where Method is not 'f'.
	Function OID
	// Context is castcontext: e(xplicit), a(ssignment), i(mplicit); Method is
	// castmethod: f(unction), i(nput and output functions), b(inary coercible).
	Context, Method byte
}
