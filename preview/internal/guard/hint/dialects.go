package hint

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// A pattern is syntax of another database: words and signs that stand behind each
// other. # stands for a number, ' for a string, @ for any name. In a hint, $1 is the
// first of these, $2 the second.
type pattern struct{ words, message, hint string }

const (
	pivotHint   = "write one column for each value: sum(x) filter (where kind = 'a') as a"
	qualifyHint = "filter the window function outside of a subselect: select * from (select ..., row_number() over (...) as n from t) s where n = 1"
	hintsHint   = "leave it out: PostgreSQL takes no hints to its planner"
	allHint     = "name the columns, or count them: 1, 2"
)

// patterns are asked in this order, the longest of those that begin alike first.
var patterns = makePatterns([]pattern{
	// SQL Server.
	{"top ( # ) percent", "TOP is SQL Server's", "count the rows first, and write limit at the end of the query"},
	{"top # percent", "TOP is SQL Server's", "count the rows first, and write limit at the end of the query"},
	{"top ( # ) with ties", "TOP is SQL Server's", "write at the end of the query: fetch first $1 rows with ties"},
	{"top # with ties", "TOP is SQL Server's", "write at the end of the query: fetch first $1 rows with ties"},
	{"top ( # )", "TOP is SQL Server's", "write limit $1 at the end of the query"},
	{"top #", "TOP is SQL Server's", "write limit $1 at the end of the query"},
	{"with ( nolock )", "hints to a table are SQL Server's", hintsHint},
	{"( nolock )", "hints to a table are SQL Server's", hintsHint},
	{"option (", "OPTION is SQL Server's", hintsHint},
	{"cross apply", "CROSS APPLY is SQL Server's", "write: cross join lateral (...)"},
	{"outer apply", "OUTER APPLY is SQL Server's", "write: left join lateral (...) on true"},
	{"for xml", "FOR XML is SQL Server's", "write: xmlagg(xmlelement(...))"},
	{"for json", "FOR JSON is SQL Server's", "write: json_agg(...)"},
	{"unpivot ( @ for", "PostgreSQL has no UNPIVOT", "write: cross join lateral (values ('a', a), ('b', b)) as v(name, value)"},
	{"pivot ( @ (", "PostgreSQL has no PIVOT", pivotHint},
	{"unpivot (", "PostgreSQL has no UNPIVOT", "write: cross join lateral (values ('a', a), ('b', b)) as v(name, value)"},
	{"pivot (", "PostgreSQL has no PIVOT", pivotHint},
	{"with rollup", "WITH ROLLUP is MySQL's", "write: group by rollup (a, b)"},
	{"with cube", "WITH CUBE is SQL Server's", "write: group by cube (a, b)"},
	{"collate database_default", "this collation is SQL Server's", "leave it out"},
	{"at time zone @ @", "the name of a time zone is a string", "write it in quotes: at time zone 'Europe/Berlin'"},

	// Oracle.
	{"connect by", "CONNECT BY is Oracle's", "write: with recursive t as (select ... union all select ...) select * from t"},
	{"start with", "START WITH is Oracle's", "write: with recursive t as (select ... union all select ...) select * from t"},
	{"minus select", "MINUS is Oracle's", "write: except"},
	{"minus (", "MINUS is Oracle's", "write: except"},
	{"( + )", "this outer join is Oracle's", "write: left join ... on ..."},
	{"sysdate ( )", "SYSDATE is Oracle's", "write: current_timestamp"},
	{"within group", "this function needs an order", "write: within group (order by ...)"},
	{"model dimension", "MODEL is Oracle's", "write the rules as expressions"},
	{"keep (", "KEEP is Oracle's", "write: (array_agg(x order by y))[1]"},
	{"partition (", "PostgreSQL names a partition as a table", "select from the partition itself"},

	// MySQL and MariaDB.
	{"into outfile", "INTO OUTFILE is MySQL's", "preview the query alone"},
	{"straight_join", "STRAIGHT_JOIN is MySQL's", "write: join"},
	{"use index", "hints to a table are MySQL's", hintsHint},
	{"force index", "hints to a table are MySQL's", hintsHint},
	{"ignore index", "hints to a table are MySQL's", hintsHint},
	{"sql_calc_found_rows", "SQL_CALC_FOUND_ROWS is MySQL's", "write a column: count(*) over ()"},
	{"sql_no_cache", "SQL_NO_CACHE is MySQL's", "leave it out"},
	{"not regexp", "REGEXP is MySQL's", "write: !~ 'pattern', or !~* without regard to case"},
	{"not rlike", "RLIKE is MySQL's", "write: !~ 'pattern', or !~* without regard to case"},
	{"regexp", "REGEXP is MySQL's", "write: ~ 'pattern', or ~* without regard to case"},
	{"rlike", "RLIKE is MySQL's", "write: ~ 'pattern', or ~* without regard to case"},
	{"sounds like", "SOUNDS LIKE is MySQL's", "the extension fuzzystrmatch has soundex(): soundex(a) = soundex(b)"},
	{"xor", "XOR is MySQL's", "write: a <> b between conditions, # between integers"},
	{"div", "DIV is MySQL's", "write / between integers, or trunc(a / b)"},
	{"mod", "MOD is MySQL's", "write: a % b, or mod(a, b)"},
	{"separator '", "GROUP_CONCAT is MySQL's", "write: string_agg(x, $1 order by x)"},
	{"interval # @", "the length of an interval is a string", "write: interval '$1 $2'"},
	{"interval - # @", "the length of an interval is a string", "write: interval '-$1 $2'"},
	{"interval @ @", "the length of an interval is a string", "write: $1 * interval '1 $2'"},
	{"match (", "MATCH ... AGAINST is MySQL's", "write: to_tsvector(a) @@ plainto_tsquery('...')"},
	{"against (", "MATCH ... AGAINST is MySQL's", "write: to_tsvector(a) @@ plainto_tsquery('...')"},
	{"lock in share mode", "row locks are not allowed in a preview", "leave it out"},
	{"procedure analyse", "PROCEDURE ANALYSE is MySQL's", "leave it out"},
	{"dual where", "PostgreSQL needs no DUAL", "leave out FROM"},
	{"binary @", "BINARY is MySQL's", `write: x collate "C"`},
	{"_utf8 '", "a string with the name of its encoding is MySQL's", "write the string alone"},
	{"_utf8mb4 '", "a string with the name of its encoding is MySQL's", "write the string alone"},

	// BigQuery, Snowflake, DuckDB, Databricks, Spark, Hive, ClickHouse.
	{"qualify", "PostgreSQL has no QUALIFY", qualifyHint},
	{"* except (", "PostgreSQL has no SELECT * EXCEPT", "name the columns that are wanted"},
	{"* exclude (", "PostgreSQL has no SELECT * EXCLUDE", "name the columns that are wanted"},
	{"* exclude @", "PostgreSQL has no SELECT * EXCLUDE", "name the columns that are wanted"},
	{"* replace (", "PostgreSQL has no SELECT * REPLACE", "name the columns, with the new expression among them"},
	{"* rename (", "PostgreSQL has no SELECT * RENAME", "name the columns: a as b"},
	{"* rename @", "PostgreSQL has no SELECT * RENAME", "name the columns: a as b"},
	{"* ilike '", "PostgreSQL has no SELECT * ILIKE", "name the columns that are wanted"},
	{"select as struct", "SELECT AS STRUCT is BigQuery's", "write: select row(...)"},
	{"select as value", "SELECT AS VALUE is BigQuery's", "leave out AS VALUE"},
	{"with offset", "WITH OFFSET is BigQuery's", "write: with ordinality as t(x, n)"},
	{"array <", "this type is written as in BigQuery", "write the type of the elements and []: integer[]"},
	{"struct < @ @ >", "PostgreSQL has no STRUCT", "write: row(...)"},
	{"struct <", "PostgreSQL has no STRUCT", "write: row(...)"},
	{"for system_time as of", "PostgreSQL keeps no earlier states of a table", "leave it out"},
	{"group by all", "GROUP BY ALL is not PostgreSQL's", allHint},
	{"order by all", "ORDER BY ALL is not PostgreSQL's", allHint},
	{"sample (", "SAMPLE is Snowflake's", "write: tablesample system (10)"},
	{"sample #", "SAMPLE is ClickHouse's", "write: tablesample system (10)"},
	{"using sample", "USING SAMPLE is DuckDB's", "write: tablesample system (10)"},
	{"tablesample ( # percent )", "this TABLESAMPLE is not PostgreSQL's", "write: tablesample system ($1)"},
	{"tablesample (", "TABLESAMPLE needs a method", "write: tablesample system (10)"},
	{"lateral flatten", "FLATTEN is Snowflake's", "write: cross join lateral jsonb_array_elements(x) as e(value)"},
	{"lateral view", "LATERAL VIEW is Hive's", "write: cross join lateral unnest(x) as e(value)"},
	{"left semi join", "LEFT SEMI JOIN is Spark's", "write: where exists (select 1 from ...)"},
	{"left anti join", "LEFT ANTI JOIN is Spark's", "write: where not exists (select 1 from ...)"},
	{"semi join", "SEMI JOIN is not PostgreSQL's", "write: where exists (select 1 from ...)"},
	{"anti join", "ANTI JOIN is not PostgreSQL's", "write: where not exists (select 1 from ...)"},
	{"asof join", "PostgreSQL has no ASOF JOIN", "write: left join lateral (select ... order by time desc limit 1) x on true"},
	{"asof left join", "PostgreSQL has no ASOF JOIN", "write: left join lateral (select ... order by time desc limit 1) x on true"},
	{"any join", "ANY JOIN is ClickHouse's", "write: join lateral (select ... limit 1) x on true"},
	{"array join", "ARRAY JOIN is ClickHouse's", "write: cross join lateral unnest(x) as e(value)"},
	{"global in", "GLOBAL IN is ClickHouse's", "write: in (...)"},
	{"prewhere", "PREWHERE is ClickHouse's", "write: where"},
	{"limit # by @", "LIMIT ... BY is ClickHouse's", "number the rows in a subselect: row_number() over (partition by $2) as n, and keep n <= $1"},
	{"limit # percent", "LIMIT in percent is DuckDB's", "count the rows first, and write a number"},
	{"settings @ =", "SETTINGS is ClickHouse's", "leave it out"},
	{"format @", "FORMAT is ClickHouse's", "leave it out"},
	{"final", "FINAL is ClickHouse's", "leave it out"},
	{"with totals", "WITH TOTALS is ClickHouse's", "write: group by rollup (a)"},
	{"distribute by", "DISTRIBUTE BY is Spark's", "leave it out"},
	{"cluster by", "CLUSTER BY is Spark's", "write: order by"},
	{"sort by", "SORT BY is Spark's", "write: order by"},
	{"version as of", "PostgreSQL keeps no earlier states of a table", "leave it out"},
	{"timestamp as of", "PostgreSQL keeps no earlier states of a table", "leave it out"},
	{"respect nulls", "RESPECT NULLS is not PostgreSQL's", "leave it out: this is what PostgreSQL does"},
	{"ignore nulls", "IGNORE NULLS is not PostgreSQL's", "filter the empty values: filter (where x is not null), or a subselect"},
	{"not distinct from", "this comparison needs IS", "write: a is not distinct from b"},
	{"|>", "the pipe syntax is BigQuery's", "write the query with select, from and where"},

	// Slips.
	{"is not =", "IS NOT and = stand behind each other", "write: <>"},
	{"is =", "IS and = stand behind each other", "write one of them"},
	{"not =", "NOT and = stand behind each other", "write: <>"},
	{"! =", "a blank stands in this operator", "write: !="},
	{"< >", "a blank stands in this operator", "write: <>"},
	{"> =", "a blank stands in this operator", "write: >="},
	{"< =", "a blank stands in this operator", "write: <="},
	{"=>", "=> names an argument of a function", "write >= to compare"},
	{"else if", "ELSE IF is not SQL", "write another WHEN: when ... then ..."},
	{"elseif", "ELSEIF is not SQL", "write another WHEN: when ... then ..."},
	{"elsif", "ELSIF is not SQL", "write another WHEN: when ... then ..."},
	{"where by", "WHERE takes no BY", "write: where ..."},
	{"order on", "ORDER takes BY", "write: order by"},
	{"group on", "GROUP takes BY", "write: group by"},
	{"distinct on @", "DISTINCT ON needs parentheses", "write: distinct on ($1)"},
	{"having where", "HAVING and WHERE stand behind each other", "write one of them"},
	{"where where", "WHERE stands here twice", "remove one"},
	{"from from", "FROM stands here twice", "remove one"},
	{"select select", "SELECT stands here twice", "remove one"},
	{"and and", "AND stands here twice", "remove one"},
	{"or or", "OR stands here twice", "remove one"},
	{"and or", "AND and OR stand behind each other", "remove one"},
	{"where and", "nothing stands between WHERE and AND", "remove AND, or write the condition"},
	{"where or", "nothing stands between WHERE and OR", "remove OR, or write the condition"},
	{"where group", "no condition stands behind WHERE", "write it, or remove WHERE"},
	{"where order", "no condition stands behind WHERE", "write it, or remove WHERE"},
	{"where limit", "no condition stands behind WHERE", "write it, or remove WHERE"},
	{"where )", "no condition stands behind WHERE", "write it, or remove WHERE"},
	{"and )", "no condition stands behind AND", "write it, or remove AND"},
	{"or )", "no condition stands behind OR", "write it, or remove OR"},
	{"and group", "no condition stands behind AND", "write it, or remove AND"},
	{"and order", "no condition stands behind AND", "write it, or remove AND"},
	{"and limit", "no condition stands behind AND", "write it, or remove AND"},
	{"join where", "no table stands behind JOIN", "write the table, and ON with the condition"},
	{"from where", "no table stands behind FROM", "write it, or remove FROM"},
	{"from group", "no table stands behind FROM", "write it, or remove FROM"},
	{"from order", "no table stands behind FROM", "write it, or remove FROM"},
	{"from limit", "no table stands behind FROM", "write it, or remove FROM"},
	{"from )", "no table stands behind FROM", "write it, or remove FROM"},
	{"in ( )", "this list is empty", "write at least one value; nothing is in an empty list: where false"},
	{"group by order", "no column stands behind GROUP BY", "write it, or remove GROUP BY"},
	{"group by having", "no column stands behind GROUP BY", "write it, or remove GROUP BY"},
	{"group by limit", "no column stands behind GROUP BY", "write it, or remove GROUP BY"},
	{"group by )", "no column stands behind GROUP BY", "write it, or remove GROUP BY"},
	{"order by limit", "no column stands behind ORDER BY", "write it, or remove ORDER BY"},
	{"order by )", "no column stands behind ORDER BY", "write it, or remove ORDER BY"},
	{"order by desc", "no column stands behind ORDER BY", "write it before DESC"},
	{"partition by order", "no column stands behind PARTITION BY", "write it, or remove PARTITION BY"},
	{"partition by )", "no column stands behind PARTITION BY", "write it, or remove PARTITION BY"},
	{"in in", "IN stands here twice", "remove one"},
	{"like like", "LIKE stands here twice", "remove one"},
	{"not null", "this test needs IS", "write: is not null"},
})

