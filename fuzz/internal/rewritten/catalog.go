package rewritten

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed catalog.sql
var catalogSQL string

// firstNormal is the first object number that initdb does not give
// (FirstNormalObjectId).
const firstNormal = 16384

// Function is what the catalog says of a function.
type Function struct {
	OID          uint32
	Schema, Name string
	// Arguments is how the catalog prints the argument types.
	Arguments string
	// Extension is the extension that the function belongs to, or empty.
	Extension string
	// Language is its language's name.
	Language string
	// Volatile tells that it is declared VOLATILE, or not declared otherwise.
	Volatile bool
	// Aggregate tells that it is an aggregate.
	Aggregate bool
	// Source is the body of a function in SQL or plpgsql, or the name of what runs.
	Source string
	// Args are the types of its arguments.
	Args []uint32
	// Private tells that it runs with settings or rights of its own.
	Private bool

	result   uint32
	outputs  []uint32 // the types of its OUT and TABLE columns
	defaults string
	body     string // in the SQL standard's form
	strict   bool
}

// Builtin tells that initdb made the function.
func (f *Function) Builtin() bool { return f.OID < firstNormal }

// String returns the function's name and arguments.
func (f *Function) String() string {
	return f.Schema + "." + f.Name + "(" + f.Arguments + ")"
}

// Relation is what the catalog says of a table or view.
type Relation struct {
	OID          uint32
	Schema, Name string
	Extension    string
	// Kind is pg_class.relkind.
	Kind byte

	columns  map[int]*column
	rowType  uint32
	children []uint32
	parents  []uint32
	checks   []string
	indexes  []string
	classes  []uint32 // operator classes of indexes
	keys     []uint32 // operator classes of the partition key
	rule     string   // the query of a view or materialized view
}

// Builtin tells that initdb made the relation.
func (r *Relation) Builtin() bool { return r.OID < firstNormal }

type column struct {
	name      string
	typ       uint32
	generated string // the expression's tree
}

type typeInfo struct {
	oid              uint32
	schema, name     string
	kind             byte // pg_type.typtype
	elem, base       uint32
	input, output    uint32
	relation         uint32
	subscript        uint32
	modifier         uint32
	rangeOf, rangeBy uint32 // a range's subtype and operator class; a multirange's range
	canonical, diff  uint32
	checks           []string
}

type cast struct {
	target, function uint32
	method, context  byte
}

type opclass struct {
	family, typ uint32
	method      string
	fallback    bool // the default of its type
}

// support is one entry of an operator family: an operator or a function.
type support struct{ left, right, object uint32 }

// Catalog is what leads from the objects of a tree to functions. It is read once
// for a database, and is not changed afterwards.
type Catalog struct {
	functions  map[uint32]*Function
	relations  map[uint32]*Relation
	operators  map[uint32]uint32 // operator to function
	types      map[uint32]*typeInfo
	casts      map[uint32][]cast // by source
	operatorIn map[uint32][]uint32
	familyOps  map[uint32][]support
	familyFns  map[uint32][]support
	classes    map[uint32]opclass
	aggregates map[uint32][]uint32
	internal   map[string]uint32 // PostgreSQL's own functions by what runs
	read       map[string]Item
}

// Function returns a function, or nil.
func (c *Catalog) Function(oid uint32) *Function { return c.functions[oid] }

// Named lists the functions of the database's own of a name, in every schema.
func (c *Catalog) Named(name string) []*Function {
	var all []*Function
	for _, f := range c.functions {
		if f.Name == name && !f.Builtin() {
			all = append(all, f)
		}
	}
	return all
}

// Internal returns PostgreSQL's own function that runs the internal code of the
// name, or nil.
func (c *Catalog) Internal(name string) *Function { return c.functions[c.internal[name]] }

// Body lists the functions of a function's body in the SQL standard's form; ok is
// false for one that has none.
func (c *Catalog) Body(f *Function) (list []Use, ok bool) {
	if f.body == "" {
		return nil, false
	}
	return c.Functions(c.tree(f.body).nodesIn(nil), nil), true
}

