// Package origin finds which output columns of a statement can show a masked
// column of the database.
//
// Where an output column's values come from is known in two ways. The server names
// the origin of a column that shows a table's column unchanged. Package analyze
// follows values through subqueries, CTEs, set operations and rows, so that
// select * ... union all select * ... masks by position. For a view the same
// question is asked of the view's own query.
//
// What an expression makes of a value has no origin. So the statement is looked
// through for uses of a masked column: where there is one, every output column
// that an expression makes is masked, for nothing proves that it shows something
// else. Three uses do not count, since they tell next to nothing of a value:
// IS [NOT] NULL, count(), and equality of two masked columns that no expression
// made. Any other counts, a condition too: a substring in a join condition is the
// whole secret in one query.
//
// Columns of PostgreSQL's own catalogs and views that can hold a secret or other
// sessions' statements count as masked too (systemColumns), whatever the rules.
// Masking them here was chosen over refusing them in the guard: the origin is
// known through aliases, joins, rows and views of the database's own, where the
// text alone would have to refuse every star and every whole row, and a query that
// asks pg_stat_activity for states keeps its answer. Functions that return the
// same (current_setting of such a name, pg_stat_get_activity) have no origin; the
// guard refuses them, and a view whose query calls one is masked as a whole.
//
// What no text shows is not seen: a function of the database's own that reads
// a table by itself.
package origin
