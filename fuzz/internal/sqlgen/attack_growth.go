package sqlgen

import "strings"

// doublings are forms that PostgreSQL makes at least twice as large at every level:
// what it copies while it plans, and values that it quotes. ¤ is the level below.
var doublings = []string{
	"select x + x as x from (¤) s", "select s.x * s.x as x from (¤) s", "select case when x > 0 then x else -x end as x from (¤) s", "select (select x + x) as x from (¤) s",
	"select y + y as x from (¤) s(y)", "select x between x and 1 or x in (x, 2) as x from (¤) s", "select max from (select greatest(x, x + 1) as max from (¤) s) t(max)",
	"select length(s::text || s::text) as x from (¤) s", "select x + x as x from (¤) s union all select 1", "select s.x + t.x as x from (¤) s cross join lateral (select s.x + s.x) t(x)",
	"with c as (¤) select x + x as x from c", "with c as not materialized (¤) select a.x + b.x as x from c a, c b", "select l.x from (¤) s cross join lateral (values (s.x + s.x)) l(x)",
	"select row(x) as x from (¤) s", "select to_json(x)::text as x from (¤) s", "select array[x]::text as x from (¤) s", "select quote_literal(x) as x from (¤) s", "select format('%L', x) as x from (¤) s",
	"select convert_to(x::text, 'UTF8')::text as x from (¤) s", "select x::text::bytea::text as x from (¤) s",
}

// growth nests such forms, of one kind or of several, deeper than a server bears.
func (w *writer) growth() *Node {
	query := w.pick("select 1 as x", "select '\"' as x", "select id as x from public.victim")
	form := w.pick(doublings...)
	mixed := w.chance(3)
	for range 1 + w.Intn(40) {
		query = strings.Replace(form, "¤", query, 1)
		if mixed {
			form = w.pick(doublings...)
		}
	}
	return leaf(Query, query)
}
