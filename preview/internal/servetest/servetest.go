// Package servetest serves in a test and ends with it.
package servetest

import (
	"context"
	"net"
	"testing"
)

// Serve serves on listener until the test ends, and then fails the test when
// serve has returned an error. serve is the Serve of a server.
func Serve(t testing.TB, serve func(context.Context, net.Listener) error, listener net.Listener) {
	t.Helper()
	// The test's own context ends before its cleanups run.
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}
