package sqlgen

import (
	"strings"

	"github.com/op-data/sqlpreview/fuzz/internal/values"
)

// stacked puts a statement before or after an honest query.
func (w *writer) stacked(statements []string) *Node {
	evil, honest := leaf(Statement, w.pick(statements...)), form(Statement, "¤", w.query(1).Node)
	separator := leaf(Fixed, w.pick(";", " ; ", ";\n", ";--\n", ";/**/", ";;", "\n;\n", "; ;", "/*;*/;", "-- ;\n;"))
	switch w.Intn(4) {
	case 0:
		return form(Statement, "¤¤¤", evil, separator, honest)
	case 1:
		return form(Statement, "¤¤¤;¤", honest, separator, evil, honest)
	case 2:
		return form(Statement, "begin¤¤¤commit", separator, evil, separator)
	}
	return form(Statement, "¤¤¤¤", honest, separator, evil, leaf(Noise, w.pick("", ";", " --", " /*")))
}

// wrapBreak closes the parenthesis of the wrapper and goes on.
func (w *writer) wrapBreak(statements []string) *Node {
	evil := leaf(Statement, w.pick(statements...))
	switch w.Intn(9) {
	case 0:
		return form(Statement, "select 1) as preview_query limit 100; ¤; select * from (select 1", evil)
	case 1:
		return form(Statement, "select 1) x; ¤ --", evil)
	case 2:
		return leaf(Statement, "select 1) as a, (select pg_advisory_lock(4730)")
	case 3:
		return leaf(Statement, "select n from generate_series(1, 500) n) as preview_query limit 500 --")
	case 4:
		return leaf(Statement, "select 1) as preview_query limit 100 /*")
	case 5:
		return leaf(Statement, w.pick("select 1 --", "select 1 -- ) as x", "select 1 /* unclosed", "select 1 /* /* */", "select 'unclosed", `select "unclosed`, "select $$unclosed", "select $a$ $b$", "select 1 \\", "select 1;--", "select 1 --\r"))
	case 6:
		return form(Statement, "select 1) union all (¤", evil)
	case 7:
		return form(Statement, "¤ as preview_query limit 1000 -- ", form(Query, "select * from generate_series(1,1000))"))
	}
	return form(Statement, "¤)¤(¤", form(Query, "select 1"), leaf(Fixed, w.pick(" union all ", ";", ",", " as x, ", " ")), w.query(0).Node)
}

// modifyingCTE puts a statement that changes rows into WITH, at any depth.
func (w *writer) modifyingCTE(statements []string) *Node {
	evil := leaf(Statement, w.pick(statements...))
	query := form(Query, w.pick("with m as (¤) select * from m", "with m as (¤) select 1", "with a as (select 1), m as (¤) select * from a", "with recursive m as (¤) select 1",
		"with m as materialized (¤) select 1", "with a as (with m as (¤) select 1) select * from a", "with m(x) as (¤) table victim",
		"with m as (¤ ) (select 1)", "with m as not materialized (¤) values (1)", "(with m as (¤) select 1) union select 2", "select * from (with m as (¤) select 1) x"), evil)
	if w.chance(2) {
		query = w.bury(query)
	}
	return w.disguise(query)
}

// rowLock adds a locking clause at any depth.
func (w *writer) rowLock(t Targets) *Node {
	lock := leaf(Fixed, w.pick(" for update", " for share", " for no key update", " for key share", " FOR/**/UPDATE", " for update nowait", " for update skip locked", " for update of v", " for share of v for update", "\nfor\nupdate"))
	query := form(Query, "select * from "+t.Table+" v¤¤", leaf(Clause, w.pick("", " where id = 1", " order by id", " limit 1")), lock)
	if w.chance(2) {
		query = form(Query, "select * from "+t.Table+" v¤ limit 1", lock)
	}
	if w.chance(2) {
		query = w.bury(query)
	}
	return w.disguise(query)
}

// selectInto makes a table by SELECT.
func (w *writer) selectInto() *Node {
	into := leaf(Fixed, w.pick("into fuzz_made", "into table fuzz_made", "into temp fuzz_made", "into temporary table fuzz_made", "into unlogged fuzz_made", "INTO/**/fuzz_made", `into "fuzz_made"`, "into public.fuzz_made", "into local temp fuzz_made", "into pg_temp.fuzz_made"))
	query := form(Query, w.pick("select 1 as a ¤", "select * ¤ from victim", "select 1 as a ¤ union select 2", "select 1 as a union select 2 ¤", "with x as (select 1 as a) select * ¤ from x", "(select 1 as a ¤)", "select ¤ from victim", "select distinct v ¤ from victim order by 1"), into)
	if w.chance(3) {
		query = w.bury(query)
	}
	return w.disguise(query)
}

