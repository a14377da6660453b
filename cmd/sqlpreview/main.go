// Command sqlpreview shows what a SELECT over a PostgreSQL database would
// return, bounded, read-only and sanitized: offline as a verdict, once on the
// command line, or as a sidecar over gRPC.
package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// version is set by the linker for a release.
var version string

func main() {
	ignoreLibpq()
	os.Exit(run(os.Args[1:], &environment{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, environ: os.Environ,
	}))
}

// interruptible returns the context of a command that has something to end in
// good order when a signal comes; after the first the default is back, so that
// a second one ends the process. A command that does not ask for a context just
// ends.
func interruptible() (context.Context, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, nil
}

// ignoreLibpq takes libpq's own variables (PGHOST, PGPASSWORD, PGSERVICE, ...)
// out of the environment: a connection is what its one connection string says,
// and an operator's leftover must not change where a preview goes.
func ignoreLibpq() {
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "PG") {
			_ = os.Unsetenv(name)
		}
	}
}
