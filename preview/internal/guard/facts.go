package guard

import "slices"

// This file is what the rules look at; gather.go collects it from the tree.

// facts is what the rules look at once the tree has been read.
type facts struct {
	functions  []Function
	tables     []table
	attributes []attribute
	scopes     []scope
	// Names that FROM gives: those of function calls, whose value may be of
	// any type, and those of everything else, whose value is a row.
	functionAliases []string
	rowAliases      []string
	// variables are the names that FROM gives.
	variables []rangeVariable
	// broken rules of the tree itself, and where.
	breaks []ruleBreak
}

// A table is a relation in FROM, before names of CTEs are told apart.
type table struct {
	catalog, schema, name string
	alias                 string
	loc                   int
	scope                 int32
}

// An attribute is `value.name`, which PostgreSQL reads as name(value) where
// value has no such column.
type attribute struct {
	qualifier string // the range variable of `range_variable.name`, or empty
	row       bool   // a schema is written too: it is a table
	name      string
	loc       int
}

// A ruleBreak is something in the tree that grammar.txt does not allow.
type ruleBreak struct {
	rule   string
	detail string
	loc    int
}

// A scope holds the names that one WITH gives. The query of a CTE is a scope
// too: it sees the CTEs before it, or all of them under RECURSIVE.
type scope struct {
	parent    int32
	upTo      int32 // how many of the parent's CTEs are visible; -1 for all
	recursive bool
	count     int32            // of CTEs so far
	ctes      map[string]int32 // the place of the first CTE of a name
}

func (s *scope) define(name string) {
	if s.ctes == nil {
		s.ctes = make(map[string]int32)
	}
	if _, ok := s.ctes[name]; !ok {
		s.ctes[name] = s.count
	}
	s.count++
}

// A rangeVariable is a name that FROM gives, and the columns that the text lists for
// it: those of an alias, or of column definitions.
type rangeVariable struct {
	name    string
	columns []string
}

// lists reports whether every range variable that the name before the dot can mean
// lists the name behind it as a column, so that it calls nothing.
func (f *facts) lists(a *attribute) bool {
	found := false
	for _, v := range f.variables {
		if v.name != a.qualifier {
			continue
		}
		if !slices.Contains(v.columns, a.name) {
			return false
		}
		found = true
	}
	return found && !a.row && a.qualifier != ""
}

// qualified splits a name into its schema, empty when there is none, and the
// name itself.
func qualified(names []string) (schema, name string) {
	switch n := len(names); n {
	case 0:
		return "", ""
	case 1:
		return "", names[0]
	default:
		return names[n-2], names[n-1]
	}
}
