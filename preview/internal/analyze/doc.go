// Package analyze finds out what PostgreSQL makes of a statement's names: which
// columns they are, of which types, which functions, operators and casts the server
// would run, and from which columns of the database each output column comes.
//
// It does what the server's own parse analysis does (parser/analyze.c,
// parse_func.c, parse_oper.c, parse_coerce.c) as far as a SELECT needs it, on the
// parser's tree and with what the catalog says of the objects that the statement
// names. Where it cannot tell which of several objects is meant, all of them count;
// where it cannot follow a statement at all, it says so (Result.Opaque) and its
// users take the worst.
package analyze
