package preview

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/spelling"
)

const (
	// undefinedColumn is SQLSTATE 42703.
	undefinedColumn = "42703"
	// maxNameBytes is as much of a name as PostgreSQL keeps (NAMEDATALEN - 1).
	maxNameBytes = 63
	// maxSuggested bounds how many names one hint holds.
	maxSuggested = 3
	// suggestionTime bounds the wait for what the role may read.
	suggestionTime = time.Second
)

// suggestColumn lets an error about a column that does not exist name the columns
// that the author may have meant: those of the relations that the query reads, with
// nearly the same name, which the role may select and no rule denies. PostgreSQL has
// such a hint of its own, but looks at no privileges.
func (p *Previewer) suggestColumn(ctx context.Context, q *query, sql string, e *Error) {
	if e.SQLSTATE != undefinedColumn || e.Position.Line == 0 || q.resolved == nil {
		return
	}
	if strings.HasPrefix(e.Hint, "Perhaps you meant ") {
		return // the server's own, of names in the author's text
	}
	written, _ := guard.NameAt(sql, e.Position.Offset)
	if len(written) == 0 || len(written[len(written)-1]) > maxNameBytes {
		return
	}
	columns := make(map[string][]catalogColumn)
	var names []string
	for _, read := range q.resolved.found.Relations {
		if p.policy.RefusesRelation(read.Relation.Schema, read.Relation.Name) {
			continue
		}
		for _, c := range read.Relation.Columns {
			if _, known := columns[c.Name]; !known {
				names = append(names, c.Name)
			}
			columns[c.Name] = append(columns[c.Name], catalogColumn{read.Relation.OID, c.Number})
		}
	}
	nearest := spelling.Nearest(written[len(written)-1], names)
	nearest = q.target.selectable(ctx, nearest[:min(len(nearest), maxSuggested)], columns)
	if len(nearest) == 0 {
		return
	}
	for i := range nearest {
		nearest[i] = pathPart(nearest[i])
	}
	e.Hint = "did you mean " + strings.Join(nearest, " or ") + "?"
	sanitizeMessages(&e.Hint)
}

// catalogColumn is a column by pg_attribute's attrelid and attnum.
type catalogColumn struct {
	relation catalog.OID
	number   int16
}

// selectable returns the names of columns that the role may select, all of them
// where several relations have them. It returns none when the database does not say.
func (t *target) selectable(ctx context.Context, names []string, columns map[string][]catalogColumn) []string {
	var pairs []string
	for i, name := range names {
		for _, c := range columns[name] {
			pairs = append(pairs, fmt.Sprintf("(%d, %d, %d)", i, c.relation, c.number))
		}
	}
	left := min(t.left(), suggestionTime)
	if len(pairs) == 0 || left <= 0 {
		return nil
	}
	texts, err := t.pools.InternalOnCatalogPath(ctx, t.Target,
		"select n::text from (values "+strings.Join(pairs, ", ")+") as c (n, relation, number)"+
			" group by n having bool_and(has_column_privilege(relation::oid, number::int2, 'select')"+
			" and (select has_schema_privilege(relnamespace, 'usage') from pg_class where oid = relation::oid)) order by n", left)
	if err != nil {
		return nil
	}
	var found []string
	for i, name := range names {
		if slices.ContainsFunc(texts.Rows, func(row []string) bool { return row[0] == fmt.Sprint(i) }) {
			found = append(found, name)
		}
	}
	return found
}
