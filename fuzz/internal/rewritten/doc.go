// Package rewritten asks a PostgreSQL server what it would run for a text, and
// follows the answer to functions and to stored columns. It is the oracle behind
// package resolution; the product has no part in it.
//
// # How the server is asked
//
// With debug_print_rewritten on and client_min_messages at log, both settings of
// ordinary roles, the server sends its analysed and rewritten tree when it parses a
// text, before anything is executed: calls, operators, casts and sort operators by
// object id, views expanded, row-level security applied, each column by its
// relation and number. [Session.Ask] does so in a read-only transaction that is
// rolled back. A tree is taken only from the server's routine
// elog_node_display, since a function can raise a notice that looks like one; more
// than one tree means that code ran at Parse and had its own queries rewritten.
//
// Input functions of literals run at Parse, and with them the checks of domains
// inside arrays, rows and ranges. Nothing else does.
//
// # What the tree does not show
//
// The tree names most functions. [Catalog.Functions] adds what it only implies:
//
//   - ORDER BY, DISTINCT, GROUP BY, windows: an operator that leads through its
//     families to every function that sorts, compares or hashes the type, since the
//     planner picks. Set operations and GREATEST name a type alone, whose default
//     operator classes do; arrays, rows and ranges go by their parts' classes.
//   - Domains: the checks of the domain and of those below it.
//   - Input, output and JSON: a type's functions and those of its parts; to_json and
//     its kin look for a cast to json, of other types than rows and PostgreSQL's own.
//   - Default arguments, which the planner puts in; the parts of an aggregate.
//   - Partitioned tables: the functions that order the partition key, which run
//     when a session first reads the table.
//   - Index expressions, constraints of children, virtual generated columns and
//     other indexes' operator classes, which the planner may run.
//
// A use is certain where the statement itself asks for the function. It is not
// where it depends on the planner, or on what a function that takes any type does
// with its argument. Bodies in plpgsql, C or a string of SQL are not followed:
// what a function is declared to be is believed.
//
// # What reading it takes
//
// One reader does for 14 to 18: node name, label, value. 15 renamed eight nodes. The
// server prints a name as it is, so the first item behind a label is a value
// even if it begins with a colon. It breaks lines at 78 bytes, also inside a word
// that is longer: a tree with such a word is [ErrUnreadable], which counts as
// agreement with nothing. Trees nest as deep as expressions do, so the reader keeps
// its own stack.
//
// # Why this is no mode of the product
//
// Keeping the tree out of the server's log needs log_min_messages = fatal, which
// silences pgaudit and log_statement for the very role that should be watched. The
// guard resolves names by itself, from the catalog; this package holds it to
// the server's own resolution.
package rewritten
