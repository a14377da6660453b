package guard

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// TargetQuery reads from a database what ReadTarget needs. It has no
// parameters, returns TargetColumns text columns, none of them NULL, and runs in
// PostgreSQL 14 to 18 with the rights of any role. Every name in it is
// qualified, so that nothing of the target's own can take part. Its result
// depends on the role's search_path: ask with the session that previews use.
var TargetQuery = strings.Replace(targetText, "HARMLESS", strings.Join(functionLibrary.harmless, ","), 1)

//go:embed target.sql
var targetText string

// TargetColumns is the number of columns of TargetQuery.
const TargetColumns = 10

// A Target is what a database's catalog says about the user code that a SELECT
// can reach: the volatile functions that are not PostgreSQL's own, the
// operators, casts, types and domains that run one, and the relations that hold
// values of such types. It is a snapshot: it does not change, may be shared, and
// should be read again after a short time.
type Target struct {
	functions map[string][]hazard
	operators map[string][]hazard
	types     map[string][]hazard
	relations map[string][]hazard
	// casts are the types to which a cast from a type of the database's own runs
	// one; sources are the relations, functions and types that have such values.
	casts, sources map[string][]hazard
	path           []string // the schemas that unqualified names are looked for in
	// columns holds, by column, the relations that have one named like one of
	// the functions.
	columns map[string][]ownColumn
}

// An ownColumn is a relation that has a column of some name.
type ownColumn struct {
	schema, relation string
	visible          bool
}

// A hazard is an object that runs a volatile function.
type hazard struct {
	schema  string // of the object
	visible bool   // the search path finds it without its schema
	// The function behind it, which an operator can allow.
	fnSchema, fnName string
	extension        string
	// Arguments it takes.
	lo, hi int
	// row says whether a single argument can be a row: "no", "table" for the
	// row of some table, "any" for every row.
	row string
}

// ReadTarget takes the rows of TargetQuery.
func ReadTarget(rows [][]string) (*Target, error) {
	t := &Target{
		functions: make(map[string][]hazard), operators: make(map[string][]hazard),
		types: make(map[string][]hazard), relations: make(map[string][]hazard),
		casts: make(map[string][]hazard), sources: make(map[string][]hazard),
		columns: make(map[string][]ownColumn),
	}
	for i, row := range rows {
		if err := t.add(row); err != nil {
			return nil, fmt.Errorf("catalog row %d: %w", i+1, err)
		}
	}
	return t, nil
}

func (t *Target) add(row []string) error {
	if len(row) != TargetColumns {
		return fmt.Errorf("%d columns, want %d", len(row), TargetColumns)
	}
	name := row[2]
	lo, err1 := strconv.Atoi(row[6])
	hi, err2 := strconv.Atoi(row[7])
	visible, err3 := strconv.ParseBool(row[9])
	if err1 != nil || err2 != nil || err3 != nil {
		return fmt.Errorf("%s %s: not the columns of TargetQuery", row[0], name)
	}
	h := hazard{
		schema: row[1], visible: visible, fnSchema: row[3], fnName: row[4], extension: row[5],
		lo: lo, hi: hi, row: row[8],
	}
	if functionLibrary.extensionAllows(h.extension, h.fnName) {
		return nil
	}
	if row[0] == "function" && h.schema == systemSchema && functionLibrary.builtin[name].class != classUnknown {
		return nil // judged by name already
	}
	switch row[0] {
	case "function":
		t.functions[name] = append(t.functions[name], h)
	case "operator":
		t.operators[name] = append(t.operators[name], h)
	case "type":
		t.types[name] = append(t.types[name], h)
	case "relation":
		t.relations[name] = append(t.relations[name], h)
	case "cast":
		t.casts[name] = append(t.casts[name], h)
	case "cast-type", "cast-relation", "cast-function":
		t.sources[name] = append(t.sources[name], h)
	case "path":
		t.path = append(t.path, h.schema)
	case "column":
		t.columns[row[4]] = append(t.columns[row[4]], ownColumn{h.schema, name, h.visible})
	default:
		return fmt.Errorf("unknown kind %q", row[0])
	}
	return nil
}
