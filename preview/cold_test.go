package preview_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// gather is a Resolver that lets nobody through until a number of requests are
// there.
type gather struct {
	connection preview.Connection
	arrived    *sync.WaitGroup
}

func (g gather) Resolve(context.Context, string) (preview.Connection, error) {
	g.arrived.Done()
	g.arrived.Wait()
	return g.connection, nil
}

// TestColdPreviewsAskOnce: previews that all find the catalog unknown share one
// question for it, which the server's own log counts. Each connection id asks for
// itself.
func TestColdPreviewsAskOnce(t *testing.T) {
	t.Parallel()
	const n = 50
	server := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"log_statement": "all", "max_connections": "120"}})
	superuser(t, server.DSN(), `create table a (id int, note text); insert into a values (1, 'x');`)
	var arrived sync.WaitGroup
	arrived.Add(2 * n)
	p := newPreviewer(t, preview.Config{
		Resolver: gather{preview.Connection{DSN: preview.NewSecret(server.DSN())}, &arrived},
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

// TestCancelledPreviewFailsNoOther: the one whose question the others share goes
// away in the midst of it.
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
	p := newPreviewer(t, preview.Config{Resolver: preview.StaticConnections(map[string]preview.Connection{"c": connection})})
	request := preview.Request{ConnectionID: "c", SQL: "select id from orders limit 1"}
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		_, err := p.Preview(ctx, request)
		var e *preview.Error
		if !errors.As(err, &e) || e.Reason != reason.ClientCanceled {
			t.Errorf("the one who went away: %v", err)
		}
	})
	<-dialing // the first asks
	for range 10 {
		wait.Go(func() {
			if _, err := p.Preview(t.Context(), request); err != nil {
				t.Errorf("one who stayed: %v", err)
			}
		})
	}
	cancel()
	close(release)
	wait.Wait()
}

// TestTimeOfConnecting: the time to open the session is told, whoever opened it.
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

// TestShortPreviewFailsNoOther: the one who asks the catalog has too little time
// for the answer; who shares the question and has more gets one, and the session
// is kept.
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
	for asked := false; !asked && len(short) == 0; time.Sleep(5 * time.Millisecond) {
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
					t.Errorf("one who has time: %v", err)
				}
			}
		})
	}
	var e *preview.Error
	if err := <-short; !errors.As(err, &e) || e.Reason != reason.StatementTimeout && e.Reason != reason.DatabaseUnavailable { // it may not even get a session
		t.Errorf("the one without time: %v", err)
	}
	if _, err := lock.Exec(t.Context(), "rollback").ReadAll(); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
}
