// Package pgtreetest has texts that are hard on the parser, for the tests of the
// packages that must withstand them.
package pgtreetest

import "strings"

// Shapes are texts of n links each: every way that was found to make the parser's
// tree deep, and some that only look so.
var Shapes = map[string]func(n int) string{
	"and":    func(n int) string { return "select a" + strings.Repeat(" and a", n) },
	"andnot": func(n int) string { return "select a" + strings.Repeat(" and (not a", n) + strings.Repeat(")", n) },
	"any": func(n int) string {
		return "select " + strings.Repeat("1=any(select ", n) + "1" + strings.Repeat(")", n)
	},
	"anyarr": func(n int) string { return "select " + strings.Repeat("1=any(", n) + "1" + strings.Repeat(")", n) },
	"arr":    func(n int) string { return "select array" + strings.Repeat("[", n) + "1" + strings.Repeat("]", n) },
	"arrsel": func(n int) string {
		return "select " + strings.Repeat("array(select ", n) + "1" + strings.Repeat(")", n)
	},
	"attz":       func(n int) string { return "select a" + strings.Repeat(` at local`, n) },
	"between":    func(n int) string { return "select a" + strings.Repeat(` between 1 and not a`, n) },
	"betweennot": func(n int) string { return "select a" + strings.Repeat(` between 1 and not not not not not not a`, n) },
	"case": func(n int) string {
		return "select " + strings.Repeat("case when ", n) + "true" + strings.Repeat(" then 1 end", n)
	},
	"casearg": func(n int) string {
		return "select " + strings.Repeat("case ", n) + "1" + strings.Repeat(" when 1 then 1 end", n)
	},
	"caseelse": func(n int) string {
		return "select " + strings.Repeat("case when a then 1 else ", n) + "1" + strings.Repeat(" end", n)
	},
	"casethen": func(n int) string {
		return "select " + strings.Repeat("case when a then ", n) + "1" + strings.Repeat(" end", n)
	},
	"cast":    func(n int) string { return "select 1" + strings.Repeat("::int", n) },
	"cast2":   func(n int) string { return "select " + strings.Repeat("cast(", n) + "1" + strings.Repeat(" as a)", n) },
	"collate": func(n int) string { return "select a" + strings.Repeat(` collate "C"`, n) },
	"collfor": func(n int) string {
		return "select " + strings.Repeat("collation for(", n) + "1" + strings.Repeat(")", n)
	},
	"concat": func(n int) string { return "select a" + strings.Repeat("||a", n) },
	"cte": func(n int) string {
		return strings.Repeat("with a as (", n) + "select 1" + strings.Repeat(") select 1", n)
	},
	"escape": func(n int) string {
		return "select " + strings.Repeat("a like a escape (", n) + "1" + strings.Repeat(")", n)
	},
	"exists": func(n int) string {
		return "select " + strings.Repeat("exists (select ", n) + "1" + strings.Repeat(")", n)
	},
	"extract": func(n int) string {
		return "select " + strings.Repeat("extract(a from ", n) + "1" + strings.Repeat(")", n)
	},
	"filter": func(n int) string {
		return "select " + strings.Repeat("f() filter (where ", n) + "true" + strings.Repeat(")", n)
	},
	"from": func(n int) string {
		return "select 1 from " + strings.Repeat("(select 1 from ", n) + "t" + strings.Repeat(") x", n)
	},
	"fromfunc": func(n int) string {
		return "select 1 from " + strings.Repeat("f((select 1 from ", n) + "t" + strings.Repeat("))", n)
	},
	"fromnoalias": func(n int) string {
		return "select from " + strings.Repeat("(select from ", n) + "t" + strings.Repeat(")", n)
	},
	"func":     func(n int) string { return "select " + strings.Repeat("f(", n) + "1" + strings.Repeat(")", n) },
	"greatest": func(n int) string { return "select " + strings.Repeat("greatest(", n) + "1" + strings.Repeat(")", n) },
	"gs": func(n int) string {
		return "select 1 group by " + strings.Repeat("grouping sets(", n) + "a" + strings.Repeat(")", n)
	},
	"in":    func(n int) string { return "select " + strings.Repeat("1 in (", n) + "1" + strings.Repeat(")", n) },
	"indir": func(n int) string { return "select " + strings.Repeat("(", n) + "a" + strings.Repeat(").b", n) },
	"isdistinct": func(n int) string {
		return "select a" + strings.Repeat(` is distinct from (a`, n) + strings.Repeat(")", n)
	},
	"isjson":    func(n int) string { return "select a" + strings.Repeat(" is json", n) },
	"isnull":    func(n int) string { return "select a" + strings.Repeat(` is null`, n) },
	"isnull2":   func(n int) string { return "select a" + strings.Repeat(` isnull`, n) },
	"join":      func(n int) string { return "select 1 from a" + strings.Repeat(" join a on true", n) },
	"joincomma": func(n int) string { return "select 1 from a" + strings.Repeat(" natural join a", n) },
	"joinon": func(n int) string {
		return "select 1 from a" + strings.Repeat(" join a", n) + strings.Repeat(" on true", n)
	},
	"json": func(n int) string { return "select " + strings.Repeat("json(", n) + "1" + strings.Repeat(")", n) },
	"jsonagg": func(n int) string {
		return "select " + strings.Repeat("json_objectagg(a:", n) + "1" + strings.Repeat(")", n)
	},
	"jsonaggf": func(n int) string {
		return "select " + strings.Repeat("json_arrayagg(a) filter(where ", n) + "1" + strings.Repeat(")", n)
	},
	"jsonarr": func(n int) string { return "select " + strings.Repeat("json_array(", n) + "1" + strings.Repeat(")", n) },
	"jsonarrq": func(n int) string {
		return "select " + strings.Repeat("json_array(select ", n) + "1" + strings.Repeat(")", n)
	},
	"jsonobj": func(n int) string {
		return "select " + strings.Repeat("json_object('a':", n) + "1" + strings.Repeat(")", n)
	},
	"jsonpass": func(n int) string {
		return "select " + strings.Repeat("json_value(a,'$' passing ", n) + "1" + strings.Repeat(" as x)", n)
	},
	"jsonq": func(n int) string {
		return "select " + strings.Repeat("json_value(", n) + "1" + strings.Repeat(",'$')", n)
	},
	"jsonser": func(n int) string {
		return "select " + strings.Repeat("json_serialize(", n) + "1" + strings.Repeat(")", n)
	},
	"like":  func(n int) string { return "select a" + strings.Repeat(` like (a`, n) + strings.Repeat(")", n) },
	"limit": func(n int) string { return strings.Repeat("select 1 limit (", n) + "select 1" + strings.Repeat(")", n) },
	"named": func(n int) string { return "select " + strings.Repeat("f(a=>", n) + "1" + strings.Repeat(")", n) },
	"not":   func(n int) string { return "select " + strings.Repeat("not ", n) + "true" },
	"op":    func(n int) string { return "select a" + strings.Repeat(" operator(pg_catalog.+) a", n) },
	"oror":  func(n int) string { return "select a" + strings.Repeat(" or (a and a", n) + strings.Repeat(")", n) },
	"over": func(n int) string {
		return "select " + strings.Repeat("f() over (order by ", n) + "true" + strings.Repeat(")", n)
	},
	"overlaps": func(n int) string {
		return "select " + strings.Repeat("((1,2) overlaps (1,", n) + "1" + strings.Repeat("))", n)
	},
	"overpart": func(n int) string {
		return "select " + strings.Repeat("f() over(partition by ", n) + "true" + strings.Repeat(")", n)
	},
	"parens":     func(n int) string { return "select " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) },
	"plus":       func(n int) string { return "select 1" + strings.Repeat("+1", n) },
	"row":        func(n int) string { return "select " + strings.Repeat("(1,", n) + "1" + strings.Repeat(")", n) },
	"scal":       func(n int) string { return "select " + strings.Repeat("(select ", n) + "1" + strings.Repeat(")", n) },
	"sub":        func(n int) string { return "select a" + strings.Repeat("[a", n) + strings.Repeat("]", n) },
	"sub2":       func(n int) string { return "select a" + strings.Repeat("[1:a", n) + strings.Repeat("]", n) },
	"tilde":      func(n int) string { return "select " + strings.Repeat("~ ", n) + "a" },
	"trim":       func(n int) string { return "select " + strings.Repeat("trim(", n) + "1" + strings.Repeat(")", n) },
	"typmod":     func(n int) string { return "select 1::" + strings.Repeat("a(1::", n) + "int" + strings.Repeat(")", n) },
	"unary":      func(n int) string { return "select " + strings.Repeat("- ", n) + "a" },
	"unaryplus":  func(n int) string { return "select " + strings.Repeat("+", n) + "a" },
	"union":      func(n int) string { return "select 1" + strings.Repeat(" union select 1", n) },
	"union2":     func(n int) string { return strings.Repeat("(select 1 union ", n) + "select 1" + strings.Repeat(")", n) },
	"unioncols":  func(n int) string { return "select a,b" + strings.Repeat(" union select a,b", n) },
	"unionr":     func(n int) string { return strings.Repeat("select 1 union (", n) + "select 1" + strings.Repeat(")", n) },
	"uniontable": func(n int) string { return "table a" + strings.Repeat(" union table a", n) },
	"unionvals":  func(n int) string { return "values(1)" + strings.Repeat(" union values(1)", n) },
	"within": func(n int) string {
		return "select " + strings.Repeat("f() within group (order by ", n) + "true" + strings.Repeat(")", n)
	},
	"xmlf": func(n int) string {
		return "select " + strings.Repeat("xmlelement(name a,", n) + "a" + strings.Repeat(")", n)
	},
	"lateral": func(n int) string {
		return "select 1 from " + strings.Repeat("lateral (values ((select 1 from ", n) + "t" + strings.Repeat("))) x", n)
	},
	"jt": func(n int) string {
		return "select 1 from json_table('{}','$' columns (" + strings.Repeat("nested path '$' columns (", n) + "a int" + strings.Repeat(")", n) + "))"
	},
	"jt2": func(n int) string {
		return "select 1 from json_table('{}','$' columns (" + strings.Repeat("nested '$' columns(", n) + "a int" + strings.Repeat(")", n) + "))"
	},
	"jsonqd": func(n int) string {
		return "select " + strings.Repeat("json_value(a,'$' default ", n) + "1" + strings.Repeat(" on empty)", n)
	},
	"xmltable": func(n int) string {
		return "select 1 from " + strings.Repeat("xmltable('a' passing (select 1 from ", n) + "a" + strings.Repeat(") columns a int)", n)
	},
	"xmltabledef": func(n int) string {
		return "select 1 from " + strings.Repeat("xmltable('a' passing a columns a int default (select 1 from ", n) + "a" + strings.Repeat("))", n)
	},
	"sample": func(n int) string {
		return "select 1 from " + strings.Repeat("a tablesample f((select 1 from ", n) + "a" + strings.Repeat("))", n)
	},
	"vals": func(n int) string {
		return "select 1 from " + strings.Repeat("(values((select 1 from ", n) + "(values(1))x" + strings.Repeat(")))x", n)
	},
	"rowsfrom": func(n int) string {
		return "select 1 from " + strings.Repeat("rows from(f((select 1 from ", n) + "t" + strings.Repeat(")))", n)
	},
	"winfr": func(n int) string {
		return "select " + strings.Repeat("f() over (rows (select ", n) + "1" + strings.Repeat(") preceding)", n)
	},
	"cyc": func(n int) string {
		return strings.Repeat("with recursive a as (", n) + "select 1" + strings.Repeat(") cycle a set b using c select 1", n)
	},
}
