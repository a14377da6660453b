package preview

import (
	"context"
	"runtime"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/limiter"
	"github.com/op-data/sqlpreview/preview/reason"
)

// checkLimiter bounds the texts that are checked at a time, one for each
// processor, short and long texts apart. The parser keeps a processor busy and
// cannot be interrupted; waiting for it can.
type checkLimiter struct {
	permits *limiter.BySize
	wait    time.Duration
}

func newCheckLimiter(wait time.Duration) *checkLimiter {
	return &checkLimiter{permits: limiter.NewBySize(runtime.GOMAXPROCS(0), guard.ShortText), wait: wait}
}

// acquire waits for a permit for a text, at most until the deadline.
func (l *checkLimiter) acquire(ctx context.Context, sql string, deadline time.Time) (*limiter.Permit, error) {
	left := max(0, time.Until(deadline))
	permit, err := l.permits.Acquire(ctx, len(sql), min(l.wait, left))
	switch {
	case err == nil:
		return permit, nil
	case ctx.Err() != nil:
		return nil, ended(ctx)
	case left <= l.wait:
		return nil, tooLate()
	}
	return nil, &Error{
		Reason: reason.ConcurrencyLimit, RetryAfter: time.Second,
		Message: "too many queries are being checked at a time", Hint: "try again later",
	}
}
