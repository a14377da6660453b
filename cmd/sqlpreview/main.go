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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the work in good order; after it the default is back,
	// so that a second one ends the process.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], &environment{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv,
	})
	stop()
	os.Exit(code)
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
