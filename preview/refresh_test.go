package preview_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// remembering is a resolver that goes on giving the first connection string until it
// is asked for a fresh one.
type remembering struct {
	mu           sync.Mutex
	first, fresh string
	fails        bool
	asked        []bool // whether each question wanted fresh ones
}

func (r *remembering) Resolve(ctx context.Context, _ string) (preview.Connection, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	refresh := preview.IsRefresh(ctx)
	r.asked = append(r.asked, refresh)
	switch {
	case refresh && r.fails:
		return preview.Connection{}, context.DeadlineExceeded
	case refresh:
		r.first = r.fresh
	}
	return preview.Connection{DSN: preview.NewSecret(r.first)}, nil
}

// TestARefusedLoginAsksForFreshCredentials rotates a password under a resolver that
// remembers the old one.
func TestARefusedLoginAsksForFreshCredentials(t *testing.T) {
	database := pgtest.Start(t, pgtest.Options{TCP: true})
	host, port, _ := database.TCP()
	execute(t, database.DSN(), `create role shop login password 'good'`)
	dsn := func(password string) string {
		return fmt.Sprintf("host=%s port=%d user=shop password=%s dbname=postgres sslmode=disable", host, port, password)
	}
	for _, c := range []struct {
		name  string
		from  *remembering
		want  reason.Reason
		asked []bool
	}{
		{"a rotated password", &remembering{first: dsn("old"), fresh: dsn("good")}, "", []bool{false, true}},
		{"a good password is not asked for again", &remembering{first: dsn("good"), fresh: dsn("bad")}, "", []bool{false}},
		{"no other password", &remembering{first: dsn("old"), fresh: dsn("old")}, reason.DatabaseLoginFailed, []bool{false, true}},
		{"another wrong one is the last", &remembering{first: dsn("old"), fresh: dsn("older")}, reason.DatabaseLoginFailed, []bool{false, true}},
		{"the place of credentials fails", &remembering{first: dsn("old"), fails: true}, reason.DatabaseLoginFailed, []bool{false, true}},
		{"another failure", &remembering{first: "host=127.0.0.1 port=1 user=shop dbname=d sslmode=disable"}, reason.DatabaseUnavailable, []bool{false}},
	} {
		for name, call := range map[string]func(*preview.Previewer) error{
			"preview": func(p *preview.Previewer) error {
				_, err := p.Preview(t.Context(), preview.Request{SQL: "select 1"})
				return err
			},
			"describe": func(p *preview.Previewer) error {
				_, err := p.Describe(t.Context(), preview.Request{SQL: "select 1"})
				return err
			},
		} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				from := &remembering{first: c.from.first, fresh: c.from.fresh, fails: c.from.fails}
				if got := preview.ReasonOf(call(newPreviewer(t, preview.Config{Resolver: from}))); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
				if !slices.Equal(from.asked, c.asked) {
					t.Errorf("the resolver was asked %v, want %v", from.asked, c.asked)
				}
			})
		}
	}
}

// TestRefusedByOldKnowledge: what an author mends in the database after a refusal
// counts at once.
func TestRefusedByOldKnowledge(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t, "create function f(int) returns int language plpgsql volatile as 'begin return 1; end'")
	p := newPreviewer(t, preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	request := preview.Request{SQL: "select f(1)"}
	if _, err := p.Preview(t.Context(), request); preview.ReasonOf(err) != reason.FunctionNotAllowed {
		t.Fatalf("a VOLATILE function: %v", err)
	}
	superuser(t, dsn, "alter function f(int) stable")
	for start := time.Now(); ; {
		_, err := p.Preview(t.Context(), request)
		if err == nil {
			break
		}
		// Ten times the age that a refusal may have, and less than that of other answers.
		if time.Since(start) > 10*time.Second {
			t.Fatalf("10 s after it is not VOLATILE any more: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
