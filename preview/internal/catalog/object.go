package catalog

import "slices"

// OID is the object id of a row of PostgreSQL's catalogs. Zero stands for none.
type OID uint32

// firstUserOID is the first object id that initdb does not give out
// (FirstNormalObjectId in access/transam.h). Objects below it are PostgreSQL's own.
const firstUserOID = 16384

// BuiltIn reports whether the object is PostgreSQL's own.
func (o OID) BuiltIn() bool { return o < firstUserOID }

// The types whose values are read from texts that name types, with the modifiers of those:
// regtype, and regprocedure and regoperator for the types of arguments.
const (
	TypeRegType      OID = 2206
	TypeRegProcedure OID = 2202
	TypeRegOperator  OID = 2204
)

// ReadsTypeNames reports whether a type's values are read from texts that name types.
func (o OID) ReadsTypeNames() bool {
	return o == TypeRegType || o == TypeRegProcedure || o == TypeRegOperator
}

// holdsTypeNames reports whether the type is one of those that read the names of types, or an array of one.
func (o OID) holdsTypeNames() bool {
	const regProcedures, regOperators, regTypes = 2207, 2209, 2211
	return o.ReadsTypeNames() || o == regProcedures || o == regOperators || o == regTypes
}

// Name is an object's name as a statement writes it. Schema is empty where the
// search path decides.
type Name struct{ Schema, Name string }

// A Relation is what pg_class and its neighbours say of a table, a view, a
// materialized view, a foreign table or a sequence.
type Relation struct {
	OID          OID
	Schema, Name string
	// Kind is pg_class.relkind: r, p, f, v, m, S; and c, i, I, t for what the search
	// path finds by the name and the server cannot read.
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
	// prints it in the session's search path; empty for others, for PostgreSQL's own
	// views, where it is longer than MaxDefinition, and where a schema of the database
	// comes before pg_catalog in the search path: pg_get_viewdef would then run
	// operators of that schema.
	Definition string
	// Reads has the relations that the definition reads. Empty for PostgreSQL's own views.
	Reads []OID
	// Runs is what the server runs for a statement that reads the relation, beside
	// what the statement itself names: the rule of a view, the expressions of virtual
	// generated columns. Empty for a materialized view, whose query the server does
	// not run, and for PostgreSQL's own views.
	Runs Expression
	// Policies are the row-level security policies for SELECT. RowSecurity reports whether
	// row-level security holds for the session's own role. Where a view reads the
	// relation with its owner's rights, Policies can apply although RowSecurity is
	// false.
	Policies    []Policy
	RowSecurity bool
	// Owner is the role that owns it. Forced tells of a table that its policies apply
	// to its owner too, of a view that it reads with the rights of the role that asks
	// (security_invoker, PostgreSQL 15).
	// Exempt tells of a view that no policy applies to its owner, a superuser or a role
	// with BYPASSRLS. Roles are those of a view's owner, where it is a member of any: it
	// has their rights.
	Owner  OID
	Forced bool
	Exempt bool
	Roles  []OID
	// Key has the names of the columns that a partitioned table and the Kin of it are
	// partitioned by; an empty name stands for an expression.
	Key []string
	// KeyTypes are the types of those expressions that are not PostgreSQL's own.
	KeyTypes []OID
	// Remote is the table that a foreign table stands for, by its options: zero for other
	// relations.
	Remote Name
	// Heirs are the descendants that have columns whose values come from elsewhere:
	// foreign tables, and those with generated columns. Of each only Kind, Schema, Name,
	// Kin, Remote and Columns are known.
	Heirs []*Relation
	// Support has the functions of the operator classes of the database's own that
	// indexes and partition keys use, those of the Kin included: the planner may use any
	// index, and partitions are ordered and pruned by the key's.
	Support []OID
	// TypedAs is the composite type of a typed table (CREATE TABLE ... OF), whose rows
	// can stand for values of that type; zero for others.
	TypedAs OID
}

// HasColumn reports whether the relation has a column of a number.
func (r *Relation) HasColumn(number int16) bool {
	return slices.ContainsFunc(r.Columns, func(c Column) bool { return c.Number == number })
}

// PartitionedBy reports whether partitions are put in order by values of a column; by an
// expression, of which one it is not known.
func (r *Relation) PartitionedBy(column string) bool {
	return slices.Contains(r.Key, column) || slices.Contains(r.Key, "")
}

// A Policy is a row of pg_policy, for SELECT.
type Policy struct {
	// Applies reports whether it is for the session's own role. Roles are those that it is
	// for, 0 for all, by whose rights the role of a view's owner is judged.
	Applies bool
	Roles   []OID
	// Permissive tells a policy that lets rows through from one that only restricts
	// others. Without one of the former the latter do not run.
	Permissive bool
	// Runs is what its condition runs, Reads are the relations in that.
	Runs  Expression
	Reads []OID
}