// Reads reports whether a function's body in the SQL standard's form does nothing but
// read: SELECTs without row locks.
func (c *Catalog) Reads(f *Function) bool {
	stack := c.tree(f.body).nodesIn(nil)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n.Name == "ROWMARKCLAUSE" || n.Name == "QUERY" && n.Int("commandType") != commandSelect {
			return false
		}
		stack = n.children(stack)
	}
	return true
}

// commandSelect is the number of SELECT (CmdType).
const commandSelect = 1

// Relation returns a table or view, or nil.
func (c *Catalog) Relation(oid uint32) *Relation { return c.relations[oid] }

// ReadCatalog reads the catalog of the connection's database. It sets the
// connection's search path.
func ReadCatalog(ctx context.Context, conn *pgconn.PgConn) (*Catalog, error) {
	if _, err := conn.Exec(ctx, "set search_path = pg_catalog; set client_min_messages = error; set statement_timeout = 0").ReadAll(); err != nil {
		return nil, fmt.Errorf("rewritten: the catalog: %w", err)
	}
	results, err := conn.Exec(ctx, catalogSQL).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("rewritten: the catalog: %w", err)
	}
	c := &Catalog{
		functions: map[uint32]*Function{}, relations: map[uint32]*Relation{}, operators: map[uint32]uint32{}, types: map[uint32]*typeInfo{},
		casts: map[uint32][]cast{}, operatorIn: map[uint32][]uint32{}, familyOps: map[uint32][]support{}, familyFns: map[uint32][]support{},
		classes: map[uint32]opclass{}, aggregates: map[uint32][]uint32{}, read: map[string]Item{}, internal: map[string]uint32{},
	}
	fills := []func(row){
		c.addFunction, c.addOperator, c.addType, c.addRange, c.addColumn, c.addRelation, c.addChild, c.addCheck, c.addGenerated, c.addCast,
		c.addFamilyOperator, c.addFamilyFunction, c.addClass, c.addAggregate, c.addIndex, c.addPartitioned, c.addStatistics, c.addRule,
	}
	if len(results) != len(fills) {
		return nil, fmt.Errorf("rewritten: the catalog: %d answers to %d questions", len(results), len(fills))
	}
	for i, fill := range fills {
		for _, values := range results[i].Rows {
			fill(values)
		}
	}
	return c, nil
}

// row is one row of an answer in text form.
type row [][]byte

func (r row) text(i int) string { return string(r[i]) }

func (r row) oid(i int) uint32 {
	v, err := strconv.ParseUint(string(r[i]), 10, 32)
	if err != nil {
		return 0 // NULL
	}
	return uint32(v)
}

func (r row) char(i int) byte {
	if len(r[i]) == 0 {
		return 0
	}
	return r[i][0]
}

func (r row) oids(i int) []uint32 {
	var all []uint32
	for _, word := range strings.Fields(string(r[i])) {
		if v, err := strconv.ParseUint(word, 10, 32); err == nil {
			all = append(all, uint32(v))
		}
	}
	return all
}

func (c *Catalog) addFunction(r row) {
	c.functions[r.oid(0)] = &Function{
		OID: r.oid(0), Schema: r.text(1), Name: r.text(2), Language: r.text(3), Volatile: r.char(4) == 'v', Aggregate: r.char(5) == 'a',
		strict: r.text(6) == "t", Args: r.oids(7), result: r.oid(9), defaults: r.text(10), Extension: r.text(11), Arguments: r.text(12), body: r.text(13),
		Source: r.text(14), Private: r.text(15) == "t", outputs: r.oids(16),
	}
	if r.oid(0) < firstNormal && r.text(3) == "internal" {
		c.internal[r.text(14)] = r.oid(0)
	}
}

func (c *Catalog) addOperator(r row) { c.operators[r.oid(0)] = r.oid(2) }

func (c *Catalog) addType(r row) {
	c.types[r.oid(0)] = &typeInfo{
		oid: r.oid(0), schema: r.text(1), name: r.text(2), kind: r.char(3), elem: r.oid(4), base: r.oid(5),
		input: r.oid(6), output: r.oid(7), relation: r.oid(8), subscript: r.oid(9), modifier: r.oid(10),
	}
}

