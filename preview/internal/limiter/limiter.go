// Package limiter bounds how many of something happen at a time.
//
// A caller takes a permit with [Limiter.Acquire] and gives it back with
// [Permit.Release]. Permits are handed out in the order in which they were asked
// for. A permit that is kept beyond the call that took it, such as that of an answer
// which is still being written, becomes a lease of the context's ([WithLeases]).
package limiter

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

var (
	// ErrQueueFull is Acquire's error when as many callers wait as may.
	ErrQueueFull = errors.New("limiter: the queue is full")
	// ErrTimeout is Acquire's error when no permit became free in time.
	ErrTimeout = errors.New("limiter: no permit became free in time")
)

// Limiter hands out a fixed number of permits. Its methods may be called from
// many goroutines at a time.
type Limiter struct {
	permits *semaphore.Weighted
	max     int
	queue   int64 // -1: no bound
	inUse   atomic.Int64
	waiting atomic.Int64
}

// Option adjusts a Limiter.
type Option func(*Limiter)

// Queue bounds how many callers may wait for a permit; with 0 none waits. Default: no
// bound.
func Queue(most int) Option { return func(l *Limiter) { l.queue = int64(max(0, most)) } }

// New makes a Limiter of max permits, at least one.
func New(max int, options ...Option) *Limiter {
	if max < 1 {
		max = 1
	}
	l := &Limiter{permits: semaphore.NewWeighted(int64(max)), max: max, queue: -1}
	for _, option := range options {
		option(l)
	}
	return l
}

// Max is the number of permits.
func (l *Limiter) Max() int { return l.max }

// InUse is how many permits are out.
func (l *Limiter) InUse() int { return int(l.inUse.Load()) }

// Waiting is how many callers wait for a permit.
func (l *Limiter) Waiting() int { return int(l.waiting.Load()) }

// TryAcquire takes a permit if one is free and no caller waits, or returns nil.
func (l *Limiter) TryAcquire() *Permit {
	if !l.permits.TryAcquire(1) {
		return nil
	}
	return l.permit()
}

// Acquire takes a permit and waits for one up to a time; without limit if wait is
// negative. The error is ErrQueueFull, ErrTimeout or the context's. A permit that
// is free is given at once, whatever wait and the context are.
func (l *Limiter) Acquire(ctx context.Context, wait time.Duration) (*Permit, error) {
	if l.permits.TryAcquire(1) {
		return l.permit(), nil
	}
	defer l.waiting.Add(-1)
	if waiting := l.waiting.Add(1); l.queue >= 0 && waiting > l.queue {
		return nil, ErrQueueFull
	}
	waiting := ctx
	if wait >= 0 {
		var stop context.CancelFunc
		waiting, stop = context.WithTimeout(ctx, wait)
		defer stop()
	}
	if err := l.permits.Acquire(waiting, 1); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, ErrTimeout
	}
	return l.permit(), nil
}

func (l *Limiter) permit() *Permit {
	l.inUse.Add(1)
	return &Permit{limiter: l}
}

// Permit is one of a Limiter's. The nil Permit is one that was not given.
type Permit struct {
	limiter  *Limiter
	released atomic.Bool
}

// Release gives the permit back. It does nothing for a nil Permit, or when the
// permit was given back before.
func (p *Permit) Release() {
	if p == nil || p.released.Swap(true) {
		return
	}
	p.limiter.inUse.Add(-1)
	p.limiter.permits.Release(1)
}
