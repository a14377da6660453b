package sqlgen

import (
	"strconv"

	"github.com/op-data/sqlpreview/fuzz/internal/values"
)

// shapes are the templates of expressions by category. In a template each ¤
// stands for an expression whose category the second string gives in turn:
// N number, i small integer, S text, B boolean, D timestamp, J jsonb, A int
// array, * anything.
var shapes = map[byte][][2]string{
	'N': {
		{"¤ + ¤", "NN"}, {"¤ - ¤", "NN"}, {"¤ * ¤", "NN"}, {"- ¤", "N"}, {"¤ % 7", "N"}, {"abs(¤)", "N"}, {"length(¤)", "S"},
		{"coalesce(¤, ¤)", "NN"}, {"case when ¤ then ¤ else ¤ end", "BNN"}, {"case ¤ when ¤ then ¤ end", "NNN"},
		{"extract(epoch from ¤)", "D"}, {"greatest(¤, ¤)", "NN"}, {"nullif(¤, ¤)", "NN"}, {"octet_length(¤)", "S"},
		{"position(¤ in ¤)", "SS"}, {"cardinality(¤)", "A"}, {"(¤)::numeric(20,3)", "N"},
		{"cast(¤ as numeric)", "N"}, {"(¤)[1]", "A"}, {"date_part('year', ¤)", "D"}, {"ascii(¤)", "S"},
	},
	'S': {
		{"¤ || ¤", "SS"}, {"upper(¤)", "S"}, {"lower(¤)", "S"}, {"(¤)::text", "*"}, {"cast(¤ as varchar(9))", "S"},
		{"concat(¤, ¤)", "*S"}, {"coalesce(¤, ¤)", "SS"}, {"left(¤, 3)", "S"}, {"replace(¤, ¤, ¤)", "SSS"},
		{"substring(¤ from 2 for 3)", "S"}, {"overlay(¤ placing 'x' from 1)", "S"}, {"trim(both ' ' from ¤)", "S"},
		{"¤ collate \"C\"", "S"}, {"to_char(¤, 'YYYY-MM-DD')", "D"}, {"¤ ->> 'a'", "J"}, {"md5(¤)", "S"}, {"quote_ident(¤)", "S"},
		{"format('%s', ¤)", "S"}, {"repeat(¤, 3)", "S"}, {"reverse(¤)", "S"}, {"regexp_replace(¤, 'a+', 'b', 'g')", "S"},
		{"case when ¤ then ¤ end", "BS"}, {"array_to_string(¤, ',')", "A"}, {"encode(convert_to(¤, 'UTF8'), 'hex')", "S"},
		{"normalize(¤, NFKC)", "S"},
	},
	'B': {
		{"¤ and ¤", "BB"}, {"¤ or ¤", "BB"}, {"not ¤", "B"}, {"¤ = ¤", "NN"}, {"¤ < ¤", "NN"}, {"¤ >= ¤", "DD"}, {"¤ <> ¤", "SS"},
		{"¤ is null", "*"}, {"¤ is not null", "*"}, {"¤ is distinct from ¤", "SS"}, {"¤ like '%a%'", "S"}, {"¤ ilike 'A_' escape '!'", "S"},
		{"¤ between ¤ and ¤", "NNN"}, {"¤ between symmetric ¤ and ¤", "NNN"}, {"¤ in (¤, ¤)", "NNN"}, {"¤ = any (¤)", "NA"},
		{"¤ > all (¤)", "NA"}, {"¤ ~ '^a'", "S"}, {"¤ similar to 'a%'", "S"}, {"¤ is true", "B"}, {"¤ is not unknown", "B"},
		{"¤ ? 'a'", "J"}, {"¤ @> '{}'", "J"}, {"(¤, ¤) < (¤, ¤)", "NSNS"}, {"¤ operator(pg_catalog.=) ¤", "NN"},
		{"(¤, ¤) overlaps (¤, ¤)", "DDDD"}, {"starts_with(¤, 'a')", "S"}, {"¤ is normalized", "S"},
	},
	'D': {
		{"¤ + interval '1 day'", "D"}, {"date_trunc('month', ¤)", "D"}, {"¤ at time zone 'UTC' at time zone 'UTC'", "D"},
		{"coalesce(¤, ¤)", "DD"}, {"make_timestamptz(2024, 2, 29, 1, 2, 3.5, 'UTC')", ""}, {"to_timestamp(¤ % 1000)", "i"},
	},
	'i': {{"¤ + ¤", "ii"}, {"length(¤)", "S"}},
	'J': {
		{"jsonb_build_object('k', ¤)", "S"}, {"to_jsonb(¤)", "S"}, {"¤ -> 'a'", "J"}, {"¤ || ¤", "JJ"}, {"jsonb_build_array(¤, ¤)", "NS"},
		{"jsonb_strip_nulls(¤)", "J"}, {"coalesce(¤, ¤)", "JJ"}, {"jsonb_path_query_array(¤, '$.a')", "J"},
	},
	'A': {{"array[¤ % 9, ¤ % 9]::int[]", "ii"}, {"¤ || ¤", "AA"}, {"array_remove(¤, 1)", "A"}, {"(¤)[1:2]", "A"}},
}