type compiled struct {
	pattern
	parts []string
}

func makePatterns(list []pattern) []compiled {
	out := make([]compiled, len(list))
	for i, p := range list {
		out[i] = compiled{p, strings.Fields(p.words)}
	}
	return out
}

// dialect finds a pattern that begins at most its length before the place, and
// covers it or ends directly before it.
func dialect(s *source) (Finding, bool) {
	for i := range patterns {
		p := &patterns[i]
		for start := s.stop; start >= max(0, s.stop-len(p.parts)); start-- {
			if names, ok := s.matches(start, p.parts); ok {
				return s.between(start, start+len(p.parts)-1, p.message, fill(p.hint, names))
			}
		}
	}
	return s.lateClause()
}

// matches returns what stands for # ' and @ where a pattern begins at a token.
func (s *source) matches(at int, parts []string) (names []string, ok bool) {
	if at+len(parts) > len(s.tokens) {
		return nil, false
	}
	for i, part := range parts {
		t := s.tokens[at+i]
		switch part {
		case "#":
			ok = t.Kind == pgtree.TokenNumber
		case "'":
			ok = t.Kind == pgtree.TokenString
		case "@":
			ok = t.Kind == pgtree.TokenQuoted || t.word != "" && !clauses[t.word]
		default:
			ok = s.is(at+i, part)
		}
		if !ok {
			return nil, false
		}
		if part == "#" || part == "'" || part == "@" {
			names = append(names, quoted(t.text))
		}
	}
	return names, true
}

