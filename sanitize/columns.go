package sanitize

import (
	"errors"
	"fmt"
	"strings"

	"github.com/op-data/sqlpreview/sanitize/internal/names"
)

// ColumnRules say which columns of the database are masked. The zero
// ColumnRules mask the columns whose name says that they hold secrets.
type ColumnRules struct {
	// IgnoreNames turns off the built-in vocabulary of names (password, api_key,
	// accesstoken, ssn, contraseña and the like; not password_changed_at or
	// token_price, which speak of a secret and hold none). Default: it holds.
	IgnoreNames bool
	// Names adds to the names, in any spelling: shoe_size, shoeSize.
	Names []string
	// Mask lists further columns as schema.table.column. Parts are written as in
	// SQL: folded to lower case unless in double quotes; * stands for any part.
	Mask []string
	// Keep lists, in the same way, columns that are not masked whatever their
	// name. Mask is stronger than Keep.
	Keep []string
}

// The rules that mask a column, as MaskingRules returns them.
const (
	// RuleColumnName: the column's name is on the list of names.
	RuleColumnName = "column_name"
	// RuleColumn: the operator's rules mask the column.
	RuleColumn = "column_rule"
	// RuleColumnOrigin: the output column may show a masked one. MaskingRules gives it
	// where the query reads a relation with a masked column, and it is not known that this
	// output column shows another. Previews, which follow values through the query, give
	// it where the values are made from a masked column or an expression may show one.
	RuleColumnOrigin = "column_origin"
	// RuleSystemColumn: the column is one of PostgreSQL's own, or of an extension's,
	// that can hold a secret or other sessions' statements. MaskingRules does not give
	// it; who knows the database does.
	RuleSystemColumn = "system_column"
)

// ColumnID names a column of a table. Parts are as in the catalog, unquoted.
type ColumnID struct {
	Schema, Table, Column string
	// Type is the column's type, by its OID: no boolean, date or time is a secret,
	// and a number only if its name is that of a number (a PIN, a card's). 0: not
	// known, and the name alone decides.
	Type uint32
}

// OutputColumn is a column of a query's result.
type OutputColumn struct {
	// Name is the name in the result, which an alias may have set.
	Name string
	// Origin is the column of a base table whose values the result shows
	// unchanged. Zero: unknown, as for expressions, UNION, scalar subselects,
	// whole rows and columns of views.
	Origin ColumnID
	// Type is the type of the result's column, by its OID; see ColumnID.Type.
	Type uint32
}

// Relation is a relation that a query reads, with all its columns.
type Relation struct {
	Schema, Name string
	Columns      []string
	// Parents are the tables that it is a partition or a child of, directly or
	// through others: a rule for a column of theirs holds for its own of that name.
	Parents []TableID
}

// TableID names a table. Parts are as in the catalog, unquoted.
type TableID struct{ Schema, Name string }

// Sources are the relations that a query reads.
type Sources struct {
	// Relations lists every base table, including those that it reads only
	// through views and materialized views, and these themselves only if their
	// own columns are to be judged by name. An Origin counts as known only if
	// its table is in this list.
	Relations []Relation
	// Complete says that there are no others. It is not so if the query calls
	// functions of which it is not known what they read. Default (false): fail
	// closed, any column without a known Origin may show a masked one.
	Complete bool
}

// MaskingRules judges the columns of a result: for each the rule that masks it, to
// be handed to Cell as Input.MaskedBy, or "" to let the values decide.
//
// A column of known origin is judged by its origin, whatever the query calls
// it. Any other is masked if its own name is on the list, or if the query reads
// a relation with a masked column, for nothing proves that it shows another. That is
// for callers of this library alone: package preview follows values through the query,
// and calls this for one column at a time.
func (s *Sanitizer) MaskingRules(outputs []OutputColumn, sources Sources) []string {
	rules := make([]string, len(outputs))
	tables := make(map[TableID][]TableID, len(sources.Relations))
	tainted := !sources.Complete && s.columns.any()
	for _, relation := range sources.Relations {
		table := TableID{relation.Schema, relation.Name}
		tables[table] = append(tables[table], relation.Parents...)
		for _, column := range relation.Columns {
			tainted = tainted || s.columns.inherited(ColumnID{Schema: relation.Schema, Table: relation.Name, Column: column}, relation.Parents) != ""
		}
	}
	for i, output := range outputs {
		origin := output.Origin
		parents, known := tables[TableID{origin.Schema, origin.Table}]
		switch {
		case known && origin.Column != "":
			rules[i] = s.columns.inherited(origin, parents)
		case s.columns.secret(output.Name, output.Type):
			rules[i] = RuleColumnName
		case tainted || s.columns.rule(origin) != "":
			rules[i] = RuleColumnOrigin
		}
	}
	return rules
}

// MasksColumns reports whether the rules mask any column at all.
func (s *Sanitizer) MasksColumns() bool { return s.columns.any() }

