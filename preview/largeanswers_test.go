package preview_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestLargeAnswersAreLimited: a large answer that is held keeps another large one
// out, but no small one.
func TestLargeAnswersAreLimited(t *testing.T) {
	p := newPreviewer(t, preview.Config{LargeAnswers: 1, Pool: preview.Pool{QueueWait: 100 * time.Millisecond}})
	const large, small = "select repeat('x', 1000) from generate_series(1, 100)", "select repeat('x', 100) from generate_series(1, 100)"
	// One row alone may be large, and so may many cells without a byte in them.
	for _, sql := range []string{large, "select " + repeated("repeat('x', 1024)", 80), "select " + repeated("null", 100) + " from generate_series(1, 100)"} {
		ctx, release := preview.HoldLargeAnswers(context.Background())
		defer release()
		if _, err := p.Preview(ctx, preview.Request{SQL: sql}); err != nil {
			t.Fatal(err)
		}
		e := failure(t, p, preview.Request{SQL: large})
		if e.Reason != reason.ConcurrencyLimit || e.RetryAfter <= 0 {
			t.Errorf("%.40s: another large answer: %+v", sql, e)
		}
		run(t, p, small)
		release()
		run(t, p, large)
		run(t, p, large) // which was not held
		release()
	}
	// After the release nothing is held.
	ctx, release := preview.HoldLargeAnswers(context.Background())
	release()
	for range 2 {
		if _, err := p.Preview(ctx, preview.Request{SQL: large}); err != nil {
			t.Fatal(err)
		}
	}
}

func repeated(expression string, count int) string {
	return strings.TrimSuffix(strings.Repeat(expression+", ", count), ", ")
}
