package preview

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestShortTextsDoNotWaitBehindLongOnes holds every permit for long texts: a long
// text is then refused, and a short one is checked and runs.
func TestShortTextsDoNotWaitBehindLongOnes(t *testing.T) {
	p := limitedPreviewer(t, Config{Pool: Pool{QueueWait: 10 * time.Millisecond}})
	long := p.checks.permits.Of(guard.ShortText + 1)
	for permit := long.TryAcquire(); permit != nil; permit = long.TryAcquire() {
		defer permit.Release()
	}
	longText := "select 1" + strings.Repeat(" ", guard.ShortText)
	if _, err := p.Validate(t.Context(), longText); ReasonOf(err) != reason.ConcurrencyLimit {
		t.Errorf("a long text: %v, want CONCURRENCY_LIMIT", err)
	}
	if _, err := p.Preview(t.Context(), Request{SQL: longText, Timeout: time.Millisecond}); ReasonOf(err) != reason.StatementTimeout {
		t.Errorf("a long text without time to wait: %v, want STATEMENT_TIMEOUT", err)
	}
	if v, err := p.Validate(t.Context(), "select 1"); err != nil || !v.Allowed {
		t.Errorf("a short text: %v", err)
	}
	if _, err := p.Preview(t.Context(), Request{SQL: "select 1"}); err != nil {
		t.Errorf("a preview of a short text: %v", err)
	}
}

// TestCallerStopsWaiting: a caller that goes away while it waits for a permit, for
// a check or for a large answer, is answered then and leaves nothing behind.
func TestCallerStopsWaiting(t *testing.T) {
	p := limitedPreviewer(t, Config{LargeAnswers: 1, Pool: Pool{QueueWait: 10 * time.Second}})
	held := p.large.TryAcquire()
	long := p.checks.permits.Of(guard.ShortText + 1)
	for permit := long.TryAcquire(); permit != nil; permit = long.TryAcquire() {
		defer permit.Release()
	}
	for _, test := range []struct {
		name, sql string
		waiting   func() int
	}{
		{"a large answer", "select repeat('x', 1000) from generate_series(1, 100)", p.large.Waiting},
		{"a check", "select 1" + strings.Repeat(" ", guard.ShortText), long.Waiting},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := p.Preview(ctx, Request{SQL: test.sql})
			ended <- err
		}()
		for test.waiting() == 0 {
			select {
			case err := <-ended:
				t.Fatalf("%s did not wait: %v", test.name, err)
			case <-time.After(time.Millisecond):
			}
		}
		cancel()
		if err := <-ended; ReasonOf(err) != reason.ClientCanceled {
			t.Errorf("%s: %v, want CLIENT_CANCELED", test.name, err)
		}
		if test.waiting() != 0 {
			t.Errorf("%s: the caller still waits", test.name)
		}
	}
	held.Release()
	if _, err := p.Preview(t.Context(), Request{SQL: "select repeat('x', 1000) from generate_series(1, 100)"}); err != nil {
		t.Errorf("a large answer afterwards: %v", err)
	}
	if p.large.InUse() != 0 {
		t.Errorf("%d permits for large answers are not back", p.large.InUse())
	}
}

func limitedPreviewer(t *testing.T, config Config) *Previewer {
	t.Helper()
	config.Resolver = SingleConnection(NewSecret(pgtest.Shared(t).Database(t, "")))
	p, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}
