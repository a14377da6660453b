package preview_test

import (
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

func TestATimeThatIsUsedUp(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	for _, timeout := range []time.Duration{-time.Second, -1, 1} {
		if e := failure(t, p, preview.Request{SQL: "select 1", Timeout: timeout}); e.Reason != reason.StatementTimeout || e.StoppedBy == "" {
			t.Errorf("%v: got %+v, want STATEMENT_TIMEOUT", timeout, e)
		}
	}
}
