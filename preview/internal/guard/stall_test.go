package guard

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// stalls are texts of the largest size that cost most, in this process or in the
// parser: what the bounds of complexity.go are for. BenchmarkStall shows the time.
func stalls() map[string]string {
	const size = DefaultMaxBytes
	fill := func(head, unit, tail string) string {
		return head + strings.Repeat(unit, (size-len(head)-len(tail))/len(unit)) + tail
	}
	fit := func(head, unit, tail string) string {
		n := (size - len(head) - len(tail)) / len(unit)
		for low, high := 0, n; low < high; {
			n = (low + high + 1) / 2
			if complexityViolation(head+strings.Repeat(unit, n)+tail, maxDepth) == nil {
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

// Whatever it costs, each gets an answer, and the pass over the bytes does not
// read them more often than it says.
func TestStallsAreAnswered(t *testing.T) {
	t.Parallel()
	for name, sql := range stalls() {
		if len(sql) > DefaultMaxBytes {
			t.Errorf("%s: %d bytes", name, len(sql))
		}
		st, v := Check(sql, nil)
		if (st == nil) == (len(v) == 0) {
			t.Errorf("%s: neither a statement nor a violation, or both", name)
		}
		lex := lexer{src: sql}
		for lex.next().kind != tokEOF {
		}
		if lex.cost > 2*maxRescan+len(sql) {
			t.Errorf("%s: %d bytes were read again", name, lex.cost)
		}
	}
}

func BenchmarkStall(b *testing.B) {
	for name, sql := range stalls() {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			start := cpuTime()
			for b.Loop() {
				st, _ := Check(sql, nil)
				if st != nil {
					// As wrapping does: the second parse and the comparison.
					if _, err := Parse(indentation + st.SQL()); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64((cpuTime()-start).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// cpuTime is what this process has used: on a shared machine the clock says less.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
