// Package temporaltest runs Temporal's own server for tests and demonstrations,
// as preview/pgtest runs PostgreSQL. The server is a program of a module of its
// own, .ci/tools/temporal, since it links some 450 modules: make temporal builds
// it into bin/temporal, and this package only starts it.
//
//	server := temporaltest.Start(t, temporaltest.Options{})
//	connect(server.Address(), server.Namespace())
//
// The program is the one that OP_PREVIEW_TEST_TEMPORAL names, as make test-worker
// sets it. Without the variable a test is skipped, and says so: the variable is
// what asks for these tests. With it, a program that is not there fails the test.
//
// With Options.File the server's state survives its end: [Server.Stop] or
// [Server.Kill], then [Server.Restart] on the same file and port, is the restart
// of a cluster as its workers and clients see it.
//
// The server reads its standard input and ends with it. However this process
// ends, the kernel closes the pipe, and no server is left.
package temporaltest
