package run

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/limiter"
	"github.com/op-data/sqlpreview/preview/reason"
)

// pool has the sessions of one connection id. Every query that runs holds a permit,
// and so does every session that the reaper still waits for.
type pool struct {
	key    string // Target.key
	config *pgconn.Config
	limits Limits
	names  *names

	permits *limiter.Limiter

	// noCheckInterval, chain: see capabilities.
	noCheckInterval, chain atomic.Bool
	// pooled is set when sessions cannot keep settings, with a pooler in between.
	pooled atomic.Bool

	mu       sync.Mutex
	idle     []*session // the last is the one used last
	retired  bool
	lastUsed time.Time
}

func newPool(t Target, limits Limits) (*pool, *Error) {
	config, err := parseDSN(t)
	if err != nil {
		return nil, err
	}
	return &pool{
		key: t.key(), config: config, limits: limits, names: newNames(),
		permits: limiter.New(limits.Sessions, limiter.Queue(limits.Queue)), lastUsed: time.Now(),
	}, nil
}

// acquire takes a permit and waits for one in the queue if that is not full.
func (p *pool) acquire(ctx context.Context, deadline time.Time) (*limiter.Permit, *Error) {
	permit, err := p.permits.Acquire(ctx, max(0, min(p.limits.QueueWait, time.Until(deadline))))
	switch {
	case err == nil:
		return permit, nil
	case errors.Is(err, limiter.ErrQueueFull):
		return nil, newError(reason.ConcurrencyLimit, "too many previews of this connection run and wait already", "try again later")
	case errors.Is(err, context.Canceled):
		return nil, callerGone()
	default:
		return nil, newError(reason.ConcurrencyLimit, "no session became free for this preview in time", "try again later")
	}
}

// take returns an idle session, or nil.
func (p *pool) take() *session {
	s, expired := p.pop()
	if expired {
		s.close()
		return nil
	}
	return s
}

func (p *pool) pop() (s *session, expired bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastUsed = time.Now()
	if len(p.idle) == 0 {
		return nil, false
	}
	s = p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	return s, p.expired(s, p.lastUsed)
}

// put keeps a clean session for the next query.
func (p *pool) put(s *session) {
	if !p.push(s) {
		s.close()
	}
}

func (p *pool) push(s *session) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	s.idle = now
	if p.retired || p.expired(s, now) {
		return false
	}
	p.idle = append(p.idle, s)
	p.lastUsed = now
	return true
}

func (p *pool) expired(s *session, now time.Time) bool {
	return now.Sub(s.created) > p.limits.Lifetime || now.Sub(s.idle) > p.limits.IdleTimeout
}

// drop closes the idle sessions that pick chooses.
func (p *pool) drop(pick func(*session) bool) {
	for _, s := range p.remove(pick) {
		s.close()
	}
}

func (p *pool) remove(pick func(*session) bool) (removed []*session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.idle[:0]
	for _, s := range p.idle {
		if pick(s) {
			removed = append(removed, s)
		} else {
			kept = append(kept, s)
		}
	}
	clear(p.idle[len(kept):])
	p.idle = kept
	return removed
}

// retire closes the idle sessions, and those in use when they come back.
func (p *pool) retire() {
	p.mu.Lock()
	p.retired = true
	p.mu.Unlock()
	p.drop(func(*session) bool { return true })
}

// inUse reports whether a query runs or waits, or a session is waited for.
func (p *pool) inUse() bool { return p.permits.InUse() > 0 || p.permits.Waiting() > 0 }

// sweep closes what has been idle for too long and reports whether the pool can be
// removed.
func (p *pool) sweep(now time.Time) (unused bool) {
	p.drop(func(s *session) bool { return p.expired(s, now) })
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle) == 0 && !p.inUse() && now.Sub(p.lastUsed) > p.limits.IdleTimeout
}