// A Column is a row of pg_attribute.
type Column struct {
	Number int16
	Name   string
	Type   OID
	// Generated is pg_attribute.attgenerated: s(tored), v(irtual), or 0.
	Generated byte
	// GeneratedFrom has the columns of the same relation that a generated column is
	// computed from.
	GeneratedFrom []int16
	// ForeignName is the option column_name of a foreign table's column, or empty.
	ForeignName string
}

// An Expression is what an expression that the server stored as a tree refers to:
// the functions, operators and types in it. Types of PostgreSQL's own are left out but
// regtype, and operators that Snapshot.SortSupport says nothing of.
type Expression struct {
	// Functions are those that the tree names, the functions of its operators
	// included.
	Functions []OID
	// Operators are the operators, those included that sorting, grouping and
	// comparing use without a call: see Operator.Support.
	Operators []OID
	// Types are the types that values are converted to: their input functions and
	// domain checks run.
	Types []OID
	// Values are the types of the values in the expression. Nothing of them need run;
	// where a value is turned into text or JSON, its output function or its cast to
	// JSON does.
	Values []OID
	// Columns are the types of PostgreSQL's own that columns are defined by: of the rows of
	// functions that return records, of VALUES lists, of common table expressions.
	Columns []OID
}

// IsZero reports whether the expression refers to nothing.
func (e *Expression) IsZero() bool {
	return len(e.Functions)+len(e.Operators)+len(e.Types)+len(e.Values) == 0
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
	// the functions that read, write and configure values. A Snapshot knows those of
	// them that are not PostgreSQL's own.
	Input, Output, Modifier, Subscript OID
	// Check is what a domain's constraints run, its own only.
	Check Expression
	// Compare has the functions behind the default operator classes for the type:
	// equality, order, hashing, and for a range its subtype_diff and canonical
	// functions and those of its bounds' operator class. Functions of PostgreSQL's own
	// are left out. Empty for types that use another's (a domain its base's, an array
	// its element's, a row its columns'). Of a built-in type it has what the database's
	// own default operator classes for it do.
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
	// DefaultsRun is what the expression of each default runs: of the last argument the
	// last.
	DefaultsRun []Expression
	// Returns is prorettype; Set reports whether the function returns a set of it.
	Returns OID
	Set     bool
	// Outputs are the OUT, INOUT and TABLE columns of a function that returns a
	// record, in order.
	Outputs []Column
	// AggregateKind is aggkind for an aggregate: n(ormal), o(rdered-set), h(ypothetical-set);
	// 0 for others. DirectArgs is aggnumdirectargs.
	AggregateKind byte
	DirectArgs    int
	// Parts are the functions an aggregate calls (transition, final, combine and the
	// moving-aggregate ones); empty for others and for PostgreSQL's own aggregates. Its
	// sort operator is none of them: by it the planner may replace the aggregate with the
	// first row that an index gives, which runs what the index's operator class does.
	Parts []OID
	// States are the types of an aggregate's states (aggtranstype, and aggmtranstype or 0);
	// empty for others and for PostgreSQL's own aggregates.
	States []OID
	// Body is the text of a function in SQL that has one, or the symbol of one in the
	// language internal (prosrc); empty for other languages, for PostgreSQL's own
	// functions, where it runs with the rights of its owner, and where it is longer than
	// MaxDefinition. Atomic reports that the body
	// has the standard's form (BEGIN ATOMIC); Runs is what that refers to, and Reads are
	// the relations in it. Queries reports that it has nothing but SELECTs without row locks,
	// run with the rights of the role that asks.
	Body    string
	Atomic  bool
	Queries bool
	Runs    Expression
	Reads   []OID
	// Columns are the types of the columns of such a body's last query, before they are
	// converted to the result; 0 where the tree does not say one, nil where the body is
	// longer than MaxDefinition or runs with the rights of its owner.
	Columns []OID
	// Settings are the function's own settings (proconfig), for instance
	// "search_path=app".
	Settings []string
	// Dynamic reports whether the function can run a text that it is given: a body in
	// another language than C and SQL holds the word EXECUTE, or the language is C and
	// an argument is text. False for PostgreSQL's own functions.
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
	// Function is the function behind it. A Snapshot knows the functions of operators
	// that are not PostgreSQL's own.
	Function OID
	// Commutator and Negator are operators that the planner may use instead, or zero.
	Commutator, Negator OID
	// Support has the functions of the btree and hash operator families that the
	// operator is in, which sorting, grouping, hashing and merging by it call, those of
	// the operators that stand for it when its operands are exchanged (Commutator) or
	// what it says is denied (Negator), and what the planner may derive from it. Empty
	// for PostgreSQL's own operators: see Snapshot.Support.
	Support []OID
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
