// Command demo shows previews over Temporal, from the control plane's side to the
// database's: it starts a throw-away PostgreSQL, the sidecar, Temporal's server and
// two workers, each a process, and sends sample queries with the command
// sqlpreview-worker preview, as a control plane would. It ends by itself and leaves
// nothing behind. make demo-worker builds what it needs and runs it.
//
// It is a program of its own so that the worker's binary starts no database.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/op-data/sqlpreview/cmd/sqlpreview-worker/internal/stack"
	"github.com/op-data/sqlpreview/preview/worker"
	"github.com/op-data/sqlpreview/preview/worker/temporaltest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo-worker:", err)
		os.Exit(1)
	}
}

// schema is a shop with invented people.
const schema = `
create schema shop;
create table shop.customers (id int primary key, name text not null, email text, api_token text);
insert into shop.customers
select n, (array['Anna Müller', '佐藤 健', 'Søren Åkesson', 'Chidi Okonkwo'])[1 + n % 4], 'someone' || n || '@example.com', md5(n::text)
from generate_series(1, 250) n;
create table shop.stock (id int primary key, amount int);
`

func run(ctx context.Context, out io.Writer) (err error) {
	var o stack.Options
	flag.StringVar(&o.Sidecar, "sidecar", "bin/sqlpreview", "the program sqlpreview")
	flag.StringVar(&o.Worker, "worker", "bin/sqlpreview-worker", "the program sqlpreview-worker")
	flag.StringVar(&o.Temporal.Program, "temporal", "bin/temporal", "Temporal's server, see .ci/tools/temporal")
	flag.Parse()
	o.Schema, o.MutualTLS = schema, true
	say := func(format string, arguments ...any) { fmt.Fprintf(out, format+"\n", arguments...) }

	say("Starting a throw-away PostgreSQL, the sidecar, Temporal's server (with mutual TLS) and two workers ...")
	s, err := stack.New(ctx, o)
	if errors.Is(err, temporaltest.ErrNotBuilt) {
		return errors.New("Temporal's server is not built; make demo-worker builds it") //nolint:staticcheck // a name
	}
	if err != nil {
		return ended(ctx, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	d := &demo{stack: s, program: o.Worker, out: out}
	for name, w := range map[string]**stack.Worker{"worker-1": &d.first, "worker-2": &d.second} {
		if *w, err = s.StartWorker(ctx, "OP_TEMPORAL_IDENTITY="+name); err != nil {
			return ended(ctx, err)
		}
	}
	say("Both poll the queue %s. Each sample below is one workflow %s; nothing connects to the workers.", worker.Queue(stack.OrgID), worker.WorkflowType)
	if err := d.samples(ctx); err != nil {
		return ended(ctx, err)
	}
	if d.wrong > 0 {
		return fmt.Errorf("%d samples did not end as they should", d.wrong)
	}
	say("\nAll samples ended as they should, and no query is left in the database.")
	return nil
}

// ended words an error after Ctrl-C.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted; what the demo started is stopped and removed")
	}
	return err
}
