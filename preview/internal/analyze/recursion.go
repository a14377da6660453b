package analyze

import (
	"strconv"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// tablesOf collects the names of relations that stand in a query without a schema,
// anywhere in it. One that a WITH further in defines is counted too: that its query
// then counts as recursive does no harm.
func tablesOf(n pgtree.Node, into map[string]bool) map[string]bool {
	if n.Kind() == "RangeVar" && n.Text("schemaname") == "" {
		into[n.Text("relname")] = true
	}
	n.Children(func(_ string, child pgtree.Node) { tablesOf(child, into) })
	return into
}

// query is one query of a WITH.
type query struct {
	node  pgtree.Node
	name  string
	reads map[string]bool
}

func queries(list []pgtree.Node) []query {
	all := make([]query, 0, len(list))
	for _, cte := range list {
		all = append(all, query{cte, cte.Text("ctename"), tablesOf(cte.Node("ctequery"), make(map[string]bool))})
	}
	return all
}

// dependencyOrder sorts the queries of a WITH RECURSIVE so that each stands behind
// those that it reads, as PostgreSQL does (parse_cte.c). Queries that refer to each
// other, which no server runs, keep their order.
func dependencyOrder(list []query) []query {
	byName := make(map[string]int, len(list))
	for i, q := range list {
		byName[q.name] = i
	}
	sorted := make([]query, 0, len(list))
	seen := make([]bool, len(list))
	var add func(int)
	add = func(i int) {
		if seen[i] {
			return
		}
		seen[i] = true
		for j, other := range list {
			if list[i].reads[other.name] && byName[other.name] == j {
				add(j)
			}
		}
		sorted = append(sorted, list[i])
	}
	for i := range list {
		add(i)
	}
	return sorted
}

func itoa(n int) string { return strconv.Itoa(n) }