func fill(hint string, names []string) string {
	for i, name := range names {
		hint = strings.ReplaceAll(hint, "$"+string(rune('1'+i)), name)
	}
	return hint
}

// lateClause finds a clause behind one that it has to stand before.
func (s *source) lateClause() (Finding, bool) {
	order := map[string]int{"where": 1, "group": 2, "having": 3, "window": 4, "order": 5, "limit": 6}
	at := order[s.token(s.stop).word]
	if at == 0 {
		return Finding{}, false
	}
	for i, depth := s.stop-1, 0; i >= 0; i-- {
		switch t := s.token(i); {
		case t.text == ")":
			depth++
		case t.text == "(":
			if depth--; depth < 0 {
				return Finding{}, false
			}
		case depth > 0:
		case t.word == "select", t.word == "union", t.word == "except", t.word == "intersect":
			return Finding{}, false
		case order[t.word] > at:
			name, other := clauseName(s.token(s.stop).word), clauseName(t.word)
			return s.between(s.stop, s.stop, name+" stands behind "+other, "write "+name+" before "+other)
		case order[t.word] == at:
			name := clauseName(t.word)
			hint := "write one"
			if t.word == "where" || t.word == "having" {
				hint += ", and join the conditions by AND"
			}
			return s.between(s.stop, s.stop, "a second "+name+" stands here", hint)
		}
	}
	return Finding{}, false
}

