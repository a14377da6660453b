// Package sqlgen writes SQL from a grammar of its own: honest queries over a
// generated schema, and attacks, each made by a named technique and set
// somewhere inside an honest query.
//
// Every text is a tree of parts. A part of one kind may stand where another of
// that kind stands, which is how attacks are placed and how a failing case is
// made small: see [Case.Smaller] and [Minimize]. The generators are gopter's,
// so a property test and the long run share them, and a seed makes the same
// cases again for the same server version.
package sqlgen
