package origin

import (
	"encoding/json"
	"fmt"
)

// facts says how a statement could carry a column's values into its result.
type facts struct {
	// mentioned has every name that the statement writes where a column's could
	// stand, and then some: too many is safe, too few is not.
	mentioned map[string]bool
	// attributes has the names behind a dot, which may be functions that take
	// the whole row: u.to_jsonb.
	attributes map[string]bool
	// hidden: a column can get on without its name, by a star or a whole row
	// where names are lost.
	hidden bool

	// rows has the names in FROM that stand for a table's whole row; subqueries
	// those of subselects and CTEs, whose row holds a star's columns.
	rows, subqueries map[string]bool
	// singles has the names that stand alone and so may mean a whole row.
	singles map[string]bool
	stars   int
}

// factsOf reads a statement's tree, in the parser's JSON.
func factsOf(tree string) (*facts, error) {
	var root any
	if err := json.Unmarshal([]byte(tree), &root); err != nil {
		return nil, fmt.Errorf("origin: the parser's tree: %w", err)
	}
	f := &facts{
		mentioned: map[string]bool{}, attributes: map[string]bool{}, singles: map[string]bool{},
		rows: map[string]bool{}, subqueries: map[string]bool{},
	}
	f.statement(root)
	for name := range f.singles {
		if f.rows[name] || f.stars > 0 && f.subqueries[name] {
			f.hidden = true
		}
	}
	return f, nil
}

// carries tells whether the values of a column can get into the result.
// wholeRow has the functions that take a row of any type, or of a table's.
func (f *facts) carries(column string, wholeRow map[string]bool) bool {
	if f.hidden || f.mentioned[fold(column)] {
		return true
	}
	for name := range f.attributes {
		if wholeRow[name] {
			return true
		}
	}
	return false
}

// statement reads the statement itself, a CTE or a subselect in FROM: the only
// places where a star keeps the names of its columns.
func (f *facts) statement(v any) {
	if inner := at(v, "SelectStmt"); inner != nil {
		f.selectStmt(inner, false)
		return
	}
	f.value(v)
}

func (f *facts) value(v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			fields, isNode := child.(map[string]any)
			if isNode {
				f.node(key, fields)
			} else {
				f.value(child)
			}
		}
	case []any:
		for _, child := range v {
			f.value(child)
		}
	}
}

// node looks at one node, then at what it holds. Keys that are fields and not
// kinds fall through to the default.
func (f *facts) node(kind string, n map[string]any) {
	switch kind {
	case "String":
		f.mentioned[named(n, "sval")] = true
	case "ColumnRef":
		f.columnRef(n)
	case "A_Star":
		// Every star that is not the plain one of selectList loses its names.
		f.hidden = true
	case "A_Indirection":
		for _, name := range stringsOf(n["indirection"]) {
			f.attributes[name] = true
		}
	case "ctequery", "subquery":
		f.statement(n)
		return
	case "SelectStmt":
		// In an expression, such as JSON_ARRAY(SELECT ...).
		f.selectStmt(n, true)
		return
	case "SubLink":
		f.subLink(n)
		return
	case "RangeVar":
		f.rows[named(n, "relname")] = true
		f.alias(n, f.rows, true)
	case "JoinExpr":
		f.alias(n, f.rows, true)
		if using, ok := n["join_using_alias"].(map[string]any); ok {
			f.rows[named(using, "aliasname")] = true
		}
	case "RangeSubselect":
		before := f.stars
		f.children(n)
		f.alias(n, f.subqueries, f.stars > before)
		return
	case "CommonTableExpr":
		before := f.stars
		f.children(n)
		f.subqueries[named(n, "ctename")] = true
		if names, ok := n["aliascolnames"].([]any); ok && len(names) > 0 && f.stars > before {
			f.hidden = true
		}
		return
	}
	f.children(n)
}

func (f *facts) children(n map[string]any) { f.value(n) }

// alias notes the name of an alias. A list of column names behind it renames
// what a star or a table brings.
func (f *facts) alias(n map[string]any, into map[string]bool, renames bool) {
	alias, ok := n["alias"].(map[string]any)
	if !ok {
		return
	}
	into[named(alias, "aliasname")] = true
	if names, ok := alias["colnames"].([]any); ok && len(names) > 0 && renames {
		f.hidden = true
	}
}

func (f *facts) columnRef(n map[string]any) {
	fields, ok := n["fields"].([]any)
	if !ok {
		return
	}
	names := stringsOf(fields)
	switch {
	case len(names) == 1 && len(fields) == 1:
		f.singles[names[0]] = true
	case len(names) > 1 && len(names) == len(fields):
		f.attributes[names[len(names)-1]] = true
	}
}

// selectStmt reads one SELECT. A star of its own list keeps the columns' names,
// unless the list is an arm of a set operation or the value of an expression.
func (f *facts) selectStmt(n map[string]any, namesLost bool) {
	if op := text(n, "op"); op != "" && op != "SETOP_NONE" {
		namesLost = true
	}
	for key, child := range n {
		switch key {
		case "targetList":
			f.targetList(child, namesLost)
		case "larg", "rarg":
			if arm, ok := child.(map[string]any); ok {
				f.selectStmt(arm, true)
			}
		default:
			if fields, ok := child.(map[string]any); ok {
				f.node(key, fields)
			} else {
				f.value(child)
			}
		}
	}
}

func (f *facts) targetList(list any, namesLost bool) {
	targets, ok := list.([]any)
	if !ok {
		f.value(list)
		return
	}
	for _, target := range targets {
		if !isStar(target) {
			f.value(target)
			continue
		}
		f.stars++
		f.hidden = f.hidden || namesLost
	}
}

// subLink reads a subselect that stands in an expression: only EXISTS does not
// look at its columns.
func (f *facts) subLink(n map[string]any) {
	for key, child := range n {
		wrapper, ok := child.(map[string]any)
		if !ok {
			f.value(child)
			continue
		}
		if inner, ok := wrapper["SelectStmt"].(map[string]any); ok && key == "subselect" {
			f.selectStmt(inner, text(n, "subLinkType") != "EXISTS_SUBLINK")
			continue
		}
		f.value(child)
	}
}

// isStar tells whether a target is * or t.* and nothing else.
func isStar(target any) bool {
	fields, ok := at(target, "ResTarget", "val", "ColumnRef")["fields"].([]any)
	if !ok || len(fields) == 0 {
		return false
	}
	last, ok := fields[len(fields)-1].(map[string]any)
	if !ok {
		return false
	}
	_, star := last["A_Star"]
	return star
}

// at follows keys through objects; nil where the way ends.
func at(v any, keys ...string) map[string]any {
	n, _ := v.(map[string]any)
	for _, key := range keys {
		n, _ = n[key].(map[string]any)
	}
	return n
}

func text(n map[string]any, field string) string {
	s, _ := n[field].(string)
	return s
}

// named returns a name in the form that names are compared in.
func named(n map[string]any, field string) string { return fold(text(n, field)) }

// stringsOf returns the names in a list of String nodes, leaving out others.
func stringsOf(list any) []string {
	items, _ := list.([]any)
	var names []string
	for _, item := range items {
		if s, ok := at(item, "String")["sval"].(string); ok {
			names = append(names, fold(s))
		}
	}
	return names
}
