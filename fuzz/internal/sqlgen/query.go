package sqlgen

import (
	"fmt"
	"math/rand"
	"strings"
)

// writer writes one case.
type writer struct {
	*rand.Rand
	schema   *Schema
	seeds    []string
	names    int
	unstable bool
	scope    []column // the columns that an expression may name
	ctes     []relation
}

// column is a column in scope.
type column struct {
	ref      string // qualified and quoted
	name     string // quoted
	category byte
}

// relation is a part and the columns that it gives.
type relation struct {
	*Node
	name    string
	columns []column
}

func (w *writer) pick(of ...string) string { return of[w.Intn(len(of))] }

// chance is true once in n.
func (w *writer) chance(n int) bool { return w.Intn(n) == 0 }

// alias makes a name that is new in this case.
func (w *writer) alias() string {
	w.names++
	return fmt.Sprintf("%s%d", w.pick("a", "x", "t_"), w.names)
}

// join makes one part of several, with a separator.
func join(kind Kind, separator string, kids []*Node) *Node {
	return form(kind, strings.TrimSuffix(strings.Repeat(slot+separator, len(kids)), separator), kids...)
}

// space is white space, sometimes with a comment, sometimes strange.
func (w *writer) space() *Node {
	if !w.chance(6) {
		return leaf(Fixed, " ")
	}
	return form(Fixed, " ¤", leaf(Noise, w.pick("\n", "\t", "\r\n", "\f", "/* c */ ", "/* /* n */ ; */ ", "-- c ;\n", "--\n", "/*'*/ ", "--'\n", `/*"*/ `)))
}

// query writes a query of at most the given depth. Its columns have names of
// their own, so that a query around it can use them.
func (w *writer) query(depth int) relation {
	outer, ctes := w.scope, len(w.ctes)
	defer func() { w.scope, w.ctes = outer, w.ctes[:ctes] }()
	if depth > 0 && w.chance(7) {
		return w.withQuery(depth)
	}
	if depth > 0 && w.chance(8) {
		return w.setOperation(depth)
	}
	if w.chance(25) {
		return w.values()
	}
	return w.selectQuery(depth)
}

func (w *writer) selectQuery(depth int) relation {
	from := leaf(Clause, "")
	if depth > 0 && !w.chance(10) {
		item := w.from(depth - 1)
		w.scope = append(item.columns, w.scope...)
		from = form(Clause, "¤from ¤", w.space(), item.Node)
	}
	where := leaf(Clause, "")
	if len(from.Kids) > 0 && w.chance(2) {
		where = form(Clause, "¤where ¤", w.space(), w.expr('B', depth))
	}
	var out []column
	var list []*Node
	grouped := len(from.Kids) > 0 && w.chance(5)
	group := leaf(Clause, "")
	if grouped {
		out, list, group = w.grouping(depth)
	} else {
		for range 1 + w.Intn(4) {
			c, item := w.output(depth)
			out, list = append(out, c), append(list, item)
		}
		if len(from.Kids) > 0 && w.chance(8) {
			c := column{name: w.alias(), category: 'N'}
			out, list = append(out, c), append(list, form(Fixed, "¤ as "+c.name, w.window(depth)))
		}
	}
	distinct := leaf(Clause, w.pick("", "", "", "", "", "all ", "distinct "))
	tail := w.tail(out, grouped || distinct.Text == "distinct ")
	return relation{Node: form(Query, "¤¤¤¤¤¤¤¤", leaf(Fixed, w.pick("select", "select", "SELECT", "SeLeCt")), w.space(),
		distinct, join(Fixed, ", ", list), from, where, group, tail), columns: out}
}

// output writes one item of the select list.
func (w *writer) output(depth int) (column, *Node) {
	category := "NSBDJA*"[w.Intn(7)]
	c := column{name: w.alias(), category: category}
	if category == '*' && len(w.scope) > 0 {
		from := w.scope[w.Intn(len(w.scope))]
		c.category = from.category
		return c, form(Fixed, "¤ as "+c.name, leaf(Expr, from.ref))
	}
	if category == '*' {
		c.category = 'S'
	}
	return c, form(Fixed, "¤"+w.pick(" as ", " AS ", " ")+c.name, w.expr(c.category, depth))
}

