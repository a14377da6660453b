package temporaltest

import (
	"context"
	"errors"
	"os"
)

// TB is the part of testing.TB that this package needs. Naming it here keeps the
// testing package out of programs that use [New].
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Cleanup(func())
}

// Start is [New] for a test: the server ends with the test. Without
// OP_PREVIEW_TEST_TEMPORAL the test is skipped; see the package comment.
func Start(t TB, o Options) *Server {
	t.Helper()
	Require(t)
	server, err := New(context.Background(), o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Fatalf("%v", err)
		}
	})
	return server
}

// Require skips a test that needs the server when OP_PREVIEW_TEST_TEMPORAL is not
// set, and fails it when the variable names no program.
func Require(t TB) {
	t.Helper()
	program := os.Getenv(Variable)
	if program == "" {
		t.Skipf("%v: make test-worker builds it and runs this test", ErrNotBuilt)
	}
	if _, err := os.Stat(program); errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%v: %s names a file that is not there; make temporal builds it", ErrNotBuilt, Variable)
	}
}
