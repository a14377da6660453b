package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/cmd/sqlpreview/internal/demo"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/console"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/server"
)

// demoCommand shows the whole way on a PostgreSQL of its own.
type demoCommand struct {
	Serve bool `help:"Send no samples: keep the database and the sidecar running until Ctrl-C, for queries of your own."`
}

// Help says what the short line cannot.
func (*demoCommand) Help() string {
	return `Starts a throw-away PostgreSQL with a small shop in it and the sidecar on a unix socket,
sends sample queries through a gRPC client, and removes everything again.
With --serve it keeps both running instead, says how to ask, and opens the console, a web page on which to do so.
Exits 0 if every sample was answered as it should be.`
}

var errDemoInterrupted = fmt.Errorf("%w; what the demo started is stopped and removed", errInterrupted)

// Run runs the demo from start to end.
func (c *demoCommand) Run(ctx context.Context, env *environment) error {
	if _, err := fmt.Fprintln(env.stdout, "Starting a throw-away PostgreSQL with a small shop in it ..."); err != nil {
		return err
	}
	database, err := pgtest.New(ctx, pgtest.Options{Own: true})
	var closing error
	if err == nil {
		if c.Serve {
			err = keepServing(ctx, env, database)
		} else {
			err = show(ctx, env, database)
		}
		closing = database.Close()
	} else {
		err = fmt.Errorf("the demo needs a PostgreSQL of its own: %w", err)
	}
	// Whatever Ctrl-C interrupted, the last word is that it was Ctrl-C. A demo that
	// serves is ended by it in good order.
	if ctx.Err() != nil && (!c.Serve || err != nil) {
		err = errDemoInterrupted
	}
	return errors.Join(err, closing)
}

// show makes the shop, sends the samples, and looks at the shop before and
// after.
func show(ctx context.Context, env *environment, database *pgtest.Server) error {
	name, _, err := database.CreateDatabase(ctx, demo.Schema)
	if err != nil {
		return fmt.Errorf("the shop could not be made: %w", err)
	}
	// The superuser looks; the sidecar logs in as a role that may read and do
	// nothing else.
	look := func() (string, error) { return fingerprint(ctx, database.DSNFor("postgres", name)) }
	before, err := look()
	if err != nil {
		return err
	}
	var total, wrong int
	var after string
	err = withSidecar(ctx, database.DSNFor(demo.Role, name), func(socket string) error {
		_, err := fmt.Fprintf(env.stdout, "The sidecar serves on unix:%s; the samples go through gRPC.\n", socket)
		if err == nil {
			total, wrong, err = demo.Run(ctx, env.stdout, colours(env, env.stdout), widthOf(env.stdout), "unix://"+socket)
		}
		if err == nil {
			// While the sidecar's sessions are there: they could hold a lock.
			after, err = look()
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case wrong > 0:
		return fmt.Errorf("%d of %d samples were not answered as they should be", wrong, total)
	case after != before:
		return errors.New("the shop is not the same as before the samples")
	}
	_, err = fmt.Fprintf(env.stdout, "\nAll %d samples were answered as they should be; "+
		"the shop is unchanged, and no session is at work or holds a lock in it.\n%s", total, next())
	return err
}

// next says what to do after the demo, with the program's own name as it was called.
func next() string {
	program := filepath.Base(os.Args[0])
	if strings.ContainsRune(os.Args[0], filepath.Separator) {
		program = os.Args[0]
	}
	return fmt.Sprintf(`
Next:
  %[1]s demo --serve    keeps this shop and its sidecar running, and opens the console on it: a page for queries of your own
  %[1]s doctor          grades the role of your own database: set OP_PREVIEW_DSN first
  %[1]s query 'select 1'
  %[1]s serve --listen 127.0.0.1:7777
`, program)
}

// keepServing makes the shop and serves it until ctx ends, over a socket and on the
// console's page.
func keepServing(ctx context.Context, env *environment, database *pgtest.Server) error {
	name, _, err := database.CreateDatabase(ctx, demo.Schema)
	if err != nil {
		return fmt.Errorf("the shop could not be made: %w", err)
	}
	dsn := database.DSNFor(demo.Role, name)
	return withSidecar(ctx, dsn, func(socket string) error {
		program := os.Args[0]
		_, err := fmt.Fprintf(env.stdout, `The sidecar serves the shop on unix:%[2]s until Ctrl-C. In another terminal:

  %[1]s query --sidecar unix:%[2]s 'select * from shop.customers'

or from any language, as a POST of JSON:

  curl -s --unix-socket %[2]s -H 'content-type: application/json' \
    -d '{"sql": "select status, count(*) from shop.orders group by 1"}' \
    http://localhost/opdata.preview.v1.PreviewService/PreviewQuery

The tables are shop.customers, shop.orders, shop.events and shop.documents.
`, program, socket)
		if err != nil {
			return err
		}
		return showDemoConsole(ctx, env, dsn)
	})
}

// showDemoConsole serves the console on the demo's database until ctx ends.
func showDemoConsole(ctx context.Context, env *environment, dsn string) error {
	config, quiet, err := demoConfig(dsn)
	if err != nil {
		return err
	}
	page, err := openConsole(ctx, config, nil, quiet)
	if errors.Is(err, console.ErrNotBuilt) {
		<-ctx.Done()
		return nil
	} else if err != nil {
		return err
	}
	fmt.Fprint(env.stdout, "\nOr in a browser, on the console:\n\n")
	return page.show(ctx, env, true, func() {})
}

// demoConfig returns the settings of the demo's sidecars, which nothing of the
// caller's environment may reach, and an environment that says nothing.
func demoConfig(dsn string) (*config, *environment, error) {
	quiet := &environment{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
	config, err := loadConfig("", quiet)
	if err != nil {
		return nil, nil, err
	}
	config.Sources.DSN = preview.NewSecret(dsn)
	config.DrainTimeout = time.Second
	return config, quiet, nil
}

// withSidecar serves previews of a database on a socket of its own while use
// runs.
func withSidecar(ctx context.Context, dsn string, use func(socket string) error) (err error) {
	folder, err := os.MkdirTemp("", "sqlpreview-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	config, quiet, err := demoConfig(dsn)
	if err != nil {
		return err
	}
	s, err := newSidecar(ctx, config, nil, quiet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	socket := filepath.Join(folder, "preview.sock")
	listener, err := server.Listen(ctx, "unix:"+socket)
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- s.serve(serving, listener, nil) }()
	defer func() { stop(); err = errors.Join(err, <-stopped) }()
	return use(socket)
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
