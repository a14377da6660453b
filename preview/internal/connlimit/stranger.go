package connlimit

import (
	"net"
	"os"
	"time"
)

// What a stranger may send: so many tokens in a second, and so many at once. A
// first request takes some 40 of them.
const (
	tokensPerSecond = 200
	maxTokens       = 100
	readCost        = 1
	bytesPerToken   = 1 << 10
	requestCost     = 10
	// holdTimeout is how long a request waits until it may be opened, and lookAgain
	// how often that is looked at, whatever happens. It is longer than package auth may
	// take to fetch an issuer's keys for the request before.
	holdTimeout = 8 * time.Second
	lookAgain   = 100 * time.Millisecond
)

// budget is a bucket of tokens. Its zero value is full.
type budget struct {
	spent float64
	at    time.Time
}

func (b *budget) spend(tokens int) { b.spent += float64(tokens) }

// wait returns how long it takes until there are tokens again.
func (b *budget) wait(now time.Time) time.Duration {
	if !b.at.IsZero() {
		b.spent = max(0, b.spent-now.Sub(b.at).Seconds()*tokensPerSecond)
	}
	b.at = now
	if over := b.spent - maxTokens; over > 0 {
		return time.Duration(over / tokensPerSecond * float64(time.Second))
	}
	return 0
}

// await returns when the next bytes of the connection may be read: when there are
// tokens for it, if it is a stranger's, and when the request that they belong to
// may be opened.
func (c *conn) await() error {
	if c.trusted.Load() && !c.holding {
		return nil
	}
	deadline := c.limiter.now().Add(holdTimeout)
	for {
		now := c.limiter.now()
		var wait time.Duration
		if !c.trusted.Load() {
			wait = c.budget.wait(now)
		}
		if c.holding && !c.limiter.mayOpen(c) {
			if !now.Before(deadline) {
				return os.ErrDeadlineExceeded
			}
			wait = max(wait, lookAgain)
		}
		if wait == 0 {
			c.holding = false
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-c.wake:
		case <-c.closed:
			timer.Stop()
			return net.ErrClosed
		}
		timer.Stop()
	}
}

// nudge has Read look again.
func (c *conn) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}
