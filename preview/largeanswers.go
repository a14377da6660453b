package preview

import (
	"context"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/limiter"
)

const (
	// DefaultLargeAnswers is the default of Config.LargeAnswers.
	DefaultLargeAnswers = 4
	maxLargeAnswers     = 1000
)

// largeLimiter bounds the large answers of all connections together. A wide
// result needs about 20 times its text in memory while it is kept, cleaned and
// written, and the session limit of one connection does not bound that.
type largeLimiter struct {
	*limiter.Limiter
	wait time.Duration // Pool.QueueWait
}

func newLargeLimiter(most int, wait time.Duration) *largeLimiter {
	return &largeLimiter{limiter.New(most), wait}
}

// acquire waits for a permit, at most until the deadline.
func (l *largeLimiter) acquire(ctx context.Context, deadline time.Time) (*limiter.Permit, error) {
	return l.Acquire(ctx, max(0, min(l.wait, time.Until(deadline))))
}

// HoldLargeAnswers returns a context under which previews count as large answers
// (Config.LargeAnswers) until release is called, and not only until they return.
// A server calls release when it has written the answer.
func HoldLargeAnswers(ctx context.Context) (holding context.Context, release func()) {
	return limiter.WithLeases(ctx)
}
