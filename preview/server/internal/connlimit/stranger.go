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
	// holdTimeout is how long a request of a stranger waits for the one before it.
	holdTimeout = 5 * time.Second
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

// await returns when the next bytes of the connection may be read: for a stranger
// when there are tokens for it, and when the request that the bytes open is the
// only one.
func (c *conn) await() error {
	if c.trusted.Load() {
		c.holding = false
		return nil
	}
	deadline := c.limiter.now().Add(holdTimeout)
	for !c.trusted.Load() {
		now := c.limiter.now()
		wait := c.budget.wait(now)
		if c.holding && !c.limiter.alone(c) {
			wait = deadline.Sub(now)
			if wait <= 0 {
				return os.ErrDeadlineExceeded
			}
		}
		if wait == 0 {
			break
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
	c.holding = false
	return nil
}

// alone tells whether a connection has no other request than the newest.
func (l *Limiter) alone(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return c.requests <= 1 || c.gone
}

// nudge has Read look again.
func (c *conn) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}
