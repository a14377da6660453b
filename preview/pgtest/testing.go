package pgtest

import (
	"context"
	"errors"
	"os"
	"sync"
)

// TB is the part of testing.TB that this package needs. Naming it here keeps
// the testing package out of programs that use [New].
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Cleanup(func())
}

// Start is [New] for a test: the server ends with the test. When PostgreSQL is
// not installed the test is skipped, except when CI=true: then it fails.
func Start(t TB, o Options) *Server {
	t.Helper()
	server, err := New(context.Background(), o)
	giveUp(t, err)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Fatalf("pgtest: stopping the server: %v", err)
		}
	})
	return server
}

// Shared returns a server that all tests of this binary share; the first call
// starts it and the end of the process ends it. A test should use a database
// of its own: see [Server.Database].
func Shared(t TB) *Server {
	t.Helper()
	server, err := sharedServer()
	giveUp(t, err)
	return server
}

var sharedServer = sync.OnceValues(func() (*Server, error) {
	return New(context.Background(), Options{})
})

// Database makes a database that the test alone uses, runs the statements in
// it, and drops it when the test ends. It returns the superuser's connection
// string to it.
func (s *Server) Database(t TB, statements string) string {
	t.Helper()
	name, drop, err := s.CreateDatabase(context.Background(), statements)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Fatalf("pgtest: dropping the database: %v", err)
		}
	})
	return s.superuserDSN(name)
}

func giveUp(t TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true":
		t.Skipf("pgtest: %v", err)
	default:
		t.Fatalf("pgtest: %v", err)
	}
}
