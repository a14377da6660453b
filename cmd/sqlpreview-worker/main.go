// Command sqlpreview-worker carries previews over Temporal: it polls the queue of
// one organization and asks the sidecar beside it.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker for a release.
var version string

func main() {
	os.Exit(run(os.Args[1:], &environment{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, environ: os.Environ}))
}

// environment is what a command may touch of the world around it.
type environment struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	// environ lists all variables as NAME=VALUE.
	environ func() []string
}

// interruptible returns the context of a command that has something to end in
// good order when a signal comes. A second signal ends the process.
func interruptible() (context.Context, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, nil
}
