package preview_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestLongTextsKeepNoShortOneWaiting: callers who send what is costly to check
// are told so in time, or go, and a short query is answered meanwhile.
func TestLongTextsKeepNoShortOneWaiting(t *testing.T) {
	p := newPreviewer(t, preview.Config{})
	run(t, p, "select 1")
	costly := "select " + strings.TrimSuffix(strings.Repeat("a(),", 8200), ",")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var wait sync.WaitGroup
	for i := range 60 {
		wait.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = p.Validate(ctx, costly)
			} else {
				_, err = p.Preview(ctx, preview.Request{SQL: costly, Timeout: time.Second})
			}
			switch r := preview.ReasonOf(err); r {
			case "", reason.ClientCanceled, reason.StatementTimeout, reason.ConcurrencyLimit, reason.UndefinedObject,
				reason.FunctionNotAllowed, reason.SQLTooComplex:
			default:
				t.Errorf("a costly text was answered %v", err)
			}
		})
	}
	for range 20 {
		run(t, p, "select 1")
	}
	cancel() // and the rest waits no more
	wait.Wait()
}
