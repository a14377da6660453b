// Package preview returns a few rows of a customer's PostgreSQL database, without
// anyone having to trust the author of the query, the query or the data.
//
// # Architecture
//
// A request passes through steps, and each step is one package. This package calls them
// in order (Previewer.preview, in preview.go); no step imports the next.
//
//	request   sidecar: server authenticates, limits, decodes; embedded: Preview
//	   |
//	screen    internal/pgtree   may the parser see these bytes? size, NUL, UTF-8, depth
//	parse     internal/pgtree   PostgreSQL's own grammar; the only import of the parser
//	check     internal/guard    one SELECT or WITH, every node on an allow-list (cost: what
//	   |                        the planner would copy)
//	wrap      internal/wrap     select * from (<sql>) as preview_query limit 100, parsed
//	   |                        again and compared with what was checked
//	   |      -- until here no database was touched --
//	connect   Resolver          connections (in package connections), internal/dsn
//	resolve   internal/catalog  what the database's catalog says of the names in the text:
//	   |                        one question, or none if all is known
//	          internal/analyze  which objects they mean, as PostgreSQL analyses a statement;
//	   |                        which functions would run; where each column comes from
//	          internal/guard    may those functions run? by object id, not by name
//	   |
//	run       internal/run      one read-only pipeline, rolled back; cells cut as their bytes
//	   |                        arrive (run/wire); clocks and cancel requests; what of an
//	   |                        error may be shown (run/sqlstate)
//	mask      internal/origin   which output columns can show a masked column
//	sanitize  sanitize          values cleaned, masked, cut; every change declared
//	bound     preview           rows and bytes of the response; the receipt
//	   |
//	response  sidecar: audited (server/egress), then sent (server/wire); embedded: Result
//
// The other packages stand beside these steps. [github.com/op-data/sqlpreview/preview/reason]
// is the closed list of reasons. internal/limiter bounds how much happens at a time, and
// internal/singleflight lets many callers share one question and remembers the answers.
// Package doctor grades a role; package mcp serves the same core to language models,
// console to a browser and worker over Temporal; package client calls a sidecar; pgtest
// starts a throw-away PostgreSQL for tests. The commands are cmd/sqlpreview and
// cmd/sqlpreview-worker, and fuzz attacks all of it from outside. Nothing imports upward:
// cmd, then mcp, console and worker, then server, then preview, then internal and
// sanitize; the linter proves it.
//
// CONTRIBUTING.md names, for each rule of the promise, the line that decides it.
//
// # Bounds
//
// One SELECT or WITH; 100 rows; 10 seconds; 1024 characters a cell; 1 MiB a
// response. A [Config] or a [Request] may ask for less, never for more.
//
// # Trust
//
// Not trusted are the author (what the guard does not know, it refuses), the data (a
// value, a column name or an error text may hold anything), and the server for memory
// or time (it may flood or stall). Trusted is the operator, who writes the [Config]. The
// database role is relied on to have no more rights than a preview needs: a function's
// volatility is a declaration, and what a function does against it is bounded by READ
// ONLY, by the clean-up of the session and by the role.
//
// # Cost
//
// What an author waits for, in milliseconds, by the number of tables in the database
// (BenchmarkCatalogStates: medians of 15, PostgreSQL 15 on the same two cores, before
// sessions kept the catalog's question prepared):
//
//	tables                                        50   20,000  100,000
//	first preview, with login: select 1           18       11       11
//	two tables that no preview has named before  6.5      6.5      7.3
//	the same again, at once                     0.25     0.25     0.28
//	the same after 31 s of idling                0.7      0.8      8.1
//	the same after 61 s of idling                2.9      2.2      2.9
//
// A session keeps the catalog's question prepared from its third query on; two new tables
// then take 3 to 5 ms at best, with a million tables too (7 to 12 in the middle, on a busy
// machine). The first preview of tables by a new session takes 30 ms and more, in three round
// trips: the login (a tenth), the catalog's question and the query itself. Four fifths are the
// server reading, planning (about half of all) and answering that question with empty
// caches (log_min_duration_statement); all settings together take less than 1 ms. Nothing hides
// that yet.
//
// What a repeated preview takes of the processor, in microseconds a call: the process that
// answers, not PostgreSQL (BenchmarkWarm in cmd/sqlpreview, medians of three runs of 800 calls
// each, in turns, at a load of 17 on two cores; differences below a tenth are noise). The other
// programs are of an earlier run, at a load of 48, in which pgx took the same. "Naive" is 40
// lines of net/http, pgx and encoding/json without a guard or a bound.
//
//	                           select 1   100 rows of 4 columns
//	pgx, in the same process         45       105
//	this package                     89       205
//	sidecar, JSON                   340       425
//	sidecar, gRPC                   410       525
//	naive, JSON                     100       520
//	DBHub 1.4.0 (Node.js)         3,740     2,960
//	postgres-meta 0.99 (Node.js)  6,700     5,740
//
// Of 64 callers at a time on the same machine a sidecar over gRPC serves about 0.5 as many as
// this package for 1 row and 0.3 for 100 rows (BenchmarkThroughput, loads of 10 to 14). Most of that
// is HTTP/2: the same bytes from a handler that has them already (floor-ratio) allow 0.6 and 0.45.
//
// # Errors
//
// Every error is an [*Error]: a stable [reason.Reason], a message that holds no
// value, no DSN, no host and no driver text, and, for a refusal, every
// [Violation] with its place in the author's text.
//
// [reason.Reason]: https://pkg.go.dev/github.com/op-data/sqlpreview/preview/reason#Reason
package preview