// backslash writes texts that mean one thing when backslashes in plain strings
// are letters and another when they are escapes.
func (w *writer) backslash(t Targets) *Node {
	evil := w.pick("pg_advisory_lock(4740)::text", "pg_read_file("+strings.ReplaceAll(values.Quote(t.File), "'", "$$")+")", "(select count(*) from public.secrets for update)::text", "pg_sleep(0.01)::text")
	return leaf(Query, strings.ReplaceAll(w.pick(
		"select 'a\\', ' || {evil} -- '\n, 'x'", "select 'a\\' as a, ' || {evil} || /* ' as b, ' */ 'x' as c", "select * from (select '\\' as p, ') x, (select {evil}) y -- ' as q\n) z",
		`select E'a\' || {evil} || \'b'`, `select e'\\' || {evil} --'`, "select U&'\\\\' || {evil} --'", `select n'\' || {evil} --'`, "select 'a'\n'\\' , ' || {evil} --'\n, 'y'"), "{evil}", evil))
}

// quoting hides a statement or a call in quotes and comments that look closed.
func (w *writer) quoting(statements []string) *Node {
	evil := w.pick(w.pick(statements...), "pg_advisory_lock(4741)", "select pg_advisory_lock(4742)")
	return w.disguise(leaf(Statement, strings.ReplaceAll(w.pick(
		"select $a$ $A$; {evil} $a$", "select $a$b$a$; {evil}", "select $$ $ $$; {evil}", "select 1$$ $$; {evil}", "select a$$; {evil}; $$ from victim", "select '' ''; {evil}", "select 'a''; {evil}; --'",
		"select 'a' -- '\n'b; {evil}'", "select 'a'\n'b'; {evil}", "select 'a' /* */ 'b'; {evil}", "select /* /* */ {evil} */ 1", "select /* */ */ 1; {evil}", "select \"a\"\"; {evil}\"", "select 1 as \"x\"; {evil} --\"",
		"select U&'\\0027; {evil}'", "select U&'a' uescape '''; {evil}'", "select U&\"\\0022; {evil}\" from victim", "select U&'!0027' uescape '!'; {evil}", "select b'1'; {evil}", "select x'1f'';{evil}'",
		"select E'\\''; {evil} --'", "select e'\\x27; {evil}'", "select E'\\\\'; {evil}", "select $é$; {evil} $é$", "select $1$; {evil} $1$", "select 1 as $a$; {evil}", "select 1--/*\n; {evil} /*--*/", "select 1 /*--\n*/; {evil}",
		"select 1 <!-- {evil}", "select 1 -/**/- {evil}", "select '\\'; {evil} --'", "select 1 # {evil}", "select `{evil}`", "do $$ begin {evil}; end $$", "select $_$ $$ $_$, {evil}"), "{evil}", evil)))
}

// encoding puts bytes into a text that readers of it may not agree about.
func (w *writer) encoding(statements []string) *Node {
	odd := w.pick("\x00", "\xc0\xbb", "\xe0\x80\xbb", "\xef\xbc\x9b", "\u037e", "\u2028", "\u0085", "\ufeff", "\u00a0", "\v", "\x1a", "\u3000", "\u200b", "\u202e", "\xff", "\xed\xa0\x80", "\uff07", "\u02bc", "\x7f", "\u00ad", string(values.Bytes(w.Rand)))
	evil := w.pick(w.pick(statements...), "select pg_advisory_lock(4743)")
	return leaf(Statement, strings.NewReplacer("{odd}", odd, "{evil}", evil).Replace(w.pick(
		"select 1{odd}; {evil}", "select 1 {odd}{evil}", "{odd}select 1", "{odd}; {evil}", "select '{odd}'; {evil}", "select '{odd}", "select '{odd}' as a", "select 1 --{odd}{evil}", "select 1 --{odd}; {evil}\n", "select \"{odd}\" from victim",
		"sel{odd}ect 1", "select{odd}1", "select $a{odd}$ x $a{odd}$", "select pg_sleep{odd}(1)", "select pg_advisory_lock{odd}(4743)", "select 1 /*{odd}*/; {evil}", "/*{odd}*/ {evil}", "{evil}{odd}", "select U&'\\D800{odd}'", "select '\\x{odd}'")))
}

