package preview_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/sanitize"
)

// TestEveryFaultIsNamed: at once, whatever is out of range.
func TestEveryFaultIsNamed(t *testing.T) {
	_, err := preview.New(preview.Config{
		Limits: preview.Limits{
			MaxRows: 101, Timeout: -1, MaxCellCharacters: 1025, MaxResponseBytes: 1 << 40, MaxColumns: -1, MaxSQLBytes: 1 << 30,
		},
		Pool: preview.Pool{
			Sessions: -1, Queue: -1, QueueWait: time.Minute, Connections: -1, ConnectTimeout: -1, IdleTimeout: -1, Lifetime: -1,
		},
		LargeAnswers: -1,
		Sanitize:     sanitize.Config{MaxCharacters: 5},
	})
	if err == nil {
		t.Fatal("the configuration was taken")
	}
	for _, name := range []string{
		"Config.Resolver", "Limits.MaxRows", "Limits.Timeout", "Limits.MaxCellCharacters is", "Limits.MaxResponseBytes", "Limits.MaxColumns",
		"Limits.MaxSQLBytes", "Pool.Sessions", "Pool.Queue ", "Pool.QueueWait", "Pool.Connections", "Pool.ConnectTimeout", "Pool.IdleTimeout",
		"Pool.Lifetime", "Config.LargeAnswers", "Config.Sanitize.MaxCharacters",
	} {
		if strings.Count(err.Error(), name) != 1 {
			t.Errorf("%s is not named once:\n%v", name, err)
		}
	}
}

// slowStore answers when nobody waits any more.
type slowStore struct{}

func (slowStore) Resolve(ctx context.Context, _ string) (preview.Connection, error) {
	<-ctx.Done()
	return preview.Connection{}, ctx.Err()
}

// TestWhyAContextEnded: a deadline is no cancellation, wherever it meets a request.
func TestWhyAContextEnded(t *testing.T) {
	slow := newPreviewer(t, preview.Config{Resolver: slowStore{}})
	for _, c := range []struct {
		name string
		call func(context.Context) error
	}{
		{"the store is slow", func(ctx context.Context) error {
			_, err := slow.Preview(ctx, preview.Request{SQL: "select 1"})
			return err
		}},
		{"described", func(ctx context.Context) error {
			_, err := slow.Describe(ctx, preview.Request{SQL: "select 1"})
			return err
		}},
		{"validated", func(ctx context.Context) error { <-ctx.Done(); _, err := slow.Validate(ctx, "select 1"); return err }},
	} {
		deadline, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer stop()
		var e *preview.Error
		if err := c.call(deadline); !errors.As(err, &e) || e.Reason != reason.StatementTimeout || e.StoppedBy != "clock" {
			t.Errorf("%s, a deadline: %v", c.name, err)
		}
		cancelled, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if err := c.call(cancelled); !errors.As(err, &e) || e.Reason != reason.ClientCanceled || e.StoppedBy != "caller" {
			t.Errorf("%s, a cancellation: %v", c.name, err)
		}
	}
	if _, err := slow.Preview(t.Context(), preview.Request{SQL: "select 1", Timeout: 20 * time.Millisecond}); preview.ReasonOf(err) != reason.StatementTimeout {
		t.Errorf("a limit of the request's: %v", err)
	}
}

func TestATimeThatIsUsedUp(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	for _, timeout := range []time.Duration{-time.Second, -1, 1} {
		if e := failure(t, p, preview.Request{SQL: "select 1", Timeout: timeout}); e.Reason != reason.StatementTimeout || e.StoppedBy == "" {
			t.Errorf("%v: got %+v, want STATEMENT_TIMEOUT", timeout, e)
		}
	}
}
