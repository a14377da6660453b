// Package catalog asks a database's system catalogs about the objects that a
// statement names, and about everything those lead to: the functions behind
// operators, casts, types, domains, views and row-level security policies.
//
// The cost grows with the statement, not with the database: names are looked up
// through the indexes of pg_class, pg_proc, pg_operator and pg_type, in the
// schemas of the session's search path, and everything else by object id.
//
// # The question
//
// question.sql is one statement, which is sent with the names as hex. It resolves
// them as the server does and then follows, in a recursive query, what each object
// leads to. Views, policies, domain checks, generated columns, default arguments and
// bodies in the standard's form are stored as trees; the object ids in them are
// found by the labels of their fields. It is written so that nothing of the
// database can take part: every name in it is qualified, and it uses no syntax that
// stands for an operator or a type without a schema. It needs no right that a role
// does not have by default.
//
// Most of its cost is planning, which grows with the number of catalogs that it
// names. So it names few, reads schemas through regnamespace, and leaves to answer.go
// to put together what stands in several rows. base.sql, which is added while
// PostgreSQL's own types and the casts are not known, is two rows of arrays.
//
// # The cache
//
// A Cache keeps answers by object for all connections, within a bound of memory. A
// Catalog is what one connection's database said to one role in one search path: an
// answer from a session of another role or path replaces what was known.
//
// An answer about functions, operators, casts and types holds for 30 s, one about
// relations for 60 s. A Snapshot is put together from several answers: it is as old as
// the oldest of them, and holds until the first is too old. That a name means nothing is
// remembered too, of a relation for 1 s.
//
// What was used in the last three minutes is asked for again in the background before it
// is too old, in a session that is open and free, so that no preview waits for it.
// Refresh asks again where a result contradicts an answer.
package catalog
