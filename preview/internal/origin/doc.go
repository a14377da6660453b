// Package origin finds which output columns of a statement can show a masked
// column of the database.
//
// The server names the origin of a column that shows a table's column
// unchanged, through aliases, subselects and CTEs. Everything else (an
// expression, UNION, a whole row, a view) has none. For a view the same
// question is asked of the view's own query. For the rest it counts whether a
// masked column can get into the statement's values at all: by its name, or in
// one of the ways that carry a column without naming it (package-internal type
// facts). Where it can, every output column without an origin is masked, for
// nothing proves that it shows another one.
//
// What no text shows is not seen: a function of the database's own that reads
// a table by itself.
package origin
