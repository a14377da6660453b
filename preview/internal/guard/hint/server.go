package hint

import (
	"strings"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/internal/spelling"
)

// functions are those of other databases that PostgreSQL lacks, and what to write.
var functions = map[string]string{
	"top": "limit 10 at the end of the query", "ifnull": "coalesce(a, b)", "nvl": "coalesce(a, b)", "isnull": "coalesce(a, b), or a is null", "nvl2": "case when a is not null then b else c end",
	"iif": "case when a then b else c end", "if": "case when a then b else c end", "iff": "case when a then b else c end", "decode": "case a when 1 then 'x' else 'y' end",
	"zeroifnull": "coalesce(a, 0)", "nullifzero": "nullif(a, 0)", "safe_divide": "a / nullif(b, 0)", "div0": "coalesce(a / nullif(b, 0), 0)", "choose": "(array[a, b])[i]",
	"getdate": "current_timestamp", "getutcdate": "now() at time zone 'UTC'", "sysdatetime": "clock_timestamp()", "curdate": "current_date", "curtime": "current_time", "today": "current_date",
	"sysdate": "current_timestamp", "utc_timestamp": "now() at time zone 'UTC'", "unix_timestamp": "extract(epoch from a)", "from_unixtime": "to_timestamp(a)",
	"dateadd": "a + interval '1 day'", "date_sub": "a - interval '1 day'", "datediff": "a::date - b::date", "timestampdiff": "extract(epoch from a - b)", "timestampadd": "a + interval '1 day'",
	"timestamp_diff": "extract(epoch from a - b)", "date_diff": "a::date - b::date", "timestamp_trunc": "date_trunc('day', a)", "datetrunc": "date_trunc('day', a)", "add_months": "a + interval '1 month'",
	"months_between": "extract(year from age(a, b)) * 12 + extract(month from age(a, b))", "last_day": "date_trunc('month', a) + interval '1 month' - interval '1 day'", "eomonth": "date_trunc('month', a) + interval '1 month' - interval '1 day'",
	"year": "extract(year from a)", "month": "extract(month from a)", "day": "extract(day from a)", "hour": "extract(hour from a)", "minute": "extract(minute from a)", "quarter": "extract(quarter from a)", "week": "extract(week from a)",
	"weekday": "extract(dow from a)", "dayofweek": "extract(dow from a)", "dayname": "to_char(a, 'Day')", "monthname": "to_char(a, 'Month')", "datename": "to_char(a, 'Month')", "dayofyear": "extract(doy from a)",
	"date_format": "to_char(a, 'YYYY-MM-DD')", "format_date": "to_char(a, 'YYYY-MM-DD')", "format_timestamp": "to_char(a, 'YYYY-MM-DD')", "strftime": "to_char(a, 'YYYY-MM-DD')", "str_to_date": "to_date(a, 'YYYY-MM-DD')", "parse_date": "to_date(a, 'YYYY-MM-DD')",
	"tostartofmonth": "date_trunc('month', a)", "tostartofday": "date_trunc('day', a)", "todate": "a::date", "tostring": "a::text", "toint32": "a::integer", "to_varchar": "a::text", "to_json_string": "to_jsonb(a)::text",
	"len": "length(a)", "charindex": "strpos(text, part)", "instr": "strpos(text, part)", "locate": "strpos(text, part)", "patindex": "regexp_instr(a, 'pattern')", "stuff": "overlay(a placing b from 1 for 2)", "substring_index": "split_part(a, ',', 1)",
	"replicate": "repeat(a, 3)", "space": "repeat(' ', 3)", "ucase": "upper(a)", "lcase": "lower(a)", "mid": "substr(a, 1, 3)", "isnumeric": "a ~ '^[0-9]+$'", "contains_substr": "strpos(a, b) > 0", "startswith": "starts_with(a, b)", "regexp_contains": "a ~ 'pattern'", "regexp_extract": "substring(a from 'pattern')",
	"group_concat": "string_agg(a, ',')", "listagg": "string_agg(a, ',')", "grouparray": "array_agg(a)", "collect_list": "array_agg(a)", "collect_set": "array_agg(distinct a)", "countif": "count(*) filter (where a)", "count_if": "count(*) filter (where a)", "sumif": "sum(a) filter (where b)",
	"uniq": "count(distinct a)", "approx_count_distinct": "count(distinct a)", "uniqexact": "count(distinct a)", "median": "percentile_cont(0.5) within group (order by a)", "stdev": "stddev(a)", "any_value": "min(a)", "argmax": "(array_agg(a order by b desc))[1]", "max_by": "(array_agg(a order by b desc))[1]", "min_by": "(array_agg(a order by b))[1]",
	"logical_or": "bool_or(a)", "logical_and": "bool_and(a)", "rand": "random()", "newid": "gen_random_uuid()", "uuid": "gen_random_uuid()", "uuid_generate_v4": "gen_random_uuid()", "generate_uuid": "gen_random_uuid()", "pow10": "power(10, a)", "truncate": "trunc(a, 2)", "square": "power(a, 2)",
	"json_extract": "a -> 'key'", "json_value": "a ->> 'key'", "json_extract_scalar": "a ->> 'key'", "json_unquote": "a ->> 'key'", "get_json_object": "a ->> 'key'", "parse_json": "a::jsonb", "json_length": "jsonb_array_length(a)", "json_contains": "a @> b",
	"explode": "unnest(a)", "flatten": "unnest(a)", "array_size": "cardinality(a)", "array_contains": "b = any (a)", "size": "cardinality(a)", "arrayjoin": "unnest(a)", "generate_array": "generate_series(1, 10)", "sequence": "generate_series(1, 10)", "generate_date_array": "generate_series(a, b, interval '1 day')",
	"hex": "encode(a, 'hex')", "unhex": "decode(a, 'hex')", "from_base64": "decode(a, 'base64')", "to_base64": "encode(a, 'base64')", "sha1": "the extension pgcrypto has digest(a, 'sha1')", "bin_to_uuid": "encode(a, 'hex')::uuid", "db_name": "current_database()", "database": "current_database()", "user_name": "current_user", "farm_fingerprint": "hashtext(a)",
}

