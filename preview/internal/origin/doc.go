// Package origin finds which output columns of a statement can show a masked
// column of the database.
//
// The server names the origin of a column that shows a table's column
// unchanged, through aliases, subselects and CTEs. Everything else (an
// expression, UNION, a whole row, a view) has none. For a view the same
// question is asked of the view's own query. For the rest it counts whether a
// masked column can get into the statement's values at all: by its name, or in
// one of the ways that carry a column without naming it (a row, JSON of one, a
// star; see facts.go). Where it can, every output column without an origin is
// masked, for nothing proves that it shows another one.
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