func clauseName(word string) string {
	switch word {
	case "group", "order":
		return strings.ToUpper(word) + " BY"
	}
	return strings.ToUpper(word)
}

// limitComma explains `limit 5, 10`, which MySQL and SQLite have.
func limitComma(s *source) (Finding, bool) {
	for i := s.stop; i >= max(0, s.stop-4); i-- {
		if s.is(i, "limit") && s.is(i+2, ",") && i+3 < len(s.tokens) {
			hint := "write: limit " + quoted(s.token(i+3).text) + " offset " + quoted(s.token(i+1).text)
			return s.between(i+1, i+3, "LIMIT takes one number in PostgreSQL", hint)
		}
	}
	return Finding{}, false
}

// anyList explains `ilike any ('a', 'b')`.
func anyList(s *source) (Finding, bool) {
	open := s.opening(s.stop)
	if open < 1 || s.token(s.stop).text != "," {
		return Finding{}, false
	}
	switch word := s.token(open - 1).word; word {
	case "any", "all", "some":
		end := s.closing(open)
		if end == 0 {
			return Finding{}, false
		}
		list := s.sql[s.token(open).End:s.token(end).Start]
		return s.between(open, end, strings.ToUpper(word)+" takes an array, not a list", "write: "+word+" (array["+quoted(list)+"])")
	}
	return Finding{}, false
}

// castFunctions are casts of other databases that return NULL where they fail.
var castFunctions = map[string]string{
	"safe_cast": "SAFE_CAST is BigQuery's", "try_cast": "TRY_CAST is Snowflake's, SQL Server's and DuckDB's", "tryconvert": "TRYCONVERT is not PostgreSQL's",
	"convert": "CONVERT converts encodings in PostgreSQL", "try_convert": "TRY_CONVERT is SQL Server's",
}

// castFunction explains safe_cast(x as integer).
func castFunction(s *source) (Finding, bool) {
	open := s.opening(s.stop)
	message, ok := castFunctions[s.token(open-1).word]
	if open < 1 || !ok || !s.is(s.stop, "as") && !s.is(s.stop-1, "as") {
		return Finding{}, false
	}
	hint := "write: cast(x as integer)"
	if strings.Contains(s.token(open-1).word, "try") || strings.Contains(s.token(open-1).word, "safe") {
		hint = "write: case when x ~ '^[0-9]+$' then cast(x as integer) end; a cast of PostgreSQL fails where it cannot"
	}
	return s.between(open-1, open-1, message, hint)
}
