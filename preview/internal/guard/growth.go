package guard

import "strings"

// This file knows what quotes a value again; expand.go gathers it.

// grow counts how often a value is quoted again.
func (w *walker) grow(f, parent *frame) {
	s := &w.shape
	by := growthOf(f, parent)
	if by > 0 {
		for i := f.firstTerm; i < len(s.terms); i++ {
			s.terms[i].growth += by
		}
	}
	s.growth = max(f.growthBefore, s.growth+by)
}

// growthOf tells how often a node quotes the values in it, at worst: by how many
// powers of two it can multiply a text of quotation marks.
func growthOf(f, parent *frame) int {
	inside := func(kind kindID) bool { return parent != nil && parent.kind != nil && parent.kind.id == kind }
	switch f.kind.id {
	case kindRow:
		return 1
	case kindArray:
		if inside(kindArray) {
			return 0 // one more dimension
		}
		return 1
	case kindTypeCast:
		return quotingTypes[f.castTo]
	case kindTypeName:
		if inside(kindTypeCast) && len(f.names) > 0 {
			parent.castTo = f.names[len(f.names)-1]
		}
	case kindFuncCall:
		if len(f.names) == 0 {
			return 0
		}
		name := f.names[len(f.names)-1]
		if makesJSON(name) {
			// JSON inside JSON is not quoted again.
			if inside(kindFuncCall) && len(parent.names) > 0 && makesJSON(parent.names[len(parent.names)-1]) {
				return 0
			}
			return 1
		}
		if strings.HasSuffix(name, "send") {
			return 1
		}
		return quotingFunctions[name]
	}
	return 0
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
