package analyze

import (
	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// columnName is the name that PostgreSQL gives to an output column without one
// (FigureColname in parse_target.c).
func columnName(n pgtree.Node) string {
	if name, _ := figure(n); name != "" {
		return name
	}
	return "?column?"
}

// figure returns a name and how much it counts beside the name of a cast around it.
func figure(n pgtree.Node) (name string, strength int) {
	switch n.Kind() {
	case "ColumnRef":
		return lastName(n.Names("fields"))
	case "A_Indirection":
		for i := len(n.List("indirection")) - 1; i >= 0; i-- {
			if part := n.List("indirection")[i]; part.Kind() == "String" {
				return part.Text("sval"), 2
			}
		}
		return figure(n.Node("arg"))
	case "FuncCall":
		return lastName(n.Names("funcname"))
	case "A_Expr":
		if n.Text("kind") == "AEXPR_NULLIF" {
			return "nullif", 2
		}
	case "TypeCast":
		if name, strength = figure(n.Node("arg")); strength <= 1 {
			if names := n.Node("typeName").Names("names"); len(names) > 0 {
				return names[len(names)-1], 1
			}
		}
		return name, strength
	case "CollateClause":
		return figure(n.Node("arg"))
	case "SubLink":
		return figureSubLink(n)
	case "CaseExpr":
		if name, strength = figure(n.Node("defresult")); strength <= 1 {
			return "case", 1
		}
		return name, strength
	case "MinMaxExpr":
		if n.Text("op") == "IS_LEAST" {
			return "least", 2
		}
		return "greatest", 2
	case "JsonFuncExpr":
		return keywordCalls[n.Text("op")], 2
	case "XmlExpr":
		if name = xmlNames[n.Text("op")]; name == "" {
			return "", 0
		}
		return name, 2
	case "SQLValueFunction":
		return valueNames[n.Text("op")], 2
	}
	if name := fixedNames[n.Kind()]; name != "" {
		return name, 2
	}
	if word := keywordCalls[n.Kind()]; word != "" {
		return word, 2
	}
	return "", 0
}

func lastName(names []string) (string, int) {
	for i := len(names) - 1; i >= 0; i-- {
		if names[i] != pgtree.Star {
			return names[i], 2
		}
	}
	return "", 0
}

func figureSubLink(n pgtree.Node) (string, int) {
	switch n.Text("subLinkType") {
	case "EXISTS_SUBLINK":
		return "exists", 2
	case "ARRAY_SUBLINK":
		return "array", 2
	case "EXPR_SUBLINK":
		targets := n.Node("subselect").List("targetList")
		if len(targets) == 0 {
			return "", 0
		}
		if name := targets[0].Text("name"); name != "" {
			return name, 2
		}
		return figure(targets[0].Node("val"))
	}
	return "", 0
}

var fixedNames = map[string]string{
	"GroupingFunc": "grouping", "A_ArrayExpr": "array", "RowExpr": "row", "CoalesceExpr": "coalesce", "XmlSerialize": "xmlserialize",
}

var xmlNames = map[string]string{
	"IS_XMLCONCAT": "xmlconcat", "IS_XMLELEMENT": "xmlelement", "IS_XMLFOREST": "xmlforest", "IS_XMLPARSE": "xmlparse",
	"IS_XMLPI": "xmlpi", "IS_XMLROOT": "xmlroot",
}

var valueNames = map[string]string{
	"SVFOP_CURRENT_DATE": "current_date", "SVFOP_CURRENT_TIME": "current_time", "SVFOP_CURRENT_TIME_N": "current_time",
	"SVFOP_CURRENT_TIMESTAMP": "current_timestamp", "SVFOP_CURRENT_TIMESTAMP_N": "current_timestamp",
	"SVFOP_LOCALTIME": "localtime", "SVFOP_LOCALTIME_N": "localtime",
	"SVFOP_LOCALTIMESTAMP": "localtimestamp", "SVFOP_LOCALTIMESTAMP_N": "localtimestamp",
	"SVFOP_CURRENT_ROLE": "current_role", "SVFOP_CURRENT_USER": "current_user", "SVFOP_USER": "user",
	"SVFOP_SESSION_USER": "session_user", "SVFOP_CURRENT_CATALOG": "current_catalog", "SVFOP_CURRENT_SCHEMA": "current_schema",
}