// grouping writes a select list with aggregates and the GROUP BY for it.
func (w *writer) grouping(depth int) (out []column, list []*Node, group *Node) {
	key := w.scope[w.Intn(len(w.scope))]
	if !strings.ContainsRune("NSBD", rune(key.category)) {
		key = column{ref: "1 = 1", category: 'B'}
	}
	k, n := column{name: w.alias(), category: key.category}, column{name: w.alias(), category: 'N'}
	item := form(Fixed, "¤ as "+n.name, w.aggregate(depth))
	by := w.pick("group by ", "group by ", "group by distinct ", "group by rollup (", "group by cube (", "group by grouping sets ((), ")
	end := ""
	if strings.Contains(by, "(") {
		end = ")"
	}
	having := leaf(Clause, w.pick("", "", " having count(*) > 0"))
	return []column{k, n}, []*Node{form(Fixed, "¤ as "+k.name, leaf(Expr, key.ref)), item},
		form(Fixed, " "+by+"¤"+end+"¤", leaf(Expr, "("+key.ref+")"), having)
}

// tail writes ORDER BY and the ways to say LIMIT. Which rows a limit keeps is
// not fixed by the query, so it makes the case unstable.
func (w *writer) tail(out []column, onlyOutput bool) *Node {
	order := leaf(Clause, "")
	if w.chance(4) {
		by := "1"
		if !onlyOutput && len(w.scope) > 0 && w.chance(2) {
			if c := w.scope[w.Intn(len(w.scope))]; strings.ContainsRune("NSBD", rune(c.category)) {
				by = c.ref
			}
		}
		if by == "1" && !strings.ContainsRune("NSBD", rune(out[0].category)) {
			by = "null"
			if onlyOutput {
				return order
			}
		}
		order = leaf(Clause, " order by "+by+w.pick("", " asc", " desc", " desc nulls last", " using <"))
		if by == "null" {
			order.Text = " order by null::text"
		}
	}
	if !w.chance(6) {
		return order
	}
	w.unstable = true
	limit := leaf(Clause, w.pick(" limit 5", " limit all", " offset 2", " limit 1000 offset 1", " fetch first 3 rows only", " offset 1 row fetch next row only", " limit (select 3)"))
	return form(Fixed, "¤¤", order, limit)
}

func (w *writer) withQuery(depth int) relation {
	word := w.pick("with ", "with ", "with recursive ")
	var list []*Node
	for range 1 + w.Intn(2) {
		name := w.alias()
		inner := w.query(depth - 1)
		if strings.Contains(word, "recursive") && w.chance(2) {
			inner = relation{Node: form(Query, "select 1 as n union all select n + 1 from "+name+" where n < "+w.pick("3", "150")), columns: []column{{name: "n", category: 'N'}}}
		}
		list = append(list, form(Fixed, name+w.pick(" as ", " as materialized ", " as not materialized ")+"(¤)", inner.Node))
		w.ctes = append(w.ctes, relation{name: name, columns: inner.columns})
	}
	body := w.selectQuery(depth)
	return relation{Node: form(Query, word+"¤¤¤", join(Fixed, ", ", list), w.space(), body.Node), columns: body.columns}
}

func (w *writer) setOperation(depth int) relation {
	arm := func() *Node {
		outer := w.scope
		defer func() { w.scope = outer }()
		from := w.from(depth - 1)
		w.scope = append(from.columns, w.scope...)
		return form(Query, "select ¤, ¤ from ¤", w.expr('N', 1), w.expr('S', 1), from.Node)
	}
	one, two := w.alias(), w.alias()
	node := form(Query, "¤ ¤ ¤", form(Query, "select 1 as "+one+", 'a' as "+two), leaf(Fixed, w.pick("union", "union all", "intersect", "except", "except all", "UNION")), arm())
	if w.chance(3) {
		node = form(Query, "(¤) ¤ ¤", node, leaf(Fixed, w.pick("union all", "union")), arm())
	}
	return relation{Node: node, columns: []column{{name: one, category: 'N'}, {name: two, category: 'S'}}}
}

func (w *writer) values() relation {
	return relation{
		Node:    form(Query, "select ¤ as column1 from (values (¤), (¤)) v(x)", w.expr('N', 0), w.expr('N', 0), w.expr('N', 0)),
		columns: []column{{name: "column1", category: 'N'}},
	}
}
