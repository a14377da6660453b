// Package listing knows what to ask a database's catalog for the tables that a
// role may read, and how to read the answers. It decides nothing: what a policy
// denies and what is masked is for its caller.
//
// Tables are found in the order of the index pg_class_relname_nsp_index, from a
// place in it onward, a bounded number of its entries at a time. So the cost of a
// page grows with the page and not with the database. The details of a page are
// then asked for by OID, which every catalog involved has an index for.
//
// All questions are made for a search path of PostgreSQL's own catalog alone,
// except [Find], which looks a name up in the role's own. They hold no text of a
// caller's but as hex, so that none can end a literal.
package listing
