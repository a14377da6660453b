// Package run sends one statement to PostgreSQL and returns a bounded answer,
// read-only, in one round trip of a session that is open.
//
// # The pipeline
//
// A session is used for one pipeline at a time. A pipeline is written at once and
// answered at once:
//
//	begin transaction ... read only
//	select set_config(...)          settings that end with the transaction
//	<the statement>                 with its description
//	select pg_current_xact_id_if_assigned(), transaction_read_only, ...
//	Sync
//	rollback                        its own group, so it runs after an error too
//	select pg_advisory_unlock_all() what a rollback leaves
//	Sync
//
// Everything uses the extended protocol, where one message holds one
// statement, unnamed statements, so that a pooler may stand between, and the
// text format, which is exact for every type. Nothing depends on parameters
// at the start of the session. When a call returns an answer, the rollback has
// happened; when it returns an error, the rollback has happened or the session
// is closed.
//
// A session is direct when its server process has the number that the login gave: no
// pooler stands in between. A direct session keeps its settings: the last group of its
// second pipeline sets them for the session, and from the third on a pipeline sets the
// time limit alone, and only where it is not the longest. Its check releases the advisory
// locks too, so that no statement is needed for that after the rollback. After an error
// the check does not run, and a pipeline of its own releases them. Each pipeline asks for
// the process again. An answer of another process is not used, and the target is from
// then on taken to be behind a pooler. Statements that were prepared with SQL's PREPARE
// are deallocated in a direct session, and counted behind a pooler.
//
// A direct session keeps our own questions prepared (Pools.Ask), each with about 2 MB of
// the server's memory, since reading and planning them takes four times as long as
// running them. From then on its statements are counted instead of deallocated, in the
// check, which costs 20 us. A function that runs SQL can see them and take the name of
// one with PREPARE. The check, which is sent anew each time and so cannot be replaced,
// then finds a statement that came by SQL, and the session is closed. After an error
// all are deallocated.
//
// What each part adds to a round trip over a unix socket, in microseconds (medians
// of 4,000, PostgreSQL 15, a busy machine with two cores; a bare "select 1" in the
// wrapper takes 45):
//
//	begin, rollback and their Sync  12
//	settings of the transaction     47
//	check                           16
//	unlock as a statement           10, with the check 1
//	deallocate all                   4
//
// A pipeline that a timeout of the role's ends before the server has seen the statement
// is sent again, three times at most.
//
// A transaction id that was assigned, or a transaction that is not read-only
// at its end, fails the preview. That no id was assigned proves that no
// transactional write took one; it does not prove that no lock was taken or
// that nothing was written to the log.
//
// # Memory
//
// The driver, pgconn, logs in and sends cancel requests. In between, package wire
// reads the connection itself, keeps the first bytes of each cell and discards the rest
// as it arrives. pgconn's own reader is not used for
// rows: it holds a whole message in memory, and its background reader queues
// without a bound while something is being written.
//
// # Time limits
//
// The time limit covers waiting for a permit, connecting, and the pipeline. The
// server gets what is left as its statement_timeout. This side waits a little longer
// (the grace), so that the server's own answer, which says why, comes first if it comes
// at all. When the caller goes away or the grace passes, the caller is answered at once,
// and a reaper sends cancel requests, closes our half of the connection and waits until
// the server has closed the other, 30 s at most. Meanwhile the session keeps its permit:
// a database that cannot be interrupted is not given more to do.
//
// # Errors
//
// An *Error never holds a text of the driver's. Of the server's text it holds what
// package sqlstate lets pass.
package run