// atoms are expressions without parts, by category.
var atoms = map[byte][]string{
	'N': {"0", "1", "-1", "1.50", "1e3", "42", "9223372036854775807", "0.1::float8", "'7'::numeric"},
	'i': {"0", "1", "7", "5::int"},
	'B': {"true", "false", "null::bool", "'t'::bool"},
	'D': {"timestamptz '2024-02-29 12:00+00'", "'infinity'::timestamptz", "'epoch'::timestamptz"},
	'J': {`'{"a": [1, 2.50]}'::jsonb`, `'null'::jsonb`, "null::jsonb"},
	'A': {"array[1,2]", "'{}'::int[]", "array[3,null]"},
}

// expr writes an expression of a category, in parentheses unless it is an atom.
func (w *writer) expr(category byte, depth int) *Node {
	if category == '*' {
		category = "NSBDJA"[w.Intn(6)]
	}
	if depth <= 0 || w.chance(3) {
		return w.atom(category)
	}
	if depth > 1 && w.chance(12) {
		return w.subquery(category, depth)
	}
	shape := shapes[category][w.Intn(len(shapes[category]))]
	kids := make([]*Node, len(shape[1]))
	for i := range kids {
		kids[i] = w.expr(shape[1][i], depth-1)
	}
	return form(Expr, "("+shape[0]+")", kids...)
}

// atom writes a column of the category, or a literal.
func (w *writer) atom(category byte) *Node {
	if w.chance(2) {
		var fit []column
		for _, c := range w.scope {
			if c.category == category {
				fit = append(fit, c)
			}
		}
		if len(fit) > 0 {
			return leaf(Expr, fit[w.Intn(len(fit))].ref)
		}
	}
	if category == 'S' {
		text := values.Text(w.Rand)
		if runes := []rune(text); len(runes) > 60 && !w.chance(10) {
			text = string(runes[:60])
		}
		return leaf(Expr, values.Spell(w.Rand, text))
	}
	of := atoms[category]
	if category == 'N' && w.chance(2) {
		return leaf(Expr, strconv.Itoa(w.Intn(1000)))
	}
	return leaf(Expr, of[w.Intn(len(of))])
}

// subquery writes a subselect that is a value.
func (w *writer) subquery(category byte, depth int) *Node {
	if category == 'S' || category == 'D' || category == 'J' {
		return form(Expr, "(¤)", form(Query, "select ¤", w.expr(category, depth-1)))
	}
	outer := w.scope
	defer func() { w.scope = outer }()
	from := w.from(depth - 2)
	w.scope = append(from.columns, w.scope...)
	switch category {
	case 'N':
		return form(Expr, "(¤)", form(Query, "select ¤ from ¤", w.aggregate(1), from.Node))
	case 'B':
		return form(Expr, "exists (¤)", form(Query, "select from ¤ where ¤", from.Node, w.expr('B', 1)))
	}
	return form(Expr, "array(¤)", form(Query, "select 1 from ¤", from.Node))
}

// aggregate writes a call whose result does not hang on the order of the rows.
func (w *writer) aggregate(depth int) *Node {
	switch w.Intn(6) {
	case 0:
		return form(Expr, "count(*)¤", leaf(Clause, w.pick("", " filter (where true)")))
	case 1:
		return form(Expr, "count(distinct ¤)", w.expr('N', depth-1))
	case 2:
		return form(Expr, "sum(length(¤))", w.expr('S', depth-1))
	case 3:
		return form(Expr, "max(¤::numeric)", w.expr('N', depth-1))
	case 4:
		return form(Expr, "length(string_agg(¤, ',' order by 1))", w.expr('S', 0))
	}
	return form(Expr, "percentile_disc(0.5) within group (order by length(¤))", w.expr('S', depth-1))
}

// window writes a window function.
func (w *writer) window(depth int) *Node {
	over := form(Fixed, "(¤order by ¤¤)", leaf(Clause, w.pick("", "partition by 1 = 1 ")), w.expr('N', depth-1),
		leaf(Clause, w.pick("", "", " rows between 1 preceding and current row", " rows unbounded preceding exclude ties", " groups between current row and 1 following")))
	w.unstable = true // rows that tie stand in any order
	return form(Expr, "¤ over ¤", leaf(Expr, w.pick("row_number()", "rank()", "dense_rank()", "count(*)", "ntile(3)", "sum(1)")), over)
}