// columns are words that other databases take for values.
var columns = map[string]string{
	"sysdate": "write: current_timestamp", "rownum": "write limit at the end of the query, or row_number() over ()", "rowid": "PostgreSQL has ctid", "getdate": "write: current_timestamp", "nan": "write: 'NaN'::float8",
	"systimestamp": "write: current_timestamp", "curdate": "write: current_date", "level": "write WITH RECURSIVE, and count the level yourself", "now": "write: now()", "today": "write: current_date",
	"sql_calc_found_rows": "leave it out, and write a column: count(*) over ()", "sql_no_cache": "leave it out",
	"undefined": "write: null", "nil": "write: null", "none": "write: null", "infinity": "write: 'infinity'::float8",
}

// units are the first arguments of date functions that others write without quotes.
var units = map[string]bool{
	"year": true, "quarter": true, "month": true, "week": true, "day": true, "hour": true, "minute": true, "second": true,
	"yyyy": true, "mm": true, "dd": true, "hh": true, "isoweek": true, "dow": true, "epoch": true,
}

// operators that other databases or languages have.
var operators = map[string]string{
	"==": "write: =", "=<": "write: <=", "=!": "write: <>", "<=>": "write: is not distinct from", "&&": "write AND between conditions", "!": "write NOT before a condition", "===": "write: =", "!==": "write: <>",
	"+": "write || between texts; add to a date with an interval: a + interval '1 day'", "||": "write OR between conditions; || puts texts together", "->": "PostgreSQL has -> for json and jsonb", "%": constantHint, "@": constantHint, "!<": "write: >=", "!>": "write: <=",
	"`": "PostgreSQL quotes names with double quotes", "~=": "write: <>", "^=": "write: <>", "??": "write: coalesce(a, b)", "**": "write: power(a, b), or a ^ b", "//": "write: div(a, b)",
}

// Undefined returns a hint for what the server does not know: at is the byte offset
// that the server points at, state its SQLSTATE. It returns "" where it knows none.
func Undefined(sql string, at int, state string) string {
	at = min(max(0, at), len(sql))
	lex := pgtree.NewLexer(sql, at)
	t := newToken(sql, lex.Next())
	for _, next := range []pgtree.Token{t.Token, lex.Next(), lex.Next()} {
		if f, ok := characterIn(next, sql); ok && next.Start == t.Start {
			return f.Message + ": " + f.Hint
		}
	}
	before := lastToken(sql, at)
	switch state {
	case "42703": // undefined_column
		// The server points at the table of table.column.
		lex = pgtree.NewLexer(sql, t.End)
		for dot := newToken(sql, lex.Next()); dot.text == "." && t.End > t.Start; dot = newToken(sql, lex.Next()) {
			before, t = dot, newToken(sql, lex.Next())
		}
		return undefinedColumn(t, before)
	case "42883": // undefined_function, of operators too
		if t.Kind == pgtree.TokenOp {
			return operators[t.text]
		}
		return undefinedFunction(t)
	case "42P01": // undefined_table
		if t.word == "dual" {
			return "PostgreSQL needs no DUAL: leave out FROM"
		}
	}
	return ""
}

func undefinedColumn(t, before token) string {
	switch {
	case before.End == t.Start && (before.text == "@" || strings.HasSuffix(before.text, "@")):
		return "@" + quoted(t.text) + " is a variable: " + constantHint
	case before.End == t.Start && strings.HasSuffix(before.text, "%") && len(t.text) == 1:
		return "%" + t.text + " is a placeholder: " + constantHint
	case t.Kind == pgtree.TokenQuoted:
		name := strings.Trim(t.text, `"`)
		if before.text == "." || name != strings.ToLower(name) && utf8.RuneCountInString(name) < 30 && !strings.Contains(name, " ") {
			return `names in double quotes keep their capital letters; if this is a text, write it in single quotes: '` + quoted(name) + `'`
		}
		return "double quotes are for names; a text stands in single quotes: '" + quoted(name) + "'"
	case before.text == "->" || before.text == "->>":
		return "the key stands in quotes: " + before.text + " '" + quoted(t.text) + "'"
	case units[t.word] && before.text == "(":
		return "the unit stands in quotes: '" + t.word + "'"
	}
	if hint, ok := columns[t.word]; ok || t.word == "" {
		return hint
	}
	if before.word == "select" && spelling.Distance(t.word, "distinct") <= 2 {
		return "did you mean DISTINCT?"
	}
	return ""
}

func undefinedFunction(t token) string {
	if hint, ok := functions[t.word]; ok {
		if strings.Contains(hint, "extension") {
			return hint
		}
		return "write: " + hint
	}
	return ""
}

// lastToken returns the last token that ends at or before a place.
func lastToken(sql string, at int) (last token) {
	lex := pgtree.NewLexer(sql, 0)
	for t := lex.Next(); t.Kind != pgtree.TokenEOF && t.End <= at; t = lex.Next() {
		last.Token = t
	}
	return newToken(sql, last.Token)
}
