package hostile_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/op-data/sqlpreview/fuzz/internal/hostile"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// unnoticed are the behaviours whose harm an ordinary client that asks one
// question does not see: it would be met by its next one, or in its memory.
var unnoticed = map[string]bool{
	"ready-in-transaction": true, "ready-odd-status": true, "ready-forever": true,
	"describe-twice": true, "describe-long-name": true, "describe-many-columns": true,
}

// TestEveryBehaviourDiffersFromAnHonestServer talks to each with an ordinary
// client: an honest one answers 1, the others do not get that far.
func TestEveryBehaviourDiffersFromAnHonestServer(t *testing.T) {
	upstream := pgtest.Start(t, pgtest.Options{Own: true})
	names := map[string]bool{}
	for _, b := range append(hostile.Behaviours("secret"), hostile.Mangled(1)) {
		if names[b.Name] {
			t.Errorf("%s: the name occurs twice", b.Name)
		}
		names[b.Name] = true
		t.Run(b.Name, func(t *testing.T) {
			server, err := hostile.Start(b, upstream.DSN())
			if err != nil {
				t.Fatal(err)
			}
			timeout := 300 * time.Millisecond // some never answer
			if b.Name == "honest" {
				timeout = time.Minute
			}
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			conn, value, err := ask(ctx, server.DSN("p"))
			server.Close() // first, for the client's Terminate message waits long for an answer
			if conn != nil {
				_ = conn.Close(t.Context())
				<-conn.CleanupDone()
			}
			if b.Name == "honest" && (err != nil || value != "1") {
				t.Fatalf("the honest server answered %q, %v", value, err)
			}
			if ours := err == nil && value == "1"; ours && !b.Honest && !unnoticed[b.Name] && b.Name != "mangled" {
				t.Errorf("an ordinary client saw nothing odd")
			}
		})
	}
}

// TestFloodsCostNoMemory: neither the server nor the preview that it floods allocates
// with what is sent, which is some hundred MiB, so that growth of the process is the
// gateway's fault.
func TestFloodsCostNoMemory(t *testing.T) {
	upstream := pgtest.Start(t, pgtest.Options{Own: true})
	flooding := map[string]bool{"rows-forever": true, "rows-forever-large": true, "notices-forever": true, "execute-error-endless": true}
	for _, b := range hostile.Behaviours("secret") {
		if !flooding[b.Name] {
			continue
		}
		delete(flooding, b.Name)
		server, err := hostile.Start(b, upstream.DSN())
		if err != nil {
			t.Fatal(err)
		}
		p, err := preview.New(preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(server.DSN("p")))})
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := p.Preview(t.Context(), preview.Request{SQL: "select 1 as c", Timeout: 300 * time.Millisecond}); err == nil {
			t.Errorf("%s: a flood was taken for an answer", b.Name)
		}
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 24<<20 {
			t.Errorf("%s: %d MiB were allocated", b.Name, allocated>>20)
		}
		server.Close()
		p.Close()
	}
	if len(flooding) > 0 {
		t.Errorf("there are no such behaviours: %v", flooding)
	}
}

func ask(ctx context.Context, dsn string) (*pgconn.PgConn, string, error) {
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return nil, "", err
	}
	result := conn.ExecParams(ctx, "select 1 from (select 1) as preview_query", nil, nil, nil, nil)
	value := ""
	for result.NextRow() {
		if values := result.Values(); len(values) > 0 && len(values[0]) < 100 {
			value = string(values[0])
		}
	}
	_, err = result.Close()
	return conn, value, err
}
