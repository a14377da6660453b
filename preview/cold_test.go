package preview_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// gatheringResolver lets no request through until a number of them have come.
type gatheringResolver struct {
	connection preview.Connection
	missing    *atomic.Int64
	all        chan struct{} // closed when all are there
}

func newGatheringResolver(connection preview.Connection, requests int64) gatheringResolver {
	g := gatheringResolver{connection, new(atomic.Int64), make(chan struct{})}
	g.missing.Store(requests)
	return g
}

func (g gatheringResolver) Resolve(ctx context.Context, _ string) (preview.Connection, error) {
	if g.missing.Add(-1) == 0 {
		close(g.all)
	}
	select {
	case <-g.all:
		return g.connection, nil
	case <-ctx.Done(): // one of the others failed before it came here
		return preview.Connection{}, ctx.Err()
	}
}

// TestColdPreviewsAskOnce checks, by the server's own log, that previews which all find
// the catalog unknown share one question for it. Each connection id asks for itself.
func TestColdPreviewsAskOnce(t *testing.T) {
	t.Parallel()
	const n = 50
	server := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"log_statement": "all", "max_connections": "120"}})
	superuser(t, server.DSN(), `create table a (id int, note text); insert into a values (1, 'x');`)
	p := newPreviewer(t, preview.Config{
		Resolver: newGatheringResolver(preview.Connection{DSN: preview.NewSecret(server.DSN())}, 2*n),
		Pool:     preview.Pool{Sessions: 8, Queue: 2 * n, QueueWait: 10 * time.Second},
	})
	var wait sync.WaitGroup
	for _, id := range []string{"one", "two"} {
		for range n {
			wait.Go(func() {
				result, err := p.Preview(t.Context(), preview.Request{ConnectionID: id, SQL: "select id, note from a"})
				if err != nil || len(result.Rows) != 1 || result.Rows[0][1].Text != "x" {
					t.Errorf("%s: %v", id, err)
				}
			})
		}
	}
	wait.Wait()
	log, err := os.ReadFile(filepath.Join(server.SocketDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(log), "path (place, nsp, name, temporary) as materialized"); got != 2 {
		t.Errorf("%d previews of two connections asked the catalog %d times, want 2", 2*n, got)
	}
}

// TestCancelledPreviewFailsNoOther cancels the preview whose question for the catalog the
// others share, while the database's connection is still being opened.
func TestCancelledPreviewFailsNoOther(t *testing.T) {
	t.Parallel()
	dialing, release := make(chan struct{}, 100), make(chan struct{})
	connection := preview.Connection{
		DSN: preview.NewSecret(pgtest.Shared(t).Database(t, schema)),
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialing <- struct{}{}
			select {
			case <-release:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	const others = 10
	resolved := make(chan struct{}, 2*(1+others))
	p := newPreviewer(t, preview.Config{Resolver: notingResolver{
		preview.StaticConnections(map[string]preview.Connection{"c": connection}), resolved,
	}})
	request := preview.Request{ConnectionID: "c", SQL: "select id from orders limit 1"}
	ctx, cancel := context.WithCancel(t.Context())
	cancelled, stayed := make(chan error, 1), make(chan error, others)
	go func() {
		_, err := p.Preview(ctx, request)
		cancelled <- err
	}()
	<-resolved
	<-dialing // the first asks
	for range others {
		go func() {
			_, err := p.Preview(t.Context(), request)
			stayed <- err
		}()
	}
	for range others {
		<-resolved // the next thing that each does is to join the question
	}
	cancel()
	if err := <-cancelled; preview.ReasonOf(err) != reason.ClientCanceled {
		t.Errorf("the preview that was cancelled: %v", err)
	}
	close(release)
	for range others {
		if err := <-stayed; err != nil {
			t.Errorf("a preview that was not: %v", err)
		}
	}
}

// notingResolver notes each request that has its connection.
type notingResolver struct {
	preview.Resolver
	resolved chan<- struct{}
}

func (r notingResolver) Resolve(ctx context.Context, id string) (preview.Connection, error) {
	connection, err := r.Resolver.Resolve(ctx, id)
	r.resolved <- struct{}{}
	return connection, err
}

// TestTimeOfConnecting checks that Stats has the time to open the session, whichever
// step opened it.
func TestTimeOfConnecting(t *testing.T) {
	t.Parallel()
	const delay = 30 * time.Millisecond
	connection := preview.Connection{
		DSN: preview.NewSecret(pgtest.Shared(t).Database(t, schema)),
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			time.Sleep(delay)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	p := newPreviewer(t, preview.Config{Resolver: preview.StaticConnections(map[string]preview.Connection{"default": connection})})
	cold := run(t, p, "select id from orders").Stats
	if cold.Connect < delay {
		t.Errorf("the first preview says that connecting took %v, and dialling alone takes %v", cold.Connect, delay)
	}
	for _, stats := range []preview.Stats{cold, run(t, p, "select id from orders").Stats} {
		parts := stats.Check + stats.Queue + stats.Connect + stats.Execute + stats.Fetch + stats.Catalog + stats.Sanitize
		if parts > stats.Total || min(stats.Check, stats.Queue, stats.Connect, stats.Execute, stats.Fetch, stats.Catalog, stats.Sanitize) < 0 {
			t.Errorf("the parts sum up to %v of %v: %+v", parts, stats.Total, stats)
		}
	}
	if warm := run(t, p, "select id from orders").Stats; warm.Connect != 0 {
		t.Errorf("a preview with a kept session says that connecting took %v", warm.Connect)
	}
}

// TestShortPreviewFailsNoOther gives the preview that asks the catalog too little time
// for the answer. Those that share the question and have more time get one.
func TestShortPreviewFailsNoOther(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, schema)
	p := newPreviewer(t, preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	lock, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close(context.Background()) // a test's
	// The catalog cannot be read while this is held.
	if _, err := lock.Exec(t.Context(), "begin; lock table pg_catalog.pg_cast in access exclusive mode").ReadAll(); err != nil {
		t.Fatal(err)
	}
	short := make(chan error, 1)
	go func() {
		_, err := p.Preview(t.Context(), preview.Request{SQL: "select id from orders", Timeout: 2 * time.Second})
		short <- err
	}()
	for asked := false; !asked && len(short) == 0; time.Sleep(5 * time.Millisecond) { // until it waits for the lock
		results, err := lock.Exec(t.Context(), "select count(*) from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())").ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		asked = string(results[0].Rows[0][0]) != "0"
	}
	var wait sync.WaitGroup
	for range 5 {
		wait.Go(func() {
			if _, err := p.Preview(t.Context(), preview.Request{SQL: "select id from orders", Timeout: 10 * time.Second}); err != nil {
				var e *preview.Error
				// A question that waits for the lock for too long says so.
				if !errors.As(err, &e) || e.Reason != reason.LockTimeout {
					t.Errorf("a preview with time left: %v", err)
				}
			}
		})
	}
	var e *preview.Error
	if err := <-short; !errors.As(err, &e) || e.Reason != reason.StatementTimeout && e.Reason != reason.DatabaseUnavailable { // it may not even get a session
		t.Errorf("the preview without time: %v", err)
	}
	if _, err := lock.Exec(t.Context(), "rollback").ReadAll(); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
}
