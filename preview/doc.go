// Package preview looks at a few rows of a customer's PostgreSQL database
// without anyone having to trust the author of the query, the query or the data.
//
// # The way of a request
//
// The text is screened as bytes, parsed with PostgreSQL's own grammar, checked
// node by node, and wrapped:
//
//	select * from (<sql>) as preview_query limit 100
//
// The wrapped text is parsed again and compared with what was checked. Then the
// database's catalog is asked what the statement's names mean: one more round trip
// when something new is named, none when all is known. The statement is analysed as
// PostgreSQL itself does it, and every function that the server would run, through
// operators, casts, types, views and policies, is judged by its object id. It runs
// in one read-only transaction that is always rolled back. Cells are cut as
// their bytes arrive. Columns that show, or may show, a masked column of the
// database are masked as a whole, other values are sanitized, and every change to a
// value is declared beside it.
//
//	request -> screen -> parse -> check -> wrap -> resolve -> run -> mask -> sanitize -> response
//	           pgtree    pgtree   guard    wrap    catalog,   run    origin  sanitize
//	                                               analyze,
//	                                               guard
//
// # The bounds
//
// One SELECT or WITH; 100 rows; 10 seconds; 1024 characters a cell; 1 MiB a
// response. A [Config] or a [Request] may ask for less, never for more.
//
// # Whom this trusts
//
// Not the author: what the guard does not know, it refuses. Not the data: a
// value, a column name or an error text may hold anything. Not the server for
// memory or time: it may flood or stall. It does trust the operator who writes
// the [Config], and it relies on the database role having no more rights than
// a preview needs: a function's volatility is a declaration, and what a lying
// one does is bounded by READ ONLY, the session clean-up and the role.
//
// # Errors
//
// Every error is an [*Error]: a stable [reason.Reason], a message that holds no
// value, no DSN, no host and no driver text, and, for a refusal, every
// [Violation] with its place in the author's text.
//
// [reason.Reason]: https://pkg.go.dev/github.com/op-data/sqlpreview/preview/reason#Reason
package preview