// MasksColumn reports whether the rules mask a column of a base table, whose
// parents are as in Relation.
func (s *Sanitizer) MasksColumn(column ColumnID, parents ...TableID) bool {
	return s.columns.inherited(column, parents) != ""
}

// columnPolicy is ColumnRules, checked and made ready.
type columnPolicy struct {
	names      *names.List // nil: no names
	mask, keep []columnPattern
}

func newColumnPolicy(rules ColumnRules) (columnPolicy, error) {
	var policy columnPolicy
	var err error
	if !rules.IgnoreNames || len(rules.Names) > 0 {
		if policy.names, err = names.NewList(!rules.IgnoreNames, rules.Names); err != nil {
			return policy, fmt.Errorf("sanitize: Columns.Names: %w", err)
		}
	}
	if policy.mask, err = parseColumns(rules.Mask); err != nil {
		return policy, fmt.Errorf("sanitize: Columns.Mask: %w", err)
	}
	if policy.keep, err = parseColumns(rules.Keep); err != nil {
		return policy, fmt.Errorf("sanitize: Columns.Keep: %w", err)
	}
	return policy, nil
}

func (p *columnPolicy) any() bool { return p.names != nil || len(p.mask) > 0 }

// secret reports whether the name of a column, and its type where that is known,
// say that it holds secrets.
func (p *columnPolicy) secret(name string, typeOID uint32) bool {
	switch {
	case p.names == nil:
		return false
	case typeOID == 0:
		return p.names.Secret(name)
	}
	switch ClassOf(typeOID) {
	case Numeric:
		return p.names.SecretNumber(name)
	case Fixed:
		const uuid, bit, varbit = 2950, 1560, 1562
		return (typeOID == uuid || typeOID == bit || typeOID == varbit) && p.names.Secret(name)
	default:
		return p.names.Secret(name)
	}
}

// rule returns the rule that masks a column of the database, or "".
func (p *columnPolicy) rule(column ColumnID) string {
	switch {
	case matchesAny(p.mask, column):
		return RuleColumn
	case p.secret(column.Column, column.Type) && !matchesAny(p.keep, column):
		return RuleColumnName
	default:
		return ""
	}
}

// inherited returns the rule that masks a column of a table or of one of its
// parents. What a rule for the table itself keeps, a parent's may mask.
func (p *columnPolicy) inherited(column ColumnID, parents []TableID) string {
	rule := p.rule(column)
	for i := 0; rule == "" && i < len(parents); i++ {
		if matchesAny(p.mask, ColumnID{Schema: parents[i].Schema, Table: parents[i].Name, Column: column.Column}) {
			rule = RuleColumn
		}
	}
	return rule
}

// columnPattern is schema.table.column, each part an identifier or nil for *.
type columnPattern [3]*string

func matchesAny(patterns []columnPattern, column ColumnID) bool {
	for _, pattern := range patterns {
		matches := true
		for i, part := range [...]string{column.Schema, column.Table, column.Column} {
			matches = matches && (pattern[i] == nil || *pattern[i] == part)
		}
		if matches {
			return true
		}
	}
	return false
}

func parseColumns(texts []string) ([]columnPattern, error) {
	patterns := make([]columnPattern, 0, len(texts))
	for _, text := range texts {
		pattern, err := parseColumn(text)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		patterns = append(patterns, pattern)
	}
	return patterns, nil
}

var errColumnSyntax = errors.New(`write schema.table.column, where a part is an identifier, a "quoted identifier" or *`)

// parseColumn reads one pattern, with PostgreSQL's rules for identifiers.
func parseColumn(text string) (columnPattern, error) {
	var pattern columnPattern
	for i := range pattern {
		part, rest, err := parsePart(text)
		if err != nil {
			return pattern, err
		}
		pattern[i] = part
		if i < len(pattern)-1 {
			var dot bool
			if rest, dot = strings.CutPrefix(rest, "."); !dot {
				return pattern, errColumnSyntax
			}
		}
		text = rest
	}
	if text != "" {
		return pattern, errColumnSyntax
	}
	return pattern, nil
}

func parsePart(text string) (part *string, rest string, err error) {
	if strings.HasPrefix(text, `"`) {
		var name strings.Builder
		for rest = text[1:]; ; {
			before, after, found := strings.Cut(rest, `"`)
			if !found {
				return nil, "", errColumnSyntax
			}
			name.WriteString(before)
			if !strings.HasPrefix(after, `"`) {
				rest = after
				break
			}
			name.WriteByte('"')
			rest = after[1:]
		}
		if name.Len() == 0 {
			return nil, "", errColumnSyntax
		}
		quoted := name.String()
		return &quoted, rest, nil
	}
	end := strings.IndexAny(text, `."`)
	if end < 0 {
		end = len(text)
	}
	word := text[:end]
	if word == "*" {
		return nil, text[end:], nil
	}
	if word == "" || strings.ContainsAny(word, " \t\n*") {
		return nil, "", errColumnSyntax
	}
	// PostgreSQL folds ASCII; other letters stay as they are.
	folded := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, word)
	return &folded, text[end:], nil
}
