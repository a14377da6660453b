package run

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/reason"
)

// pool has the sessions of one connection id. A place (slot) is held by every
// query that runs and by every session that the reaper still waits for.
type pool struct {
	dsn    string
	config *pgconn.Config
	limits Limits
	names  *names

	slots   chan struct{}
	waiting atomic.Int64

	// noCheckInterval, chain: see capabilities.
	noCheckInterval, chain atomic.Bool
	// plain tells that sessions cannot keep settings.
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
		dsn: t.DSN, config: config, limits: limits, names: newNames(),
		slots: make(chan struct{}, limits.Sessions), lastUsed: time.Now(),
	}, nil
}

// enter takes a place, waiting for one in the queue if that has room.
func (p *pool) enter(ctx context.Context, deadline time.Time) *Error {
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	if p.waiting.Add(1) > int64(p.limits.Queue) {
		p.waiting.Add(-1)
		return newError(reason.ConcurrencyLimit, "too many previews of this connection run and wait already", "try again later")
	}
	defer p.waiting.Add(-1)
	timer := time.NewTimer(min(p.limits.QueueWait, time.Until(deadline)))
	defer timer.Stop()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return callerGone()
		}
	case <-timer.C:
	}
	return newError(reason.ConcurrencyLimit, "no place became free for this preview in time", "try again later")
}

// leave gives the place back.
func (p *pool) leave() { <-p.slots }

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

// sweep closes what has been idle for too long and tells whether the pool is
// of no more use.
func (p *pool) sweep(now time.Time) (unused bool) {
	p.drop(func(s *session) bool { return p.expired(s, now) })
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle) == 0 && len(p.slots) == 0 && p.waiting.Load() == 0 && now.Sub(p.lastUsed) > p.limits.IdleTimeout
}
