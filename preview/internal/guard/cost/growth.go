package cost

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// This file knows what quotes a value again.

// quote makes the terms from the first on count as quoted again.
func (s *shapes) quote(first, before, by int) {
	if by > 0 {
		for i := first; i < len(s.terms); i++ {
			s.terms[i].growth += by
		}
	}
	s.growth = max(before, s.growth+by)
}

// growthOf tells how often a node quotes the values in it, at worst: by how many
// powers of two it can multiply a text of quotation marks.
func growthOf(f *pgtree.Frame, n *node) int {
	switch f.Kind {
	case pgtree.KindRow:
		return 1
	case pgtree.KindArray:
		if f.Inside(pgtree.KindArray) {
			return 0 // one more dimension
		}
		return 1
	case pgtree.KindTypeCast:
		return quotingTypes[n.castTo]
	case pgtree.KindFuncCall:
		return growthOfCall(f)
	}
	return 0
}

func growthOfCall(f *pgtree.Frame) int {
	name := lastOf(f.Names)
	switch {
	case makesJSON(name):
		// JSON inside JSON is not quoted again.
		if f.Inside(pgtree.KindFuncCall) && makesJSON(lastOf(f.Parent.Names)) {
			return 0
		}
		return 1
	case strings.HasSuffix(name, "send"):
		return 1
	}
	return quotingFunctions[name]
}

func lastOf(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}

// quotingTypes are types whose text is longer than what is cast to them.
var quotingTypes = map[string]int{"bytea": 1, "tsvector": 1, "tsquery": 1, "hstore": 1}

// quotingFunctions return quoted, encoded or listed what they are given.
var quotingFunctions = map[string]int{
	"quote_literal": 1, "quote_nullable": 1, "quote_ident": 1, "format": 1, "encode": 2, "decode": 1, "convert_to": 1, "convert": 1,
	"row": 1, "array_agg": 1, "string_to_array": 3, "regexp_split_to_array": 3, "regexp_match": 1, "regexp_matches": 1,
	"hstore": 1, "hstore_to_array": 1, "hstore_to_json": 1, "array_to_tsvector": 1, "bytea": 1,
	"tsvector": 1, "tsquery": 1, "phraseto_tsquery": 1, "plainto_tsquery": 1, "to_tsquery": 1, "websearch_to_tsquery": 1,
	"querytree": 1, "quote_all": 1, "array_fill": 1,
}

func makesJSON(name string) bool {
	return strings.HasPrefix(name, "json") || name == "to_json" || name == "to_jsonb" || name == "row_to_json" || name == "array_to_json"
}
