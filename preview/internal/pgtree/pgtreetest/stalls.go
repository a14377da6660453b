package pgtreetest

import "strings"

// Stalls are texts of at most size bytes that cost most, in this process or in the
// parser: the bounds of pgtree.Screen are there for them. Where a text of that size
// would be refused, it is as long as fits allows.
func Stalls(size int, fits func(sql string) bool) map[string]string {
	fill := func(head, unit, tail string) string {
		return head + strings.Repeat(unit, (size-len(head)-len(tail))/len(unit)) + tail
	}
	fit := func(head, unit, tail string) string {
		n := (size - len(head) - len(tail)) / len(unit)
		for low, high := 0, n; low < high; {
			n = (low + high + 1) / 2
			if fits(head + strings.Repeat(unit, n) + tail) {
				low = n
			} else {
				high = n - 1
			}
			n = low
		}
		return head + strings.Repeat(unit, n) + tail
	}
	return map[string]string{
		"plus run": fill("select 1 ", "+", ""), "sign pairs": fill("select 1 ", "-+", ""),
		"open comments": fill("select 1 ", "/*", ""), "comments": fill("select 1 ", "/**/", ""),
		"comments in a comment": fill("select 1 /*", "/**/", "*/"), "stars": fill("select 1 /*", "*", "*/"),
		"comment and operator": fill("select ", "/*+*/", " 1"), "short operators": fill("select 1 ", "@ ", ""),
		"long operators": fill("select 1 ", strings.Repeat("@", 63)+" ", ""), "signs just allowed": fit("select 1 ", "/*++++++++++++*/", ""),
		"line comments": fill("select 1 ", "--\n", ""), "spaces": fill("select 1", " ", ""),
		"string": fill("select '", "x", "'"), "escaped in JSON": fill("select '", "<", "'"), "quotes": fill("select '", "''", "'"),
		"string parts": fill("select ", "''\n", ""), "strings": fit("select ''", ",''", ""), "backslashes": fill("select E'", `\\`, "'"),
		"dollar signs": fill("select $a$", "$b", "$a$"), "dollar strings": fit("select $a$$a$", ",$a$$a$", ""),
		"unicode escapes": fill("select U&'", `\0061`, "'"), "identifier": fill(`select "`, "a", `"`), "long names": fit("select a", ","+strings.Repeat("a", 200), ""),
		"parentheses": fill("select ", "(", "1"), "brackets": fill("select array", "[", "1"), "CASE": fill("select ", "case ", "1"),
		"select list": fit("select a", ",a", ""), "constants": fit("select 1", ",1", ""), "order by": fit("select order by a", ",a", ""),
		"json_table columns": fit("select from json_table('{}','$' columns (a int", ",a int", "))"), "calls": fit("select f()", ",f()", ""),
		"casts": fit("select a", ",int ''", ""), "negations": fit("select a", ",-a", ""), "from list": fit("select from a", ",a b", ""),
		"subqueries": fit("select", ",(select)", ""), "CTEs": fit("with a as (select)", ",a as (select from b)", " select"),
		"denied calls": fit("select pg_sleep()", ",pg_sleep()", ""), "attributes": fit("select (a).pg_sleep", ",(a).pg_sleep", ""),
		"parameters": fit("select $1", ",$1", ""), "statements": fit("select", ";select", ""), "semicolons": fill("select", ";", ""),
		"deepest sum": fit("select 1", "+1", ""), "deepest union": fit("select", " union select", ""), "deepest joins": fit("select from a", " natural join a", ""),
		"deepest functions in from": fit("select from f((", "select from f((", ""), "warnings": fill(strings.Repeat(" ", size-4096), ";create global temp table t()", ""),
		"warnings just allowed": strings.Repeat(" ", size-4096) + fit("create global temp table t()", ";create global temp table t()", "")[:1800],
	}
}
