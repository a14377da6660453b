// Package effect tells whether anything in a PostgreSQL server changed.
//
// A [Watcher] is a superuser's session of its own. [Watcher.Quick] looks at
// what changes often and costs about a millisecond; [Watcher.Full] also looks
// at every row of every table, every catalog, every large object and the canary
// folder. Both return a [Snapshot], and [Snapshot.Diff] names what differs
// between two. Everything is asked in SQL, so it works on any server that a
// superuser can reach.
//
// It sees: rows, sequences, large objects, catalogs and with them roles and
// stored settings, the server's settings, locks, replication slots and origins,
// prepared transactions, sessions, exported snapshots, reset statistics, files
// in the data directory's top and in a canary folder, assigned transaction ids,
// and records in the write-ahead log other than the server's own.
//
// It does not see what happens inside another session: settings, temporary
// tables and channels listened to are for a tap on the wire and for a
// self-report through that session.
package effect
