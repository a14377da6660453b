package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/cmd/sqlpreview/internal/demo"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/server"
)

// demoCommand shows the whole way on a PostgreSQL of its own.
type demoCommand struct{}

// Help says what the short line cannot.
func (*demoCommand) Help() string {
	return `Starts a throw-away PostgreSQL with a small shop in it and the sidecar on a unix socket,
sends sample queries through a gRPC client, and removes everything again.
Exits 0 if every sample was answered as it should be.`
}

var errInterrupted = errors.New("interrupted; what the demo started is stopped and removed")

// Run runs the demo from start to end.
func (*demoCommand) Run(ctx context.Context, env *environment) (err error) {
	// Whatever Ctrl-C interrupted, the last word is that it was Ctrl-C.
	defer func() {
		if ctx.Err() != nil {
			err = errInterrupted
		}
	}()
	colour := colours(env, env.stdout)
	fmt.Fprintln(env.stdout, "Starting a throw-away PostgreSQL with a small shop in it ...") //nolint:errcheck // the next write says it
	database, err := pgtest.New(ctx, pgtest.Options{Own: true})
	if err != nil {
		return fmt.Errorf("the demo needs a PostgreSQL of its own: %w", err)
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	name, _, err := database.CreateDatabase(ctx, demo.Schema)
	if err != nil {
		return fmt.Errorf("the shop could not be made: %w", err)
	}
	// The superuser looks at the shop before and after; the sidecar logs in as a
	// role that may read and do nothing else.
	look := func() (string, error) { return fingerprint(ctx, database.DSNFor("postgres", name)) }
	before, err := look()
	if err != nil {
		return err
	}
	total, wrong, err := runSamples(ctx, env.stdout, colour, database.DSNFor(demo.Role, name))
	if err != nil {
		return err
	}
	after, err := look()
	if err != nil {
		return err
	}
	if after != before {
		wrong++
		fmt.Fprintln(env.stdout, "\nNOT AS IT SHOULD BE: the shop is not the same as before") //nolint:errcheck // the next write says it
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d samples were not answered as they should be", wrong, total)
	}
	_, err = fmt.Fprintf(env.stdout, "\nAll %d samples were answered as they should be; the shop is unchanged, and no session or lock is left in it.\n", total)
	return err
}

// runSamples starts the sidecar on a socket of its own and sends the samples.
func runSamples(ctx context.Context, w io.Writer, colour bool, dsn string) (total, wrong int, err error) {
	folder, err := os.MkdirTemp("", "sqlpreview-demo-")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	// Nothing of the caller's environment may reach the demo.
	quiet := &environment{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
	config, err := loadConfig("", quiet.getenv)
	if err != nil {
		return 0, 0, err
	}
	config.Sources.DSN = preview.NewSecret(dsn)
	config.DrainTimeout = time.Second
	s, err := newSidecar(ctx, config, quiet)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	socket := filepath.Join(folder, "preview.sock")
	listener, err := server.Listen(ctx, "unix:"+socket)
	if err != nil {
		return 0, 0, err
	}
	serving, stop := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- s.serve(serving, listener, nil) }()
	defer func() { stop(); err = errors.Join(err, <-stopped) }()

	fmt.Fprintf(w, "The sidecar serves on unix:%s; the samples go through gRPC.\n", socket) //nolint:errcheck // the next write says it
	return demo.Run(ctx, w, colour, "unix://"+socket)
}

// fingerprint sums up every row of the shop, its sequences, and what a preview
// could have left behind: sessions that are not idle, and locks.
func fingerprint(ctx context.Context, dsn string) (string, error) {
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return "", fmt.Errorf("the shop cannot be looked at: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // it was only read from
	results, err := conn.Exec(ctx, demo.Fingerprint).ReadAll()
	if err != nil || len(results) != 1 || len(results[0].Rows) != 1 {
		return "", errors.Join(errors.New("the shop cannot be looked at"), err)
	}
	return string(results[0].Rows[0][0]), nil
}
