package run

import (
	"context"
	"sync"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/limiter"
	"github.com/op-data/sqlpreview/preview/reason"
)

// Pools has the sessions of all connections. Its methods may be called from
// many goroutines at a time.
type Pools struct {
	limits Limits

	// closing ends the reapers' waiting.
	closing context.Context
	close   context.CancelFunc
	reapers sync.WaitGroup

	mu     sync.Mutex
	byID   map[string]*pool
	sweep  *time.Timer
	closed bool
}

// NewPools makes an empty set of pools; sessions are made when they are needed.
func NewPools(limits Limits) *Pools {
	ctx, cancel := context.WithCancel(context.Background())
	return &Pools{limits: limits.withDefaults(), closing: ctx, close: cancel, byID: make(map[string]*pool)}
}

// Close closes the idle sessions, and the others when their queries end. It
// waits until every query whose caller went away has been sent a cancel
// request (2 s each at most). Queries that start afterwards fail.
func (ps *Pools) Close() {
	ps.mu.Lock()
	ps.closed = true
	if ps.sweep != nil {
		ps.sweep.Stop()
	}
	for id, p := range ps.byID {
		p.retire()
		delete(ps.byID, id)
	}
	ps.mu.Unlock()
	ps.close()
	ps.reapers.Wait()
}

// pool returns the pool of a target and makes one if there is none.
func (ps *Pools) pool(t Target) (*pool, *Error) {
	if p, err := ps.find(t); p != nil || err != nil {
		return p, err
	}
	// Reading a connection string may read files, which may take time.
	made, err := newPool(t, ps.limits)
	if err != nil {
		return nil, err
	}
	return ps.add(t, made)
}

// HasIdle reports whether a query of the target would find an open session that is
// free now.
func (ps *Pools) HasIdle(t Target) bool {
	p, err := ps.find(t)
	if p == nil || err != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle) > 0 && !p.expired(p.idle[len(p.idle)-1], time.Now())
}

// find returns the pool of a target, or nil if there is none.
func (ps *Pools) find(t Target) (*pool, *Error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return nil, newError(reason.DatabaseUnavailable, "this previewer has been closed", "")
	}
	if p, ok := ps.byID[t.ID]; ok && p.key == t.key() {
		return p, nil
	}
	return nil, nil
}

// add makes a pool the one of its id, unless another caller was faster.
func (ps *Pools) add(t Target, made *pool) (*pool, *Error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return nil, newError(reason.DatabaseUnavailable, "this previewer has been closed", "")
	}
	if p, ok := ps.byID[t.ID]; ok {
		if p.key == made.key {
			return p, nil
		}
		p.retire()
		delete(ps.byID, t.ID)
	}
	if len(ps.byID) >= ps.limits.Connections && !ps.evict() {
		return nil, newError(reason.ConcurrencyLimit, "too many connections are in use at a time", "try again later")
	}
	ps.byID[t.ID] = made
	if ps.sweep == nil {
		ps.sweep = time.AfterFunc(ps.limits.IdleTimeout, ps.sweepAll)
	}
	return made, nil
}

// evict removes the pool that has been unused for the longest time.
func (ps *Pools) evict() bool {
	var oldest string
	var since time.Time
	for id, p := range ps.byID {
		p.mu.Lock()
		used := p.lastUsed
		p.mu.Unlock()
		if !p.inUse() && (since.IsZero() || used.Before(since)) {
			oldest, since = id, used
		}
	}
	if since.IsZero() {
		return false
	}
	ps.byID[oldest].retire()
	delete(ps.byID, oldest)
	return true
}

// sweepAll runs now and then while there are pools.
func (ps *Pools) sweepAll() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return
	}
	now := time.Now()
	for id, p := range ps.byID {
		if p.sweep(now) {
			p.retire()
			delete(ps.byID, id)
		}
	}
	if len(ps.byID) == 0 {
		ps.sweep = nil
		return
	}
	ps.sweep.Reset(ps.limits.IdleTimeout / 2)
}

// release takes a session and its permit back after a pipeline.
func (ps *Pools) release(p *pool, s *session, permit *limiter.Permit, after state) {
	switch after {
	case stateClean:
		p.put(s)
		permit.Release()
	case stateRunning:
		reap := func() {
			s.reap(ps.closing)
			permit.Release()
		}
		ps.mu.Lock()
		defer ps.mu.Unlock()
		if !ps.closed {
			ps.reapers.Go(reap)
			return
		}
		// Close does not wait for later calls, and reap is short then.
		go reap()
	default:
		s.close()
		permit.Release()
	}
}