// nesting repeats a construct deeper than a parser may follow.
func (w *writer) nesting() *Node {
	n := []int{50, 1000, 4000, 12000, 12000, 20000, 30000}[w.Intn(7)]
	r := strings.Repeat
	text := w.pick(
		"select "+r("(", n)+"1"+r(")", n), "select 1"+r("+1", n), "select 'a'"+r("||'a'", n), "select 1"+r("::int", n), "select "+r("not ", n)+"true", "select 1"+r(" union all select 1", n), "select "+r("abs(", n)+"1"+r(")", n),
		r("select * from (", n)+"select 1"+r(") x", n), "select "+r("(select ", n)+"1"+r(")", n), r("with a as (", n)+"select 1"+r(") select * from a", n), "select "+r("case when true then ", n)+"1"+r(" end", n),
		"select * from (select 1) a"+r(" cross join (select 1) b", n), "select "+r("array[", n)+"1"+r("]", n), "select 'a'"+r(" collate \"C\"", n), "select 1 where true"+r(" and true", n), "select 1 where 1=1"+r(" or 1=1", n), "select "+r("-", n)+"1",
		"select (x)"+r(".a", n)+" from (select 1) x", "select a"+r("[1]", n)+" from (select array[1] a) x", "select "+r("row(", n)+"1"+r(")", n), "select 1 in ("+r("1,", n)+"1)", "select "+r("1,", n)+"1", r("(", n)+"select 1"+r(")", n), "select * from "+r("(", n)+"select 1"+r(")", n)+" x",
		"select 1"+r(" is null", n), "select 1 "+r("operator(pg_catalog.+) 1 ", n), "select '{}'::jsonb"+r("->'a'", n), "select 1 from a"+r(" natural join a", n), "select "+r("exists (select ", n)+"1"+r(")", n), "select 'a' "+r("at time zone 'a' ", n), "select "+r("interval ", n)+"'1'", "select "+r("(values (", n)+"1"+r("))", n))
	return leaf(Fixed, text)
}

// stall repeats what makes a lexer slow.
func (w *writer) stall() *Node {
	n := []int{2000, 20000, 60000, 200000}[w.Intn(4)]
	unit := w.pick("/*", "/**/", "+", "-- \n", "$a$", "'", "\"", "$", "U&'", "e'", "/* */", "''", "--", "+-", "@#", "<>", "/*'*/", "\\", "(", ";", "1.", ".", "0x", "''\n", "'a'\n", "<", "*/", "~`")
	return leaf(Fixed, w.pick("select 1 ", "select ", "", "select 1 as a ")+strings.Repeat(unit, n/len(unit))+w.pick("", " 1", "*/", "'"))
}

// mutation takes an honest query or an attack and changes its bytes or tokens.
func (w *writer) mutation(statements []string) *Node {
	text := w.query(2).String()
	switch {
	case len(w.seeds) > 0 && !w.chance(3):
		text = w.pick(w.seeds...)
	case w.chance(3):
		text = w.pick(statements...)
	}
	if text == "" || len(text) > 4000 {
		text = "select 1"
	}
	tokens := split(text)
	for range 1 + w.Intn(4) {
		at := w.Intn(len(tokens))
		switch w.Intn(6) {
		case 0:
			tokens[at] = ""
		case 1:
			tokens[at] += tokens[w.Intn(len(tokens))]
		case 2:
			tokens[at] = w.pick(";", "(", ")", "'", "\"", "--", "/*", "*/", "$$", "$1", "::", ".", ",", "\\", "for update", "into x", "with", "select", "pg_sleep(1)", "lateral", "union", "limit", "as", "*", "null", "table", "values (1)", "only")
		case 3:
			other := w.Intn(len(tokens))
			tokens[at], tokens[other] = tokens[other], tokens[at]
		case 4:
			tokens[at] = string(values.Bytes(w.Rand))
		case 5:
			tokens[at] = split(w.pick(statements...))[0] + " "
		}
	}
	return leaf(Fixed, strings.Join(tokens, ""))
}
