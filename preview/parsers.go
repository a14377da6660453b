package preview

import (
	"context"
	"runtime"
	"time"

	"github.com/op-data/sqlpreview/preview/reason"
)

// shortText is the longest text that has the places for short ones, in bytes: a
// check of one takes a few milliseconds at the most.
const shortText = 4 << 10

// parsers are the places for texts that are being checked. The parser keeps a
// core busy and cannot be interrupted; the wait for it can, and nobody's short
// query waits behind others' long ones.
type parsers struct {
	short, long chan struct{}
	wait        time.Duration
}

func newParsers(wait time.Duration) *parsers {
	cores := runtime.GOMAXPROCS(0)
	return &parsers{short: make(chan struct{}, cores), long: make(chan struct{}, cores), wait: wait}
}

// enter waits for a place for a text, at most until the deadline.
func (p *parsers) enter(ctx context.Context, sql string, deadline time.Time) (leave func(), _ error) {
	places := p.long
	if len(sql) <= shortText {
		places = p.short
	}
	leave = func() { <-places }
	select {
	case places <- struct{}{}:
		return leave, nil
	default:
	}
	left := time.Until(deadline)
	timer := time.NewTimer(min(p.wait, left))
	defer timer.Stop()
	select {
	case places <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		return nil, ended(ctx)
	case <-timer.C:
	}
	if left <= p.wait {
		return nil, tooLate()
	}
	return nil, &Error{
		Reason: reason.ConcurrencyLimit, RetryAfter: time.Second,
		Message: "too many queries are being checked at a time", Hint: "try again later",
	}
}