func (c *Catalog) addRange(r row) {
	if t := c.types[r.oid(0)]; t != nil {
		t.rangeOf, t.rangeBy, t.canonical, t.diff = r.oid(1), r.oid(3), r.oid(4), r.oid(5)
	}
	if t := c.types[r.oid(2)]; t != nil {
		t.rangeOf = r.oid(0)
	}
}

// relation returns the relation, made if it is not there yet.
func (c *Catalog) relation(oid uint32) *Relation {
	r := c.relations[oid]
	if r == nil {
		r = &Relation{OID: oid, columns: map[int]*column{}}
		c.relations[oid] = r
	}
	return r
}

func (c *Catalog) addColumn(r row) {
	number, err := strconv.Atoi(r.text(1))
	if err == nil {
		c.relation(r.oid(0)).columns[number] = &column{name: r.text(2), typ: r.oid(3)}
	}
}

func (c *Catalog) addRelation(r row) {
	to := c.relation(r.oid(0))
	to.Schema, to.Name, to.Kind, to.rowType, to.Extension = r.text(1), r.text(2), r.char(3), r.oid(4), r.text(5)
}

func (c *Catalog) addChild(r row) {
	parent, child := c.relation(r.oid(1)), c.relation(r.oid(0))
	parent.children = append(parent.children, child.OID)
	child.parents = append(child.parents, parent.OID)
}

func (c *Catalog) addCheck(r row) {
	if t := c.types[r.oid(0)]; t != nil {
		t.checks = append(t.checks, r.text(2))
		return
	}
	relation := c.relation(r.oid(1))
	relation.checks = append(relation.checks, r.text(2))
}

func (c *Catalog) addGenerated(r row) {
	number, err := strconv.Atoi(r.text(1))
	if err != nil {
		return
	}
	if column := c.relation(r.oid(0)).columns[number]; column != nil {
		column.generated = r.text(2)
	}
}

func (c *Catalog) addCast(r row) {
	c.casts[r.oid(0)] = append(c.casts[r.oid(0)], cast{target: r.oid(1), function: r.oid(2), method: r.char(3), context: r.char(4)})
}

func (c *Catalog) addFamilyOperator(r row) {
	family, operator := r.oid(0), r.oid(3)
	c.familyOps[family] = append(c.familyOps[family], support{r.oid(1), r.oid(2), operator})
	c.operatorIn[operator] = append(c.operatorIn[operator], family)
}

func (c *Catalog) addFamilyFunction(r row) {
	c.familyFns[r.oid(0)] = append(c.familyFns[r.oid(0)], support{r.oid(1), r.oid(2), r.oid(3)})
}

func (c *Catalog) addClass(r row) {
	c.classes[r.oid(0)] = opclass{method: r.text(1), family: r.oid(2), typ: r.oid(3), fallback: r.text(4) == "t"}
}

func (c *Catalog) addAggregate(r row) { c.aggregates[r.oid(0)] = r.oids(1) }

func (c *Catalog) addIndex(r row) {
	to := c.relation(r.oid(0))
	if text := r.text(1); text != "" {
		to.indexes = append(to.indexes, text)
	}
	to.classes = append(to.classes, r.oids(2)...)
}

func (c *Catalog) addPartitioned(r row) {
	to := c.relation(r.oid(0))
	if text := r.text(1); text != "" {
		to.indexes = append(to.indexes, text)
	}
	to.keys = append(to.keys, r.oids(2)...)
}

func (c *Catalog) addStatistics(r row) {
	to := c.relation(r.oid(0))
	to.indexes = append(to.indexes, r.text(1))
}

func (c *Catalog) addRule(r row) { c.relation(r.oid(0)).rule = r.text(1) }

// tree reads a tree of the catalog once. What cannot be read is empty: the
// catalog prints trees without line breaks, so that does not come about.
func (c *Catalog) tree(text string) Item {
	item, known := c.read[text]
	if !known {
		item, _ = Read("(" + text + ")") // several expressions may stand behind each other
		c.read[text] = item
	}
	return item
}
