// Package pgtest runs a throw-away PostgreSQL for tests and demonstrations, in
// the way that net/http/httptest runs a throw-away web server.
//
// A server is a fresh cluster in a private directory that listens on a Unix socket there
// (and on loopback TCP if asked). It is for data that no one will miss: it does not wait
// for the disk, so a crash of the machine loses it.
//
//	server, err := pgtest.New(ctx, pgtest.Options{})
//	if err != nil { ... }
//	defer server.Close()
//	db, err := pgconn.Connect(ctx, server.DSN())
//
// In a test, [Start] does the same and stops the server when the test ends;
// [Shared] starts one server for the whole test binary, and [Server.Database]
// makes a database in it that belongs to one test.
//
// # Where the server comes from
//
// OP_PREVIEW_TEST_DSN names a server that is already running; then nothing is
// started, unless Options.Own asks for a server that the test may stop. Else
// initdb and postgres are looked for in the folder OP_PREVIEW_TEST_PGBIN, in
// PATH, in what pg_config --bindir says, and where Debian, Red Hat, Homebrew
// and the PostgreSQL installers put them, the newest version first.
//
// PostgreSQL refuses to run as root. A process that is root starts it as the
// user postgres, or else as nobody.
//
// # Nothing stays
//
// The server is started by a small shell that reads from a pipe whose other
// end this process holds. However the process ends, by Close, a panic, Ctrl-C
// or SIGKILL, the kernel closes the pipe; the shell then stops the server and
// removes its directory.
package pgtest
