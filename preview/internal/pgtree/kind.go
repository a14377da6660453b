package pgtree

// A Kind is one of the kinds of nodes that visitors tell apart.
type Kind uint8

// The kinds that have a name of their own; KindOther is every other one.
const (
	KindOther Kind = iota
	KindSelect
	KindWith
	KindCTE
	KindRangeVar
	KindRangeSubselect
	KindRangeFunction
	KindTableSample
	KindTableFunc
	KindJoin
	KindAlias
	KindColumnRef
	KindIndirection
	KindString
	KindExpr
	KindFuncCall
	KindTypeName
	KindSortBy
	KindSubLink
	KindNamedArg
	KindParam
	KindResTarget
	KindRow
	KindArray
	KindTypeCast
	KindList
	KindStar
	KindColumnDef // a column of a function in FROM, of XMLTABLE or JSON_TABLE
)

var kindsByName = map[string]Kind{
	"SelectStmt": KindSelect, "WithClause": KindWith, "CommonTableExpr": KindCTE,
	"RangeVar": KindRangeVar, "RangeSubselect": KindRangeSubselect, "RangeFunction": KindRangeFunction,
	"RangeTableSample": KindTableSample, "RangeTableFunc": KindTableFunc, "JsonTable": KindTableFunc,
	"JoinExpr": KindJoin, "Alias": KindAlias, "ColumnRef": KindColumnRef, "A_Indirection": KindIndirection,
	"String": KindString, "A_Expr": KindExpr, "FuncCall": KindFuncCall, "TypeName": KindTypeName,
	"SortBy": KindSortBy, "SubLink": KindSubLink, "NamedArgExpr": KindNamedArg, "ParamRef": KindParam,
	"ResTarget": KindResTarget, "RowExpr": KindRow, "A_ArrayExpr": KindArray, "TypeCast": KindTypeCast, "List": KindList,
	"A_Star": KindStar, "ColumnDef": KindColumnDef, "RangeTableFuncCol": KindColumnDef, "JsonTableColumn": KindColumnDef,
}
