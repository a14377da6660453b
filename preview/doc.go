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
// The wrapped text is parsed again and compared with what was checked. It runs
// in one read-only transaction that is always rolled back. Cells are cut as
// their bytes arrive, then sanitized, and every change to a value is declared
// beside it. Each step is one small package and knows only the next one's input.
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
