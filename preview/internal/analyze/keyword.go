package analyze

import (
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// keywordCalls are the kinds of node, and the operations of JsonFuncExpr, that stand
// for words which PostgreSQL 16 and 17 made keywords. An older server reads the word
// as a call of a function of that name, if the database has one.
var keywordCalls = map[string]string{
	"JsonTable": "json_table", "JsonObjectConstructor": "json_object", "JsonArrayConstructor": "json_array",
	"JsonArrayQueryConstructor": "json_array", "JsonObjectAgg": "json_objectagg", "JsonArrayAgg": "json_arrayagg",
	"JsonParseExpr": "json", "JsonScalarExpr": "json_scalar", "JsonSerializeExpr": "json_serialize",
	"JSON_VALUE_OP": "json_value", "JSON_QUERY_OP": "json_query", "JSON_EXISTS_OP": "json_exists",
}

// keywordFunctions are the functions of pg_catalog to which the grammar resolves a
// word by itself since PostgreSQL 16, and which an older server finds through the
// search path. Of the other functions that the grammar resolves so (extract,
// position, xmlexists, ...) all servers from 14 on do the same, or they refuse the syntax.
var keywordFunctions = map[string]bool{"json_object": true}

const keywordFunctionsVersion = 160000

// keywordMeaning notes what an older server could call in the place of a node that
// this grammar has resolved by itself.
func (a *analyzer) keywordMeaning(word string, n pgtree.Node) {
	if word == "" || a.source.Version() >= newestKeywords {
		return
	}
	for _, fn := range a.source.Functions(catalog.Name{Name: word}) {
		a.run(Run{Function: fn.OID, How: Call, Through: word, At: a.place(n)})
	}
}

// newestKeywords is the version whose grammar has all of these words.
const newestKeywords = 170000
