// Package fuzz tries to break the promise of a preview gateway, against a real
// PostgreSQL, for as long as anyone likes.
//
// [Run] writes queries, honest ones and attacks by named techniques, sends them
// through a [gateway.Gateway], the embedded package or a running sidecar, and
// looks at what happened from outside. It runs them as a superuser whose session
// settings are hostile, in a database full of functions, casts, operators and
// views that do harm: only the gateway stands between a query and the server.
//
// # The oracles
//
// Each is one sentence. A case that makes one of them false is a finding; it is
// made small, and reported with the seed that wrote it.
//
//   - agreement: what the gateway accepts, PostgreSQL itself reads as exactly one
//     query, whose plan locks no row, writes nothing and calls no function with
//     an effect; what it refuses never reaches the database; and the one text
//     that does is the accepted one, byte for byte, inside the one wrapper.
//   - no-effect: after a query every row, sequence, large object, catalog, role,
//     setting, lock, slot, prepared transaction, file and other session is as it
//     was before, no transaction id was assigned, no record was written to the
//     log, and no connection reached the port that nothing may connect to.
//   - resolution: the server's own rewritten tree of every
//     accepted text leads to no function that the policy refuses; that of a text
//     which was refused for a function, an operator, a cast or a type leads to
//     one; and a column is masked if and only if it can show a masked column of the
//     database, or the text computes with one.
//   - bounds: whatever the query and the server, an answer has at most 100 rows
//     of 1024 clean characters a cell, it comes in time, and the memory of the
//     process stays flat.
//   - no-leak: a planted secret is seen nowhere but as the value of the cell it
//     was planted in.
//   - honesty: an honest query that PostgreSQL runs is accepted, and gives what
//     PostgreSQL gives, up to the bounds, every changed value being declared.
//   - liveness: afterwards the gateway still answers `select 1`, and when it is
//     closed no session of it is left.
//
// # What it does not prove
//
// It finds what its generators write. Function attacks include every function
// that the server has, called with values of its types, but not every function
// with every argument. Effects inside a session that end with it, for instance a
// setting, are seen only where they change something else.
package fuzz
