// Package catalog asks a database's system catalogs about the objects that a
// statement names, and about everything those lead to: the functions behind
// operators, casts, types, domains, views and row-level security policies.
//
// The cost grows with the statement, not with the database: names are looked up
// through the indexes of pg_class, pg_proc, pg_operator and pg_type, in the
// schemas of the session's search path, and everything else by object id.
package catalog
